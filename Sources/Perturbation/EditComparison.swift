/// Two edits spot by spot: of two models, two genes or two doses, over the same spots.
public struct EditComparison: Sendable {
  /// What an edit left at every spot.
  public struct Side: Sendable {
    public var spots: [String]
    public var before: [String]
    public var after: [String]
    public var probabilityChange: [Double]
    public var embeddingShift: [Double]

    public init(
      spots: [String], before: [String], after: [String], probabilityChange: [Double], embeddingShift: [Double]
    ) {
      self.spots = spots
      self.before = before
      self.after = after
      self.probabilityChange = probabilityChange
      self.embeddingShift = embeddingShift
    }
  }

  /// The spots of both, in the order of the first.
  public let spots: [String]
  public let first: Side
  public let second: Side

  public init(_ a: Side, _ b: Side) {
    let places = Dictionary(zip(b.spots, b.spots.indices), uniquingKeysWith: { first, _ in first })
    let pairs = a.spots.indices.compactMap { i in places[a.spots[i]].map { (i, $0) } }
    func part(_ side: Side, _ rows: [Int]) -> Side {
      Side(
        spots: rows.map { side.spots[$0] }, before: rows.map { side.before[$0] }, after: rows.map { side.after[$0] },
        probabilityChange: rows.map { side.probabilityChange[$0] }, embeddingShift: rows.map { side.embeddingShift[$0] })
    }
    first = part(a, pairs.map(\.0))
    second = part(b, pairs.map(\.1))
    spots = first.spots
  }

  /// Domains of either side after the edit, sorted.
  public var domains: [String] { Set(first.after + second.after + first.before + second.before).sorted() }

  /// Spots by domain after the first edit (row) and after the second (column), by `domains`.
  public var transitions: [[Int]] { counts(first.after, second.after) }

  /// The same before the edits: how far the two models agree.
  public var transitionsBefore: [[Int]] { counts(first.before, second.before) }

  /// Spots that are of another domain after the second edit than after the first.
  public var differing: [Int] { spots.indices.filter { first.after[$0] != second.after[$0] } }

  private func counts(_ rows: [String], _ columns: [String]) -> [[Int]] {
    let names = domains
    let place = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
    var table = [[Int]](repeating: [Int](repeating: 0, count: names.count), count: names.count)
    for (row, column) in zip(rows, columns) {
      if let i = place[row], let j = place[column] { table[i][j] += 1 }
    }
    return table
  }

  /// One line a spot.
  public var table: String {
    let header = [
      "spot", "before_a", "before_b", "after_a", "after_b", "differs", "probability_change_a", "probability_change_b",
      "embedding_shift_a", "embedding_shift_b",
    ]
    return TabSeparated.text(
      [header]
        + spots.indices.map { i in
          [
            spots[i], first.before[i], second.before[i], first.after[i], second.after[i],
            first.after[i] == second.after[i] ? "0" : "1", "\(first.probabilityChange[i])",
            "\(second.probabilityChange[i])", "\(first.embeddingShift[i])", "\(second.embeddingShift[i])",
          ]
        })
  }

  /// One line a pair of domains that spots have after the two edits.
  public var transitionTable: String {
    let names = domains
    var rows = [["when", "domain_a", "domain_b", "spots"]]
    for (when, table) in [("before", transitionsBefore), ("after", transitions)] {
      for (i, row) in table.enumerated() {
        for (j, count) in row.enumerated() where count > 0 { rows.append([when, names[i], names[j], "\(count)"]) }
      }
    }
    return TabSeparated.text(rows)
  }
}
