import Kernels
import LinearAlgebra
import StomicsCore

/// The constants of an input that no parameter changes, made once a data set: Z = S - 1 cᵀ with a sparse S and a c for each
/// slice, and, where a LayerNorm over the columns follows, each row's mean m and 1 / deviation r. A dense Z stands
/// normalised in S's place.
public final class StandardisedInput: Sendable {
  public let rows: Int
  public let columns: Int
  public let normalisesRows: Bool
  /// Number of stored entries.
  public let nonzeroCount: Int
  /// S̃ = diag(r) S, prepared for products; or all of the normalised Z.
  private let product: Product
  /// c, `[P, G]`: a row for each of the P slices.
  let offsets: [Float]
  let sliceCount: Int
  /// What multiplies the rank-one terms in every row: `[N, P + 2]` with LayerNorm, -r in the slice's own column and 0 in
  /// the other slices', then (-r m, 1); `[N, P]` without, -1 in the slice's own column.
  public let rowFactors: Matrix

  private enum Product {
    case sparse(SparseProduct)
    /// `[N, F]`
    case dense(Matrix)
  }

  /// - Parameter layerNorm: whether the layer begins with a LayerNorm over the G genes (eps 1e-5).
  public init(_ matrix: StandardisedMatrix, layerNorm: Bool) {
    rows = matrix.rows
    columns = matrix.columns
    normalisesRows = layerNorm
    nonzeroCount = matrix.sparse.nonzeroCount
    offsets = matrix.offsets
    let slices = matrix.slices.count
    sliceCount = slices
    guard layerNorm else {
      product = .sparse(SparseProduct(matrix.sparse))
      var factors = Matrix(rows: matrix.rows, columns: slices)
      for (number, range) in matrix.slices.enumerated() {
        for i in range { factors[i, number] = -1 }
      }
      rowFactors = factors
      return
    }
    var scaled = matrix.sparse
    var factors = Matrix(rows: matrix.rows, columns: slices + 2)
    let genes = Double(matrix.columns)
    for (number, range) in matrix.slices.enumerated() {
      let offsets = Array(matrix.offsets(ofSlice: number))
      let offsetSum = offsets.reduce(0.0) { $0 + Double($1) }
      let offsetSquares = offsets.reduce(0.0) { $0 + Double($1) * Double($1) }
      for i in range {
        var sum = -offsetSum
        var squares = offsetSquares
        for k in matrix.sparse.range(ofRow: i) {
          let c = Double(offsets[Int(matrix.sparse.indices[k])])
          let s = Double(matrix.sparse.values[k])
          sum += s
          squares += (s - c) * (s - c) - c * c
        }
        let mean = sum / genes
        let r = 1 / (max(squares / genes - mean * mean, 0) + 1e-5).squareRoot()
        for k in scaled.range(ofRow: i) { scaled.values[k] = Float(Double(scaled.values[k]) * r) }
        factors[i, number] = Float(-r)
        factors[i, slices] = Float(-r * mean)
        factors[i, slices + 1] = 1
      }
    }
    product = .sparse(SparseProduct(scaled))
    rowFactors = factors
  }

  /// A dense input `[N, F]` of a layer that begins with a LayerNorm over the F columns (eps 1e-5).
  public init(dense matrix: Matrix) {
    rows = matrix.rows
    columns = matrix.columns
    normalisesRows = true
    nonzeroCount = matrix.values.count
    offsets = [Float](repeating: 0, count: matrix.columns)
    sliceCount = 1
    var normalised = matrix
    var factors = Matrix(rows: matrix.rows, columns: 3)
    for i in 0..<matrix.rows {
      let row = matrix.row(i)
      let mean = row.reduce(0.0) { $0 + Double($1) } / Double(matrix.columns)
      let variance = row.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(matrix.columns)
      let r = 1 / (variance + 1e-5).squareRoot()
      for k in row.indices { normalised.values[k] = Float((Double(matrix.values[k]) - mean) * r) }
      // Mean and deviation are in the values already: of the rank-one terms only W β + b is left.
      factors[i, 2] = 1
    }
    product = .dense(normalised)
    rowFactors = factors
  }

  /// The given rows, in the given order: each has what it needs in itself.
  public func gatheringRows(_ chosen: [Int]) -> StandardisedInput { StandardisedInput(self, rows: chosen) }

  private init(_ whole: StandardisedInput, rows chosen: [Int]) {
    rows = chosen.count
    columns = whole.columns
    normalisesRows = whole.normalisesRows
    offsets = whole.offsets
    sliceCount = whole.sliceCount
    rowFactors = whole.rowFactors.gatheringRows(chosen)
    switch whole.product {
    case .sparse(let sparse):
      let part = sparse.gatheringRows(chosen)
      nonzeroCount = part.nonzeroCount
      product = .sparse(part)
    case .dense(let matrix):
      nonzeroCount = chosen.count * whole.columns
      product = .dense(matrix.gatheringRows(chosen))
    }
  }

  /// y = S̃ diag(scale) weightsᵀ, `[N, width]`; `scratch` gives memory for the time of a call.
  fileprivate func multiply(
    weights: UnsafeMutablePointer<Float>, width: Int, scale: UnsafePointer<Float>?, into y: UnsafeMutablePointer<Float>,
    scratch: (Int, (UnsafeMutablePointer<Float>) -> Void) -> Void
  ) {
    switch product {
    case .sparse(let sparse): sparse.multiply(weights: weights, width: width, scale: scale, into: y)
    case .dense(let matrix):
      scratch(width * columns) { scaled in
        for h in 0..<width {
          for k in 0..<columns { scaled[h * columns + k] = weights[h * columns + k] * (scale?[k] ?? 1) }
        }
        matrix.values.withUnsafeBufferPointer { values in
          guard let values = values.baseAddress else { return }
          LinearAlgebra.linear(
            values, w: scaled, bias: nil, into: y, rows: rows, inputs: columns, outputs: width)
        }
      }
    }
  }

  /// m = gradientᵀ S̃, `[width, F]`.
  fileprivate func transposedProduct(
    gradient: UnsafeMutablePointer<Float>, width: Int, into m: UnsafeMutablePointer<Float>
  ) {
    switch product {
    case .sparse(let sparse): sparse.transposedProduct(gradient: gradient, width: width, into: m)
    case .dense(let matrix):
      Kernels.fill(m, value: 0, count: width * columns)
      matrix.values.withUnsafeBufferPointer { values in
        guard let values = values.baseAddress else { return }
        LinearAlgebra.linearWeightGradient(
          gradient, x: values, dw: m, rows: rows, inputs: columns, outputs: width)
      }
    }
  }
}

extension Tape {
  /// Y = LayerNorm(Z; γ, β) Wᵀ + b of a standardised input; a sparse one's Z is never formed.
  ///
  /// With W₁ = W diag(γ):  Y = S̃ W₁ᵀ - r (W₁ c)ᵀ - (r∘m) (W₁ 1)ᵀ + 1 (W β + b)ᵀ, c and r those of each row's slice.
  /// Backward, with M = dYᵀ S̃:  dW₁ = M - (dYᵀ r) cᵀ - (dYᵀ (r∘m)) 1ᵀ,  dW = dW₁ diag(γ) + (dYᵀ1) βᵀ,
  /// dγ_g = Σ_h W_hg dW₁_hg,  dβ_g = Σ_h W_hg (dYᵀ1)_h,  db = dYᵀ1.
  /// - Parameters:
  ///   - input: Z, `[N, G]`
  ///   - weight: `[H, G]`
  ///   - bias: `[1, H]`, or nil
  ///   - gamma, beta: `[1, G]`, exactly when the input was prepared with `layerNorm`
  /// - Returns: `[N, H]`
  public func standardisedLinear(
    _ input: StandardisedInput, weight: Variable, bias: Variable? = nil, gamma: Variable? = nil, beta: Variable? = nil
  ) -> Variable {
    precondition(
      weight.columns == input.columns, "standardisedLinear: weight has \(weight.columns) genes, input \(input.columns)")
    precondition((gamma != nil) == input.normalisesRows && (beta != nil) == input.normalisesRows)
    precondition(bias == nil || input.normalisesRows, "standardisedLinear: a bias comes with the LayerNorm form")
    let y = allocate(.standardisedLinear, rows: input.rows, columns: weight.rows, from: weight, bias, gamma, beta)
    let width = weight.rows
    input.multiply(
      weights: pointer(weight), width: width, scale: gamma.map { UnsafePointer(pointer($0)) }, into: pointer(y),
      scratch: withScratch)
    withScratch(input.rowFactors.columns * width) { terms in
      rankOneTerms(input, weight: weight, bias: bias, gamma: gamma, beta: beta, into: terms)
      input.rowFactors.values.withUnsafeBufferPointer { factors in
        guard let base = factors.baseAddress else { return }
        LinearAlgebra.linearInputGradient(
          base, w: terms, dx: pointer(y), rows: input.rows, inputs: width, outputs: input.rowFactors.columns)
      }
    }
    count(flops: 2 * input.nonzeroCount * width, of: .standardisedLinear)
    record(y) { [unowned self] in
      standardisedLinearBackward(input, y, weight: weight, bias: bias, gamma: gamma, beta: beta)
    }
    return y
  }

  /// The rows (W₁ c) of every slice, (W₁ 1), (W β + b) of length H; only the first ones without LayerNorm.
  private func rankOneTerms(
    _ input: StandardisedInput, weight: Variable, bias: Variable?, gamma: Variable?, beta: Variable?,
    into terms: UnsafeMutablePointer<Float>
  ) {
    let genes = input.columns
    let slices = input.sliceCount
    let vectors = input.rowFactors.columns
    withScratch(vectors * genes) { vector in
      for p in 0..<slices {
        for g in 0..<genes {
          vector[p * genes + g] = input.offsets[p * genes + g] * (gamma.map { pointer($0)[g] } ?? 1)
        }
      }
      if let gamma, let beta {
        (vector + slices * genes).update(from: pointer(gamma), count: genes)
        (vector + (slices + 1) * genes).update(from: pointer(beta), count: genes)
      }
      // [vectors, G] · [H, G]ᵀ = [vectors, H]
      LinearAlgebra.linear(
        vector, w: pointer(weight), bias: nil, into: terms, rows: vectors, inputs: genes, outputs: weight.rows)
    }
    if let bias { Kernels.add(pointer(bias), into: terms + (slices + 1) * weight.rows, count: weight.rows) }
  }

  private func standardisedLinearBackward(
    _ input: StandardisedInput, _ y: Variable, weight: Variable, bias: Variable?, gamma: Variable?, beta: Variable?
  ) {
    let dY = gradient(y)
    let width = weight.rows
    let genes = input.columns
    let factorCount = input.rowFactors.columns
    count(flops: 2 * input.nonzeroCount * width, of: .standardisedLinear)
    withScratch(weight.count) { m in
      input.transposedProduct(gradient: dY, width: width, into: m)
      withScratch(factorCount * width) { sums in
        // [factors, N] · [N, H]: -dYᵀr of every slice, -dYᵀ(r∘m), dYᵀ1 as rows; -dYᵀ1 of every slice without LayerNorm
        Kernels.fill(sums, value: 0, count: factorCount * width)
        input.rowFactors.values.withUnsafeBufferPointer { factors in
          guard let base = factors.baseAddress else { return }
          LinearAlgebra.linearWeightGradient(
            base, x: dY, dw: sums, rows: input.rows, inputs: width, outputs: factorCount)
        }
        if let bias { Kernels.add(sums + (input.sliceCount + 1) * width, into: gradient(bias), count: width) }
        foldWeightGradient(input, m: m, sums: sums, weight: weight, gamma: gamma, beta: beta, genes: genes)
      }
    }
  }

  /// Adds to dW, dγ and dβ, block by block of genes: each gene's sums run over h in order.
  private func foldWeightGradient(
    _ input: StandardisedInput, m: UnsafeMutablePointer<Float>, sums: UnsafeMutablePointer<Float>, weight: Variable,
    gamma: Variable?, beta: Variable?, genes: Int
  ) {
    let width = weight.rows
    let w = pointer(weight)
    let dW = gradient(weight)
    let slices = input.sliceCount
    // m - (dYᵀ r) cᵀ of every slice, for one h and one block of genes
    func unscale(_ h: Int, _ block: Range<Int>, _ c: UnsafePointer<Float>) {
      for p in 0..<slices {
        let r = sums[p * width + h]
        for g in block { m[h * genes + g] += r * c[p * genes + g] }
      }
    }
    input.offsets.withUnsafeBufferPointer { offsets in
      guard let c = offsets.baseAddress else { return }
      guard let gamma, let beta else {
        parallelRows(width, blockSize: 16) { block in
          for h in block {
            unscale(h, 0..<genes, c)
            for g in 0..<genes { dW[h * genes + g] += m[h * genes + g] }
          }
        }
        return
      }
      let scale = pointer(gamma)
      let shift = pointer(beta)
      let dGamma = gradient(gamma)
      let dBeta = gradient(beta)
      parallelRows(genes, blockSize: 256) { block in
        for h in 0..<width {
          unscale(h, block, c)
          let rm = sums[slices * width + h]
          let one = sums[(slices + 1) * width + h]
          let row = h * genes
          for g in block {
            let unscaled = m[row + g] + rm
            dW[row + g] += unscaled * scale[g] + one * shift[g]
            dGamma[g] += w[row + g] * unscaled
            dBeta[g] += w[row + g] * one
          }
        }
      }
    }
  }
}
