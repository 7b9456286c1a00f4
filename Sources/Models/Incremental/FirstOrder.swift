import Autodiff
import Kernels
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
  /// The first layer's change is exact, with the LayerNorm over the genes; what follows is replaced by its gradient. Genes
  /// that a graph layer adds to its own output (where they are as many) count by that layer's sum alone.
  /// - Parameters:
  ///   - data: one slice on genes, as `expression` made it
  ///   - expression: its standardised values, `[N, G]`
  ///   - edits: with ascending spots
  public func firstOrder(
    _ data: ModelData, _ expression: StandardisedMatrix, to edits: [GeneEdit]
  ) -> FirstOrderResponse {
    precondition(
      configuration.mode.readsGenes && expression.slices.count == 1, "one slice, and a model that reads genes")
    let layer = FirstLayer(self, data)
    let genes = expression.sparse.transposed()
    var shifts = Matrix(rows: edits.count, columns: configuration.classCount)
    var products = shifts
    forEachGradient(layer, data) { c, gradient in
      let terms = FirstLayer.GradientTerms(layer, gradient)
      let blocks = (edits.count + 47) / 48
      var sums = [(shift: Double, product: Double)](repeating: (0, 0), count: edits.count)
      sums.withUnsafeMutableBufferPointer { sums in
        nonisolated(unsafe) let sums = sums
        parallelFor(blocks) { block in
          let range = block * 48..<min(edits.count, (block + 1) * 48)
          Threads.serially {
            layer.add(
              edits[range], genes, expression.offsets, terms, to: UnsafeMutableBufferPointer(rebasing: sums[range]))
          }
        }
      }
      for (e, sum) in sums.enumerated() {
        shifts[e, c] = Float(sum.shift)
        products[e, c] = Float(sum.product)
      }
    }
    return FirstOrderResponse(shifts: shifts, gradientTimesInput: products)
  }

  /// ∂p̄_c/∂Y of the first layer's output Y, `[N, H]`, for one class c after another, with p̄ the mean over the spots.
  private func forEachGradient(_ layer: FirstLayer, _ data: ModelData, _ body: (Int, Matrix) -> Void) {
    let tape = Tape(learns: false)
    tape.beginEvaluation()
    let first = tape.input(Matrix(rows: data.spotCount, columns: layer.width, values: layer.base))
    var start = expression.map { $0.activate(tape, first) } ?? first
    if let graph, let context = data.context, configuration.mode.graphReadsGenes, graph.layer == .convolution {
      start = graph.convolve(tape, parameters, first, 0, context.convolution)
    }
    let output = finish(tape, Prefix(own: start), data, data.select())
    let p = softmax(tape.value(output.logits))
    let mark = tape.mark
    for c in 0..<configuration.classCount {
      var seed = p
      for i in 0..<p.rows {
        let own = p[i, c] / Float(p.rows)
        for k in 0..<p.columns { seed[i, k] = own * ((k == c ? 1 : 0) - p[i, k]) }
      }
      tape.backward(from: output.logits, seed: seed)
      let gradient = tape.gradientValue(first)
      tape.rewind(to: mark)
      body(c, gradient)
    }
    parameters.zeroGradients()
  }
}

extension FirstLayer {
  /// A gradient dY by the first layer's output with what every gene's sums share.
  struct GradientTerms {
    /// `[N, H]`
    let gradient: Matrix
    /// <dY_i, Y_i - (W β + b)> and <dY_i, 1ᵀW₁ᵀ>, `[N]`; zeros where no LayerNorm comes first.
    let along: [Double]
    let alongSum: [Double]
    /// Σ_i r_i dY_i and Σ_i r_i m_i dY_i; Σ_i dY_i and zeros where no LayerNorm comes first, `[H]`.
    let scaled: [Double]
    let centred: [Double]

    init(_ layer: FirstLayer, _ gradient: Matrix) {
      let width = layer.width
      self.gradient = gradient
      var along = [Double](repeating: 0, count: gradient.rows)
      var alongSum = along
      var scaled = [Double](repeating: 0, count: width)
      var centred = scaled
      for i in 0..<gradient.rows {
        let r = layer.norm?.inverseDeviations[i] ?? 1
        let rm = r * (layer.norm?.means[i] ?? 0)
        for h in 0..<width {
          let d = Double(gradient.values[i * width + h])
          scaled[h] += r * d
          centred[h] += rm * d
          guard let norm = layer.norm else { continue }
          along[i] += d * Double(layer.base[i * width + h] - norm.shift[h])
          alongSum[i] += d * Double(norm.geneSum[h])
        }
      }
      self.along = along
      self.alongSum = alongSum
      self.scaled = scaled
      self.centred = centred
    }
  }

  /// Adds up some edits: Σ over the edited spots of <dY_i, Y'_i - Y_i>, and Σ over all spots of x_ig <dY_i, W₁[g]>.
  ///
  /// Both need <dY_i, W₁[g]>, which is computed for all spots and genes of the block as one product, chunk by chunk.
  /// - Parameters:
  ///   - genes: the stored entries S, a row a gene; offsets: c
  func add(
    _ edits: ArraySlice<GeneEdit>, _ genes: CSRMatrix, _ offsets: [Float], _ terms: GradientTerms,
    to sums: UnsafeMutableBufferPointer<(shift: Double, product: Double)>
  ) {
    let count = edits.count
    var weights: [Float] = []
    for edit in edits { weights += geneRow(edit.column) }
    var nextEdited = [Int](repeating: 0, count: count)
    var nextStored = edits.map { genes.indptr[$0.column] }
    let rows = terms.gradient.rows
    let chunk = 960
    var products = [Float](repeating: 0, count: chunk * count)
    for first in stride(from: 0, to: rows, by: chunk) {
      let end = min(rows, first + chunk)
      multiply(terms.gradient, first..<end, weights, count, into: &products)
      for (e, edit) in edits.enumerated() {
        var k = nextEdited[e]
        while k < edit.spots.count, Int(edit.spots[k]) < end {
          let i = Int(edit.spots[k])
          sums[e].shift += change(edit, k, along: Double(products[(i - first) * count + e]), terms)
          k += 1
        }
        nextEdited[e] = k
        k = nextStored[e]
        while k < genes.indptr[edit.column + 1], Int(genes.indices[k]) < end {
          let i = Int(genes.indices[k])
          let r = norm?.inverseDeviations[i] ?? 1
          sums[e].product += r * Double(genes.values[k]) * Double(products[(i - first) * count + e])
          k += 1
        }
        nextStored[e] = k
      }
    }
    for (e, edit) in edits.enumerated() {
      let offset = Double(offsets[edit.column])
      for (h, w) in geneRow(edit.column).enumerated() {
        sums[e].product -= (offset * terms.scaled[h] + terms.centred[h]) * Double(w)
      }
    }
  }

  /// <dY_i, Y'_i - Y_i> at one of an edit's spots, given <dY_i, W₁[g]>.
  private func change(_ edit: GeneEdit, _ place: Int, along product: Double, _ terms: GradientTerms) -> Double {
    let step = self.step(edit, place)
    guard norm != nil else { return step.delta * product }
    let i = Int(edit.spots[place])
    return (step.ratio - 1) * terms.along[i] + step.delta * product - step.share * terms.alongSum[i]
  }

  /// Rows of a matrix times weights, `[rows, count]`.
  private func multiply(
    _ matrix: Matrix, _ rows: Range<Int>, _ weights: [Float], _ count: Int, into products: inout [Float]
  ) {
    matrix.values.withUnsafeBufferPointer { x in
      weights.withUnsafeBufferPointer { w in
        products.withUnsafeMutableBufferPointer { y in
          guard let x = x.baseAddress, let w = w.baseAddress, let y = y.baseAddress else { return }
          Kernels.linear(
            x + rows.lowerBound * width, w: w, bias: nil, into: y, rows: rows.count, inputs: width, outputs: count)
        }
      }
    }
  }
}
