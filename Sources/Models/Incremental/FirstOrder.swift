import Autodiff
import StomicsCore

/// What edits do to the mean probability of each class to first order, and the gradient times the input.
public struct FirstOrderResponse: Sendable, Equatable {
  /// The change of each class's mean probability over the slice, `[E, C]`.
  public let shifts: Matrix
  /// Σ_i x_ig ∂p̄_c/∂x_ig of each edit's gene, x the input as the first weights see it (after the LayerNorm over the
  /// genes, where there is one), `[E, C]`.
  public let gradientTimesInput: Matrix
}

extension Model {
  /// The response to edits, linear from the first layer's output on: one backward pass a class for all edits together.
  ///
  /// The first layer's change is exact, with the LayerNorm over the genes; what follows is replaced by its gradient.
  /// - Parameters:
  ///   - data: one slice on genes, as `expression` made it
  ///   - expression: its standardised values, `[N, G]`
  public func firstOrder(
    _ data: ModelData, _ expression: StandardisedMatrix, to edits: [GeneEdit]
  ) -> FirstOrderResponse {
    precondition(configuration.mode.readsGenes && expression.slices.count == 1, "one slice, and a model that reads genes")
    let layer = FirstLayer(self, data)
    let gradients = firstLayerGradients(layer, data)
    let classes = configuration.classCount
    let genes = expression.sparse.transposed()
    var shifts = Matrix(rows: edits.count, columns: classes)
    var products = Matrix(rows: edits.count, columns: classes)
    let whole = gradients.map { layer.wholeSliceTerms($0) }
    shifts.values.withUnsafeMutableBufferPointer { shifts in
      products.values.withUnsafeMutableBufferPointer { products in
        nonisolated(unsafe) let (shifts, products) = (shifts, products)
        parallelFor(edits.count) { e in
          let edit = edits[e]
          let entries = genes.range(ofRow: edit.column)
          for (c, gradient) in gradients.enumerated() {
            shifts[e * classes + c] = layer.change(of: edit, along: gradient)
            products[e * classes + c] = layer.gradientTimesInput(
              edit.column, spots: genes.indices[entries], values: genes.values[entries],
              offset: expression.offsets[edit.column], along: gradient, whole[c])
          }
        }
      }
    }
    return FirstOrderResponse(shifts: shifts, gradientTimesInput: products)
  }

  /// ∂p̄_c/∂Y of the first layer's output Y, `[N, H]`, for every class c, with p̄ the mean over the spots.
  private func firstLayerGradients(_ layer: FirstLayer, _ data: ModelData) -> [Matrix] {
    let tape = Tape()
    tape.beginEvaluation()
    let first = tape.input(Matrix(rows: data.spotCount, columns: layer.width, values: layer.base))
    var start = expression.map { $0.activate(tape, first) } ?? first
    if let graph, let context = data.context, configuration.mode.graphReadsGenes, graph.layer == .convolution {
      start = graph.convolve(tape, parameters, first, 0, context.convolution)
    }
    let output = finish(tape, Prefix(own: start), data, data.select())
    let p = softmax(tape.value(output.logits))
    let mark = tape.mark
    let result = (0..<configuration.classCount).map { c in
      var seed = p
      for i in 0..<p.rows {
        let own = p[i, c] / Float(p.rows)
        for k in 0..<p.columns { seed[i, k] = own * ((k == c ? 1 : 0) - p[i, k]) }
      }
      tape.backward(from: output.logits, seed: seed)
      let gradient = tape.gradientValue(first)
      tape.rewind(to: mark)
      return gradient
    }
    parameters.zeroGradients()
    return result
  }
}

extension FirstLayer {
  /// Sums over the whole slice that every gene's gradient times input has a part in, `[H]`: Σ_i r_i dY_i and
  /// Σ_i r_i m_i dY_i; Σ_i dY_i and zeros where no LayerNorm comes first.
  struct WholeSliceTerms {
    var scaled: [Float]
    var centred: [Float]
  }

  func wholeSliceTerms(_ gradient: Matrix) -> WholeSliceTerms {
    var scaled = [Double](repeating: 0, count: width)
    var centred = scaled
    for i in 0..<gradient.rows {
      let r = norm?.inverseDeviations[i] ?? 1
      let rm = r * (norm?.means[i] ?? 0)
      for (h, d) in gradient.row(i).enumerated() {
        scaled[h] += r * Double(d)
        centred[h] += rm * Double(d)
      }
    }
    return WholeSliceTerms(scaled: scaled.map(Float.init), centred: centred.map(Float.init))
  }

  /// Σ over the edited spots of <dY_i, Y'_i - Y_i>.
  func change(of edit: GeneEdit, along gradient: Matrix) -> Float {
    var sum = 0.0
    withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { buffer in
      guard let row = buffer.baseAddress else { return }
      for k in edit.spots.indices {
        write(edit, place: k, to: row)
        let start = Int(edit.spots[k]) * width
        sum += difference(gradient, base, row, start)
      }
    }
    return Float(sum)
  }

  /// <dY_i, row - Y_i>, eight sums side by side.
  private func difference(
    _ gradient: Matrix, _ base: [Float], _ row: UnsafePointer<Float>, _ start: Int
  ) -> Double {
    var sums = SIMD8<Float>.zero
    var rest: Float = 0
    gradient.values.withUnsafeBufferPointer { d in
      base.withUnsafeBufferPointer { y in
        var h = 0
        while h + 8 <= width {
          for v in 0..<8 { sums[v] += d[start + h + v] * (row[h + v] - y[start + h + v]) }
          h += 8
        }
        while h < width {
          rest += d[start + h] * (row[h] - y[start + h])
          h += 1
        }
      }
    }
    return Double(sums.sum() + rest)
  }

  /// Σ_i x_ig <dY_i, W₁[g]> over all spots, from the stored entries S_ig of gene g and its offset c_g.
  func gradientTimesInput(
    _ gene: Int, spots: ArraySlice<Int32>, values: ArraySlice<Float>, offset: Float, along gradient: Matrix,
    _ whole: WholeSliceTerms
  ) -> Float {
    let weights = geneRow(gene)
    var sum = 0.0
    for (i, value) in zip(spots, values) {
      let r = norm?.inverseDeviations[Int(i)] ?? 1
      sum += r * Double(value) * dot(gradient.row(Int(i)), weights)
    }
    sum -= Double(offset) * dot(whole.scaled[...], weights) + dot(whole.centred[...], weights)
    return Float(sum)
  }

  private func dot(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
    var sums = SIMD8<Float>.zero
    var rest: Float = 0
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        var h = 0
        while h + 8 <= a.count {
          for v in 0..<8 { sums[v] += a[h + v] * b[h + v] }
          h += 8
        }
        while h < a.count {
          rest += a[h] * b[h]
          h += 1
        }
      }
    }
    return Double(sums.sum() + rest)
  }
}
