import Kernels

extension Tape {
  /// y = γ (x - mean) / sqrt(var + 1e-5) + β over each row, biased variance.
  /// - Parameters:
  ///   - x: `[N, D]`
  ///   - gamma, beta: `[1, D]`
  /// - Source: Ba, Kiros and Hinton 2016.
  public func layerNorm(_ x: Variable, gamma: Variable, beta: Variable) -> Variable {
    precondition(gamma.count == x.columns && beta.count == x.columns, "layerNorm: weight and input disagree")
    let y = allocate(.layerNorm, rows: x.rows, columns: x.columns, from: x, gamma, beta)
    let mean = save(x.rows, with: y)
    let rstd = save(x.rows, with: y)
    Kernels.layerNorm(
      pointer(x), gamma: pointer(gamma), beta: pointer(beta), into: pointer(y), mean: mean, rstd: rstd, rows: x.rows,
      columns: x.columns)
    record(y) { [unowned self] in
      Kernels.layerNormBackward(
        pointer(x), mean: mean, rstd: rstd, gamma: pointer(gamma), dy: gradient(y), dx: gradient(x),
        dGamma: gradient(gamma), dBeta: gradient(beta), rows: x.rows, columns: x.columns)
    }
    return y
  }

  /// y = LayerNorm(x + dropout(a)): the post-norm residual step of a transformer layer.
  /// - Parameters:
  ///   - x, a: `[N, D]`
  ///   - gamma, beta: `[1, D]`
  public func addLayerNorm(
    _ x: Variable, _ a: Variable, gamma: Variable, beta: Variable, dropout probability: Float = 0
  ) -> Variable {
    precondition(x.rows == a.rows && x.columns == a.columns, "addLayerNorm: shapes differ")
    precondition(gamma.count == x.columns && beta.count == x.columns, "addLayerNorm: weight and input disagree")
    let y = allocate(.addLayerNorm, rows: x.rows, columns: x.columns, from: x, a, gamma, beta)
    let mask = nextDropout(probability)
    let sum = save(x.count, with: y)
    let mean = save(x.rows, with: y)
    let rstd = save(x.rows, with: y)
    Kernels.addLayerNorm(
      pointer(x), a: pointer(a), dropout: mask, gamma: pointer(gamma), beta: pointer(beta), sum: sum, into: pointer(y),
      mean: mean, rstd: rstd, rows: x.rows, columns: x.columns)
    record(y) { [unowned self] in
      Kernels.addLayerNormBackward(
        sum, mean: mean, rstd: rstd, gamma: pointer(gamma), dy: gradient(y), dropout: mask, dx: gradient(x),
        da: gradient(a), dGamma: gradient(gamma), dBeta: gradient(beta), rows: x.rows, columns: x.columns)
    }
    return y
  }

  /// y = dropout(ELU(LayerNorm(x))) + residual: what follows a graph convolution.
  /// - Parameters:
  ///   - x, residual: `[N, D]`; no residual where widths differ
  ///   - gamma, beta: `[1, D]`
  ///   - place: memory of the caller for y, in evaluation; nil: the tape's own
  public func layerNormELU(
    _ x: Variable, gamma: Variable, beta: Variable, residual: Variable?, dropout probability: Float = 0,
    at place: UnsafeMutablePointer<Float>? = nil
  ) -> Variable {
    precondition(place == nil || !isTraining, "layerNormELU: a place of the caller's is for evaluation")
    precondition(gamma.count == x.columns && beta.count == x.columns, "layerNormELU: weight and input disagree")
    precondition(residual.map { $0.count == x.count } ?? true, "layerNormELU: the residual has another shape")
    let y = allocate(.layerNormELU, rows: x.rows, columns: x.columns, at: place, from: x, gamma, beta, residual)
    let mask = nextDropout(probability)
    let mean = save(x.rows, with: y)
    let rstd = save(x.rows, with: y)
    Kernels.layerNormELU(
      pointer(x), gamma: pointer(gamma), beta: pointer(beta), residual: residual.map { UnsafePointer(pointer($0)) },
      dropout: mask, into: pointer(y), mean: mean, rstd: rstd, rows: x.rows, columns: x.columns)
    record(y) { [unowned self] in
      Kernels.layerNormELUBackward(
        pointer(x), mean: mean, rstd: rstd, gamma: pointer(gamma), beta: pointer(beta), dy: gradient(y), dropout: mask,
        dx: gradient(x), dResidual: residual.flatMap { gradientIfNeeded($0) }, dGamma: gradient(gamma),
        dBeta: gradient(beta), rows: x.rows, columns: x.columns)
    }
    return y
  }
}
