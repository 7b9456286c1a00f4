import Report
import StomicsCore

extension ScanResults {
  /// Takes the ranking out of genes.tsv of a scan, by the names of its columns; what it does not know it shows as it is.
  /// - Parameter classNames: the model's domains, in their order
  /// - Throws: `CSVError.missingColumns`
  init(_ table: CSVTable, classNames: [String]) throws {
    guard let genes = table.column("gene") else {
      throw CSVError.missingColumns(file: table.file, wanted: "column 'gene'", found: table.header)
    }
    func numbers(_ name: String) throws -> [Double] {
      guard let values = table.numbers(name) else {
        throw CSVError.missingColumns(file: table.file, wanted: "column '\(name)' of numbers", found: table.header)
      }
      return values
    }
    var columns = [Column]()
    for name in ["expressing_spots", "changed_spots", "mean_probability_change", "mean_embedding_shift"] {
      let (title, help) = Self.known[name] ?? (name, "")
      columns.append(Column(title, help: help, values: .numbers(try numbers(name))))
    }
    for name in ["towards", "away_from"] {
      guard let texts = table.column(name) else { continue }
      let (title, help) = Self.known[name] ?? (name, "")
      columns.append(Column(title, help: help, values: .texts(texts)))
    }
    for name in ["p_value", "q_value"] where table.header.contains(name) {
      let (title, help) = Self.known[name] ?? (name, "")
      columns.append(Column(title, help: help, values: .numbers(try numbers(name)), smallFirst: true))
    }
    let shiftNames = table.header.filter { $0.hasPrefix(Self.shiftPrefix) }
    let domains = shiftNames.map { String($0.dropFirst(Self.shiftPrefix.count)) }
    let used = Set(Self.known.keys).union(shiftNames).union(["gene"])
    for name in table.header where !used.contains(name) && !domains.contains(where: { name.hasSuffix("_" + $0) }) {
      guard let values = table.numbers(name), values.contains(where: \.isFinite) else { continue }
      columns.append(
        Column(name.replacing("_", with: " "), help: "As the scan's file has it.", values: .numbers(values)))
    }
    // In the order of the model's domains, then those it does not know.
    let order = domains.indices.sorted { one, other in
      let places = [one, other].map { classNames.firstIndex(of: domains[$0]) ?? classNames.count + $0 }
      return places[0] < places[1]
    }
    let titles = columns.map(\.title)
    self.init(
      summary: "The scan edited each of \(genes.count.grouped) genes in all spots that express it and predicted again.",
      genes: genes, columns: columns, domains: order.map { domains[$0] },
      shifts: try order.map { try numbers(shiftNames[$0]) },
      sortedBy: titles.firstIndex(of: "q") ?? titles.firstIndex(of: "probability change") ?? -1)
  }

  private static let shiftPrefix = "shift_"

  /// Titles, and what they mean.
  private static let known: [String: (title: String, help: String)] = [
    "expressing_spots": ("expressing spots", "Spots with at least one count of the gene."),
    "changed_spots": ("changed spots", "Spots whose predicted domain is another one after the edit."),
    "mean_probability_change": (
      "probability change", "Mean over spots of half the summed absolute change of the domains' probabilities."
    ),
    "mean_embedding_shift": ("embedding shift", "Mean length of the change of the spots' embeddings."),
    "towards": ("towards", "The domain whose probability rises most."),
    "away_from": ("away from", "The domain whose probability falls most."),
    "p_value": ("p", "Share of matched genes with at least this effect."),
    "q_value": ("q", "p after Benjamini and Hochberg's correction for the number of genes."),
  ]

  /// The genes most worth a map: those with the largest effects, and for each domain those that shift it most.
  func foremost(_ limit: Int) -> [String] {
    var lists = shifts.map { values in ranked(values.map(abs)) }
    for column in columns where ["probability change", "embedding shift"].contains(column.title) {
      if case .numbers(let values) = column.values { lists.append(ranked(values)) }
    }
    var chosen = [String]()
    for rank in 0..<limit {
      for list in lists where rank < list.count && chosen.count < limit && !chosen.contains(genes[list[rank]]) {
        chosen.append(genes[list[rank]])
      }
    }
    return chosen
  }

  /// Places of finite numbers, the largest first.
  private func ranked(_ values: [Double]) -> [Int] {
    values.indices.filter { values[$0].isFinite }.sorted { (values[$1], $0) < (values[$0], $1) }
  }
}
