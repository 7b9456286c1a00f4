/// Correlations, ranks and corrected p-values of plain arrays.
public enum RankStatistics {
  /// Ranks from 1, ties sharing their mean, `[N]`.
  public static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var result = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for k in start..<end { result[order[k]] = Double(start + end + 1) / 2 }
      start = end
    }
    return result
  }

  /// Pearson's correlation; NaN where one side does not vary.
  public static func pearson(_ x: [Double], _ y: [Double]) -> Double {
    precondition(x.count == y.count, "\(x.count) and \(y.count) values")
    let n = Double(x.count)
    let (meanX, meanY) = (x.reduce(0, +) / n, y.reduce(0, +) / n)
    var (xx, yy, xy) = (0.0, 0.0, 0.0)
    for (a, b) in zip(x, y) {
      xx += (a - meanX) * (a - meanX)
      yy += (b - meanY) * (b - meanY)
      xy += (a - meanX) * (b - meanY)
    }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : .nan
  }

  /// Spearman's correlation: Pearson's of the ranks.
  public static func spearman(_ x: [Double], _ y: [Double]) -> Double { pearson(ranks(x), ranks(y)) }

  /// The area under the ROC curve of a score: the chance that one of the wanted scores above one of the others, ties
  /// counting half (Mann and Whitney 1947). NaN where either kind is missing.
  public static func auroc(_ scores: [Double], isWanted: [Bool]) -> Double {
    precondition(scores.count == isWanted.count, "\(scores.count) scores for \(isWanted.count) flags")
    let wanted = isWanted.count { $0 }
    let others = isWanted.count - wanted
    guard wanted > 0, others > 0 else { return .nan }
    let sum = zip(ranks(scores), isWanted).reduce(0.0) { $0 + ($1.1 ? $1.0 : 0) }
    return (sum - Double(wanted * (wanted + 1)) / 2) / Double(wanted * others)
  }

  /// P-values corrected for their number so that the false discovery rate is kept; NaN stays and does not count.
  /// - Source: Benjamini and Hochberg 1995.
  public static func benjaminiHochberg(_ p: [Double]) -> [Double] {
    let order = p.indices.filter { !p[$0].isNaN }.sorted { (p[$0], $0) < (p[$1], $1) }
    var result = p
    var least = 1.0
    for (k, i) in order.enumerated().reversed() {
      least = min(least, p[i] * Double(order.count) / Double(k + 1))
      result[i] = least
    }
    return result
  }
}
