import Glibc
import StomicsCore

extension Kernels {
  /// p = softmax of every row of logits `[rows, columns]`, shifted by the row's maximum. May work in place.
  public static func softmaxRows(_ logits: Input, into p: Output, rows: Int, columns: Int) {
    parallelRows(rows, blockSize: rowBlock(columns: columns)) { block in
      let t = block.lowerBound * columns
      native.softmaxRows(logits + t, p + t, block.count, columns)
    }
  }

  /// Weighted softmax cross-entropy: Σ w nll / Σ w over the rows whose label is not -1, in Double; 0 where no row counts.
  /// - Parameters:
  ///   - logits: `[rows, columns]`; labels: `[rows]`, -1 for rows to leave out
  ///   - weights: `[columns]`, one weight a class, or nil for all 1
  ///   - probabilities: `[rows, columns]`, saved for every row
  public static func crossEntropy(
    _ logits: Input, labels: UnsafePointer<Int32>, weights: Input?, probabilities: Output, rows: Int, columns: Int
  ) -> Double {
    softmaxRows(logits, into: probabilities, rows: rows, columns: columns)
    let blocks = (rows + lossBlock - 1) / lossBlock
    return withUnsafeTemporaryAllocation(of: (loss: Double, weight: Double).self, capacity: max(1, blocks)) { sums in
      sums.initialize(repeating: (0, 0))
      nonisolated(unsafe) let sums = sums
      parallelRows(rows, blockSize: lossBlock) { block in
        var sum = (loss: 0.0, weight: 0.0)
        for i in block where labels[i] >= 0 {
          let label = Int(labels[i])
          precondition(label < columns, "label \(label) of \(columns) classes")
          let weight = Double(weights?[label] ?? 1)
          sum.loss += weight * negativeLogLikelihood(logits + i * columns, label, columns)
          sum.weight += weight
        }
        sums[block.lowerBound / lossBlock] = sum
      }
      let total = sums.reduce(0) { $0 + $1.weight }
      return total > 0 ? sums.reduce(0) { $0 + $1.loss } / total : 0
    }
  }

  /// Rows a block of the loss works on.
  private static let lossBlock = 256

  /// Accumulates into dLogits `[rows, columns]` the derivative of `crossEntropy` times `gradient`.
  public static func crossEntropyBackward(
    _ probabilities: Input, labels: UnsafePointer<Int32>, weights: Input?, gradient: Float = 1, dLogits: Output,
    rows: Int, columns: Int
  ) {
    var total = 0.0
    for i in 0..<rows where labels[i] >= 0 { total += Double(weights?[Int(labels[i])] ?? 1) }
    guard total > 0 else { return }
    for i in 0..<rows where labels[i] >= 0 {
      let label = Int(labels[i])
      let factor = Float(Double(gradient) * Double(weights?[label] ?? 1) / total)
      let p = probabilities + i * columns
      let d = dLogits + i * columns
      for c in 0..<columns { d[c] += factor * (p[c] - (c == label ? 1 : 0)) }
    }
  }

  /// log Σ exp(logits) - logits[label] of one row, in Double.
  private static func negativeLogLikelihood(_ logits: Input, _ label: Int, _ columns: Int) -> Double {
    var largest = logits[0]
    for c in 1..<columns where logits[c] > largest { largest = logits[c] }
    var sum = 0.0
    for c in 0..<columns { sum += exp(Double(logits[c]) - Double(largest)) }
    return log(sum) + Double(largest) - Double(logits[label])
  }
}
