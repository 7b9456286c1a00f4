import Glibc
import StomicsCore

/// The most probable class of each row of `[R, C]`; the first of equals. Empty rows (C = 0) are not allowed.
public func mostProbableClasses(_ probabilities: Matrix) -> [Int32] {
  precondition(probabilities.columns > 0 || probabilities.rows == 0, "probabilities of no classes")
  return (0..<probabilities.rows).map { i in
    let row = probabilities.row(i)
    var best = row.startIndex
    for j in row.indices where row[j] > row[best] { best = j }
    return Int32(best - row.startIndex)
  }
}

/// The share of spots whose true class is among the k most probable; NaN without spots.
///
/// Among equal probabilities the lower class code counts as the more probable, as in `mostProbableClasses`.
/// - Parameters:
///   - truth: `[R]`, codes in 0..<C
///   - probabilities: `[R, C]`
public func topAccuracy(_ k: Int, truth: [Int32], probabilities: Matrix) -> Double {
  precondition(truth.count == probabilities.rows, "\(truth.count) labels for \(probabilities.rows) rows")
  var hits = 0
  for i in truth.indices {
    let own = probabilities[i, Int(truth[i])]
    var before = 0
    for (c, p) in probabilities.row(i).enumerated() where p > own || (p == own && c < Int(truth[i])) { before += 1 }
    if before < k { hits += 1 }
  }
  return Double(hits) / Double(truth.count)
}

/// The mean of -ln p(true class), with p clipped below at `clip` (1e-7 as published); NaN without spots.
public func logLoss(truth: [Int32], probabilities: Matrix, clip: Double = 1e-7) -> Double {
  precondition(truth.count == probabilities.rows, "\(truth.count) labels for \(probabilities.rows) rows")
  var sum = 0.0
  for i in truth.indices { sum -= log(min(max(Double(probabilities[i, Int(truth[i])]), clip), 1)) }
  return sum / Double(truth.count)
}

/// How often predictions of a given confidence are right: the data of a reliability diagram.
public struct ReliabilityCurve: Sendable, Equatable, Codable {
  /// Spots whose confidence lies in (lower, upper]; the first bin also holds 0.
  public struct Bin: Sendable, Equatable, Codable {
    public let lower: Double
    public let upper: Double
    public let count: Int
    /// Mean probability of the predicted class; nil in an empty bin.
    public let confidence: Double?
    /// Share predicted right; nil in an empty bin.
    public let accuracy: Double?
  }

  /// Bins of equal width over 0 to 1, ascending.
  public let bins: [Bin]

  /// Bins the spots by the probability of their most probable class.
  /// - Parameters:
  ///   - truth: `[R]`, codes in 0..<C
  ///   - probabilities: `[R, C]`
  public init(truth: [Int32], probabilities: Matrix, binCount: Int = 15) {
    precondition(truth.count == probabilities.rows, "\(truth.count) labels for \(probabilities.rows) rows")
    precondition(binCount > 0)
    let predicted = mostProbableClasses(probabilities)
    var counts = [Int](repeating: 0, count: binCount)
    var right = [Int](repeating: 0, count: binCount)
    var confidences = [Double](repeating: 0, count: binCount)
    for i in truth.indices {
      let confidence = Double(probabilities[i, Int(predicted[i])])
      if confidence.isNaN { continue }
      let position = min(max(confidence * Double(binCount), 0), Double(binCount))
      let bin = max(Int(position.rounded(.up)) - 1, 0)
      counts[bin] += 1
      confidences[bin] += confidence
      if predicted[i] == truth[i] { right[bin] += 1 }
    }
    bins = (0..<binCount).map { b in
      let n = Double(counts[b])
      return Bin(
        lower: Double(b) / Double(binCount), upper: Double(b + 1) / Double(binCount), count: counts[b],
        confidence: counts[b] == 0 ? nil : confidences[b] / n, accuracy: counts[b] == 0 ? nil : Double(right[b]) / n)
    }
  }

  /// Expected calibration error: |accuracy - confidence| averaged over the spots' bins; NaN without spots.
  ///
  /// Source: Guo et al. 2017, eq. 3.
  public var expectedCalibrationError: Double {
    var sum = 0.0
    var total = 0
    for bin in bins {
      guard let confidence = bin.confidence, let accuracy = bin.accuracy else { continue }
      sum += Double(bin.count) * abs(accuracy - confidence)
      total += bin.count
    }
    return sum / Double(total)
  }
}
