import Metrics
import Models
import StomicsCore

/// Every gene's effect to first order: one backward pass a domain instead of an edit a gene.
public struct FirstOrderRanking {
  public let classNames: [String]
  /// Names of the genes, `[G]`.
  public let genes: [String]
  public let response: FirstOrderResponse
  private let scan: GeneScan

  public init(_ scan: GeneScan) {
    self.scan = scan
    classNames = scan.experiment.before.classNames
    genes = scan.columns.map { scan.experiment.geneName($0) }
    response = scan.firstOrder()
  }

  /// Half the summed absolute estimates of a gene, `[G]`: what genes are ranked by.
  public var sizes: [Double] {
    genes.indices.map { g in response.shifts.row(g).reduce(0.0) { $0 + Double(abs($1)) } / 2 }
  }

  /// Places of the genes, the strongest first, ties by name.
  public var ranking: [Int] {
    let sizes = sizes
    return genes.indices.sorted { (sizes[$1], genes[$0]) < (sizes[$0], genes[$1]) }
  }

  /// Pearson's and Spearman's correlation with exact answers, over all domains of some genes.
  public struct Check: Sendable, Equatable {
    public let genes: Int
    public let pearson: Double
    public let spearman: Double
  }

  /// Answers some genes exactly, evenly over the ranking, and compares.
  public func check(genes count: Int) throws -> Check {
    let order = ranking
    let chosen = (0..<min(count, order.count)).map { order[$0 * order.count / min(count, order.count)] }
    let exact = try GeneScan(
      scan.experiment, kind: scan.kind, genes: chosen.map { genes[$0] }, spots: scan.spots)
    var record = ScanRecord(spotCount: exact.spotCount)
    exact.run(&record) { _ in }
    let places = Dictionary(zip(scan.columns, genes.indices), uniquingKeysWith: { first, _ in first })
    var (real, estimated): ([Double], [Double]) = ([], [])
    for effect in record.effects {
      guard let g = places[effect.column] else { continue }
      real += effect.shift.map(Double.init)
      estimated += response.shifts.row(g).map(Double.init)
    }
    return Check(
      genes: chosen.count, pearson: RankStatistics.pearson(real, estimated),
      spearman: RankStatistics.spearman(real, estimated))
  }

  /// One line a gene, the strongest first.
  public var table: String {
    let header =
      ["gene", "rank", "size"] + classNames.map { "first_order_" + $0 } + classNames.map { "gradient_x_input_" + $0 }
    let sizes = sizes
    let rows = ranking.enumerated().map { rank, g in
      [genes[g], "\(rank + 1)", "\(sizes[g])"] + response.shifts.row(g).map { "\($0)" }
        + response.gradientTimesInput.row(g).map { "\($0)" }
    }
    return TabSeparated.text([header] + rows)
  }
}
