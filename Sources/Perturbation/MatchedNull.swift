import SparseGraph

/// What genes of like expression do: the measure of whether a gene does more than its expression alone would.
///
/// Every gene is compared with others of the same scan, so over all genes these p-values are near to uniform: they say
/// which genes stand out among their like, and a corrected p is small only where many do by the same statistic. Widely and highly expressed genes move every prediction a little. A gene is compared with the genes nearest to it in
/// mean expression and detection rate, both standardised over the scanned genes.
public struct MatchedNull: Sendable {
  /// The matched genes of each gene, by their places in the list, nearest first, `[G][K]`.
  public let matches: [[Int]]

  /// - Parameters:
  ///   - meanExpression: mean of the log-normalised expression, `[G]`
  ///   - detectionRate: share of the spots with counts, `[G]`
  ///   - size: K, genes a gene is compared with; all others where there are fewer
  /// - Throws: `SparseGraphError` where a mean or rate is not finite
  public init(meanExpression: [Double], detectionRate: [Double], size: Int) throws {
    precondition(meanExpression.count == detectionRate.count, "one mean and one rate a gene")
    let count = meanExpression.count
    let kept = min(size, count - 1)
    guard kept > 0 else {
      matches = [[Int]](repeating: [], count: count)
      return
    }
    let places = zip(Self.standardised(meanExpression), Self.standardised(detectionRate)).map { SIMD2($0, $1) }
    let lists = try NearestNeighbours(places).nearestOthers(count: kept)
    matches = (0..<count).map { g in lists.indices[g * kept..<(g + 1) * kept].map(Int.init) }
  }

  /// The share of the matched genes, the gene itself among them, whose statistic is at least as large, `[G]`: a
  /// permutation p of the label "this gene". NaN without matches.
  public func p(_ statistic: [Double]) -> [Double] {
    matches.enumerated().map { g, others in
      if others.isEmpty { return .nan }
      let least = others.count { statistic[$0] >= statistic[g] }
      return Double(1 + least) / Double(1 + others.count)
    }
  }

  /// How many deviations of its matched genes' statistics a gene's lies above their mean, `[G]`; 0 where they do not vary.
  public func z(_ statistic: [Double]) -> [Double] {
    matches.enumerated().map { g, others in
      let n = Double(others.count)
      if n < 2 { return 0 }
      let mean = others.reduce(0.0) { $0 + statistic[$1] } / n
      let variance = others.reduce(0.0) { $0 + (statistic[$1] - mean) * (statistic[$1] - mean) } / (n - 1)
      return variance > 0 ? (statistic[g] - mean) / variance.squareRoot() : 0
    }
  }

  private static func standardised(_ values: [Double]) -> [Double] {
    let n = Double(max(1, values.count))
    let mean = values.reduce(0, +) / n
    let deviation = (values.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) } / n).squareRoot()
    return values.map { deviation > 0 ? ($0 - mean) / deviation : 0 }
  }
}
