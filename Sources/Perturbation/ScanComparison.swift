import Metrics

/// Two scans gene by gene: of two models, two edits or two slices.
public struct ScanComparison: Sendable {
  /// One scan's genes with what is compared.
  public struct Side: Sendable {
    public var genes: [String]
    public var probabilityChange: [Double]
    /// The mean change of each domain's probability, by domain's name, `[G]` each.
    public var shift: [String: [Double]]

    public init(genes: [String], probabilityChange: [Double], shift: [String: [Double]]) {
      self.genes = genes
      self.probabilityChange = probabilityChange
      self.shift = shift
    }
  }

  /// The genes of both scans, those whose effects differ most first.
  public let genes: [String]
  /// Domains of both scans, in the order of the first.
  public let domains: [String]
  /// Change of the probabilities in each scan, and rank among the genes of both, `[G]`.
  public let first: [Double]
  public let second: [Double]
  public let firstRanks: [Double]
  public let secondRanks: [Double]
  /// Of each domain in each scan, `[G][C]`.
  public let firstShift: [[Double]]
  public let secondShift: [[Double]]

  /// - Parameter domains: those of the first scan, in its order
  public init(_ a: Side, _ b: Side, domains: [String]) {
    let places = Dictionary(zip(b.genes, b.genes.indices), uniquingKeysWith: { first, _ in first })
    let shared = domains.filter { a.shift[$0] != nil && b.shift[$0] != nil }
    func shifts(_ side: Side, _ g: Int) -> [Double] { shared.map { side.shift[$0]?[g] ?? .nan } }
    var pairs = a.genes.indices.compactMap { i in places[a.genes[i]].map { (i, $0) } }
    func size(_ pair: (Int, Int)) -> Double {
      let moved = zip(shifts(a, pair.0), shifts(b, pair.1)).reduce(0.0) { $0 + abs($1.0 - $1.1) }
      return moved + abs(a.probabilityChange[pair.0] - b.probabilityChange[pair.1])
    }
    let sizes = pairs.map(size)
    let order = pairs.indices.sorted { (sizes[$1], a.genes[pairs[$0].0]) < (sizes[$0], a.genes[pairs[$1].0]) }
    pairs = order.map { pairs[$0] }
    genes = pairs.map { a.genes[$0.0] }
    self.domains = shared
    first = pairs.map { a.probabilityChange[$0.0] }
    second = pairs.map { b.probabilityChange[$0.1] }
    firstRanks = RankStatistics.ranks(first.map { -$0 })
    secondRanks = RankStatistics.ranks(second.map { -$0 })
    firstShift = pairs.map { shifts(a, $0.0) }
    secondShift = pairs.map { shifts(b, $0.1) }
  }

  /// Spearman's correlation of the changes of the probabilities, and of each domain's shift.
  public var agreement: (overall: Double, byDomain: [Double]) {
    (
      RankStatistics.spearman(first, second),
      domains.indices.map { c in RankStatistics.spearman(firstShift.map { $0[c] }, secondShift.map { $0[c] }) }
    )
  }

  /// One line a gene.
  public var table: String {
    let header =
      ["gene", "change_a", "change_b", "difference", "rank_a", "rank_b"]
      + domains.flatMap { ["shift_a_" + $0, "shift_b_" + $0] }
    return TabSeparated.text(
      [header]
        + genes.indices.map { g in
          [
            genes[g], "\(first[g])", "\(second[g])", "\(second[g] - first[g])", "\(firstRanks[g])", "\(secondRanks[g])",
          ] + domains.indices.flatMap { ["\(firstShift[g][$0])", "\(secondShift[g][$0])"] }
        })
  }
}
