import Glibc
import StomicsCore

/// Calibration by one number: probabilities are softmax(logits / T), with the T of the lowest log-loss on spots that were
/// not learned from. Which class is the most probable does not change.
///
/// Source: Guo et al. 2017, section 4.2.
public struct TemperatureScaling: Sendable, Equatable {
  /// T, from 0.05 to 20; 1 leaves the probabilities.
  public let temperature: Double

  /// No calibration.
  public static let none = TemperatureScaling(temperature: 1)

  private static let range = -3.0...3.0  // of ln T

  /// A temperature that is known, above 0.
  public init(temperature: Double) { self.temperature = temperature }

  /// Finds T; 1 without spots.
  /// - Parameters:
  ///   - logits: `[R, C]`
  ///   - truth: `[R]`, codes in 0..<C
  public init(logits: Matrix, truth: [Int32]) {
    precondition(logits.rows == truth.count, "\(truth.count) labels for \(logits.rows) rows")
    guard !truth.isEmpty else {
      temperature = 1
      return
    }
    // The loss is convex in 1 / T, so has one minimum in ln T too: golden-section search.
    let ratio = (5.0.squareRoot() - 1) / 2
    var low = Self.range.lowerBound
    var high = Self.range.upperBound
    func loss(_ logT: Double) -> Double { Self.loss(logits, truth, scale: exp(-logT)) }
    var inner = (high - ratio * (high - low), low + ratio * (high - low))
    var values = (loss(inner.0), loss(inner.1))
    while high - low > 1e-4 {
      if values.0 <= values.1 {
        high = inner.1
        inner = (high - ratio * (high - low), inner.0)
        values = (loss(inner.0), values.0)
      } else {
        low = inner.0
        inner = (inner.1, low + ratio * (high - low))
        values = (values.1, loss(inner.1))
      }
    }
    temperature = exp((low + high) / 2)
  }

  /// softmax(logits / T), `[R, C]`.
  public func probabilities(_ logits: Matrix) -> Matrix {
    var result = logits
    let width = logits.columns
    var row = [Double](repeating: 0, count: width)
    for i in 0..<logits.rows {
      let largest = Double(logits.row(i).max() ?? 0)
      for c in 0..<width { row[c] = exp((Double(logits[i, c]) - largest) / temperature) }
      let sum = row.reduce(0, +)
      for c in 0..<width { result[i, c] = Float(row[c] / sum) }
    }
    return result
  }

  /// The mean log-loss of softmax(scale · logits).
  private static func loss(_ logits: Matrix, _ truth: [Int32], scale: Double) -> Double {
    var total = 0.0
    for i in truth.indices {
      let row = logits.row(i)
      let largest = Double(row.max() ?? 0)
      var sum = 0.0
      for value in row { sum += exp((Double(value) - largest) * scale) }
      total += log(sum) - (Double(logits[i, Int(truth[i])]) - largest) * scale
    }
    return total / Double(truth.count)
  }
}
