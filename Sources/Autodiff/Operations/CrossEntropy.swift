import Kernels

extension Tape {
  /// The weighted mean cross-entropy of logits, a `[1, 1]` value: Σ w_y (-ln softmax(logits)_y) / Σ w_y.
  /// - Parameters:
  ///   - logits: `[R, C]`
  ///   - labels: `[R]`, a class each; -1 takes no part
  ///   - classWeights: `[C]`
  public func crossEntropy(_ logits: Variable, labels: [Int32], classWeights: [Float]) -> Variable {
    precondition(labels.count == logits.rows && classWeights.count == logits.columns, "crossEntropy: shapes disagree")
    let loss = allocate(.crossEntropy, rows: 1, columns: 1, from: logits)
    let probabilities = save(logits.count, with: loss)
    pointer(loss)[0] = Float(
      Kernels.crossEntropy(
        pointer(logits), labels: labels, weights: classWeights, probabilities: probabilities, rows: logits.rows,
        columns: logits.columns))
    // dLogits = dLoss w_y / Σw (softmax - one-hot)
    record(loss) { [unowned self] in
      Kernels.crossEntropyBackward(
        probabilities, labels: labels, weights: classWeights, gradient: gradient(loss)[0],
        dLogits: gradient(logits), rows: logits.rows, columns: logits.columns)
    }
    return loss
  }
}
