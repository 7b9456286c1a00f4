import Metrics
import StomicsCore

/// Whether a scan finds the genes that are known to mark a domain: a check of the whole idea.
///
/// A gene's score for a domain is how much of the domain's mean probability its edit takes away (of several domains, the
/// largest; of a depleted marker, how much it adds). A marker's percentile is the share of the other scanned genes that are
/// no markers of the domain and score below it, ties half: its own AUROC.
public struct MarkerRecovery: Sendable {
  /// What genes are scored by.
  public enum Score: String, Sendable, CaseIterable {
    /// The fall of the domain's mean probability.
    case shift
    /// How many spots change their domain: for no domain in particular, as the published system counts.
    case changedSpots = "changed-spots"
    /// The mean shift of the embedding, as the published system measures beside it.
    case embeddingShift = "embedding-shift"
    /// The gradient of the domain's mean probability times the input.
    case gradient
  }

  /// One scan's genes with their scores.
  public struct Table: Sendable {
    public var name: String
    public var genes: [String]
    public var domains: [String]
    /// The mean change of each domain's probability, `[G][C]`.
    public var shift: [[Double]]
    public var changedSpots: [Double]
    public var embeddingShift: [Double]
    /// Gradient times input, `[G][C]`.
    public var gradient: [[Double]]

    public init(
      name: String, genes: [String], domains: [String], shift: [[Double]], changedSpots: [Double],
      embeddingShift: [Double], gradient: [[Double]]
    ) {
      self.name = name
      self.genes = genes
      self.domains = domains
      self.shift = shift
      self.changedSpots = changedSpots
      self.embeddingShift = embeddingShift
      self.gradient = gradient
    }
  }

  /// A marker in one scan.
  public struct Place: Sendable, Equatable {
    public let scan: String
    /// 1 for the gene with the highest score, ties sharing their mean.
    public let rank: Double
    public let genes: Int
    /// 0 to 1.
    public let percentile: Double

    /// Whether the marker is among the top 5 % of the genes.
    public var isOnTop: Bool { rank <= 0.05 * Double(genes) }
  }

  /// A marker over all scans that model it.
  public struct Row: Sendable, Equatable {
    public let marker: Marker
    public let places: [Place]

    public var percentile: Double { places.reduce(0.0) { $0 + $1.percentile } / Double(max(1, places.count)) }
  }

  public let score: Score
  /// Markers that at least one scan models.
  public let rows: [Row]
  /// Markers that no scan models.
  public let missing: [Marker]

  public init(_ tables: [Table], markers: [Marker], score: Score = .shift) {
    self.score = score
    var rows: [Row] = []
    var missing: [Marker] = []
    for marker in markers {
      let places = tables.compactMap { Self.place(marker, in: $0, markers: markers, score) }
      if places.isEmpty { missing.append(marker) } else { rows.append(Row(marker: marker, places: places)) }
    }
    self.rows = rows
    self.missing = missing
  }

  /// The mean percentile of a domain's markers: the AUROC of the domain, over scans and markers.
  public func auroc(of domain: String? = nil) -> Double {
    let places = rows.filter { domain == nil || $0.marker.domain == domain }.flatMap(\.places)
    return places.isEmpty ? .nan : places.reduce(0.0) { $0 + $1.percentile } / Double(places.count)
  }

  /// Markers among the top 5 % of the genes, over scans.
  public var onTop: (markers: Int, of: Int) {
    let places = rows.flatMap(\.places)
    return (places.count(where: \.isOnTop), places.count)
  }

  /// The 95 % interval of `auroc(of:)`: markers are drawn again with replacement, each with all its scans.
  /// - Returns: nil for fewer than two markers
  public func interval(of domain: String? = nil, draws: Int = 2000, seed: UInt64 = 42) -> ClosedRange<Double>? {
    let own = rows.filter { domain == nil || $0.marker.domain == domain }
    if own.count < 2 { return nil }
    var generator = SeededGenerator(seed: seed)
    let means = (0..<draws).map { _ in
      var (sum, count) = (0.0, 0)
      for _ in own.indices {
        let row = own[generator.integer(below: own.count)]
        sum += row.places.reduce(0.0) { $0 + $1.percentile }
        count += row.places.count
      }
      return sum / Double(count)
    }.sorted()
    return quantile(means, 0.025)...quantile(means, 0.975)
  }

  private static func place(_ marker: Marker, in table: Table, markers: [Marker], _ score: Score) -> Place? {
    guard let g = table.genes.firstIndex(of: marker.gene) else { return nil }
    let columns = marker.domains.compactMap { table.domains.firstIndex(of: $0) }
    guard !columns.isEmpty else { return nil }
    let scores = table.genes.indices.map { value(table, $0, columns, marker.direction, score) }
    let like = Set(markers.filter { $0.domains == marker.domains && $0.direction == marker.direction }.map(\.gene))
    let kept = table.genes.indices.filter { $0 == g || !like.contains(table.genes[$0]) }
    let percentile = RankStatistics.auroc(kept.map { scores[$0] }, isWanted: kept.map { $0 == g })
    let rank = Double(scores.count + 1) - RankStatistics.ranks(scores)[g]
    return Place(scan: table.name, rank: rank, genes: scores.count, percentile: percentile)
  }

  private static func value(
    _ table: Table, _ gene: Int, _ columns: [Int], _ direction: Marker.Direction, _ score: Score
  ) -> Double {
    let sign: Double = direction == .enriched ? 1 : -1
    switch score {
    case .shift: return columns.map { -sign * table.shift[gene][$0] }.max() ?? 0
    case .gradient: return columns.map { sign * table.gradient[gene][$0] }.max() ?? 0
    case .changedSpots: return table.changedSpots[gene]
    case .embeddingShift: return table.embeddingShift[gene]
    }
  }
}
