import Glibc
import StomicsCore

// What attention says of each spot. Row i of the weights holds those of the spots that spot i listens to; they are not
// negative and sum to 1.

/// How evenly each spot listens: the entropy of its weights over the most it could be, H / ln K with K weights (Pielou's
/// evenness of species, 1966); 1 where it listens to all alike, 0 where to one alone.
/// - Returns: `[N]`, NaN for spots with fewer than two to listen to
public func attentionEvenness(_ weights: CSRMatrix) -> [Double] {
  (0..<weights.rows).map { i in
    let row = weights.values[weights.range(ofRow: i)]
    guard row.count > 1 else { return .nan }
    let entropy = row.reduce(0.0) { $0 - ($1 > 0 ? Double($1) * log(Double($1)) : 0) }
    return min(1, max(0, entropy / log(Double(row.count))))
  }
}

/// The share of each spot's attention that goes to spots of another domain, with what it would be if the spot listened
/// to all alike.
public struct AttentionAcross: Sendable, Equatable {
  /// `[N]`, NaN where the spot, or every spot it listens to, has no label.
  public let shares: [Double]
  /// The share of the spots it listens to that lie in another domain, `[N]`.
  public let equalShares: [Double]

  /// - Parameters:
  ///   - weights: `[N, N]`
  ///   - labels: `[N]`, -1 where a spot has none; weights on such spots do not count
  public init(_ weights: CSRMatrix, labels: [Int32]) {
    precondition(labels.count == weights.rows, "\(labels.count) labels, \(weights.rows) rows of attention")
    var shares = [Double](repeating: .nan, count: weights.rows)
    var equal = shares
    for i in 0..<weights.rows where labels[i] >= 0 {
      var (all, across, count, countAcross) = (0.0, 0.0, 0, 0)
      for e in weights.range(ofRow: i) {
        let other = labels[Int(weights.indices[e])]
        guard other >= 0 else { continue }
        all += Double(weights.values[e])
        count += 1
        if other != labels[i] {
          across += Double(weights.values[e])
          countAcross += 1
        }
      }
      guard count > 0, all > 0 else { continue }
      shares[i] = across / all
      equal[i] = Double(countAcross) / Double(count)
    }
    self.shares = shares
    equalShares = equal
  }

  /// Spots that have some of another domain among those they listen to, and the means over them; nil where there is none.
  public var atBorders: (spots: Int, share: Double, equalShare: Double)? {
    let border = shares.indices.filter { equalShares[$0] > 0 }
    guard !border.isEmpty else { return nil }
    func mean(_ values: [Double]) -> Double { border.reduce(0.0) { $0 + values[$1] } / Double(border.count) }
    return (border.count, mean(shares), mean(equalShares))
  }
}
