import Kernels
import LinearAlgebra
import StomicsCore

extension Tape {
  /// Y = X Wᵀ + b.
  /// - Parameters:
  ///   - x: `[N, F]`
  ///   - weight: `[D, F]`
  ///   - bias: `[1, D]`, or nil
  ///   - place: memory of the caller for Y, in evaluation; nil: the tape's own
  /// - Returns: `[N, D]`
  public func linear(
    _ x: Variable, weight: Variable, bias: Variable? = nil, at place: UnsafeMutablePointer<Float>? = nil
  ) -> Variable {
    precondition(place == nil || !isTraining, "linear: a place of the caller's is for evaluation")
    precondition(x.columns == weight.columns, "linear: input has \(x.columns) columns, weight \(weight.columns)")
    precondition(bias.map { $0.count == weight.rows } ?? true, "linear: bias and weight disagree")
    let y = allocate(.linear, rows: x.rows, columns: weight.rows, at: place, from: x, weight, bias)
    LinearAlgebra.linear(
      pointer(x), w: pointer(weight), bias: bias.map { UnsafePointer(pointer($0)) }, into: pointer(y),
      rows: x.rows, inputs: x.columns, outputs: weight.rows)
    let flops = 2 * x.count * weight.rows
    count(flops: flops, of: .linear)
    // dX = dY W, dW = dYᵀ X, db = Σ rows of dY
    record(y) { [unowned self] in
      let dY = gradient(y)
      if let dX = gradientIfNeeded(x) {
        count(flops: flops, of: .linear)
        LinearAlgebra.linearInputGradient(
          dY, w: pointer(weight), dx: dX, rows: x.rows, inputs: x.columns, outputs: weight.rows)
      }
      if let dW = gradientIfNeeded(weight) {
        count(flops: flops, of: .linear)
        LinearAlgebra.linearWeightGradient(
          dY, x: pointer(x), dw: dW, rows: x.rows, inputs: x.columns, outputs: weight.rows)
      }
      if let bias, let dB = gradientIfNeeded(bias) {
        Kernels.columnSums(dY, into: dB, rows: y.rows, columns: y.columns)
      }
    }
    return y
  }
}
