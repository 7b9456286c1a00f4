import Report
import StomicsCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension ScanResults {
  /// Takes the ranking out of genes.tsv of a scan, by the names of its columns; what it does not know it shows as it is.
  /// - Parameters:
  ///   - classNames: the model's domains, in their order
  ///   - summary: what was done to each gene
  /// - Throws: `CSVError.missingColumns`, `ReportInputError.otherScan`
  init(_ table: CSVTable, classNames: [String], summary: String) throws {
    let genes = try table.required("gene")
    func numbers(_ name: String) throws -> [Double] { try table.requiredNumbers(name) }
    let prefix = "shift_"
    let domains = Self.ordered(
      table.header.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }, as: classNames)
    if !domains.isEmpty && Set(domains).isDisjoint(with: classNames) {
      throw ReportInputError.otherScan(file: table.file, domains: domains, classes: classNames)
    }
    var measures = [Measure]()
    for (name, title, help) in Self.knownMeasures where !domains.isEmpty {
      let names = domains.map { name + $0 }
      guard name == prefix || names.allSatisfy(table.header.contains) else { continue }
      measures.append(Measure(title, help: help, values: try names.map(numbers), smallFirst: name == "q_"))
    }
    var columns = [Column]()
    for (name, title, help, kind) in Self.knownColumns {
      switch kind {
      case .required: columns.append(Column(title, help: help, values: .numbers(try numbers(name))))
      case .number where table.header.contains(name):
        columns.append(Column(title, help: help, values: .numbers(try numbers(name))))
      case .share where table.header.contains(name):
        columns.append(Column(title, help: help, values: .numbers(try numbers(name)), smallFirst: true))
      case .text: if let texts = table.column(name) { columns.append(Column(title, help: help, values: .texts(texts))) }
      case .number, .share: continue
      }
    }
    let known = Self.knownColumns.map(\.name) + Self.omitted
    for name in table.header where !known.contains(name) && !domains.contains(where: { name.hasSuffix("_" + $0) }) {
      guard let values = table.numbers(name), values.contains(where: \.isFinite) else { continue }
      columns.append(
        Column(name.replacing("_", with: " "), help: "As the scan's file has it.", values: .numbers(values)))
    }
    let titles = columns.map(\.title)
    self.init(
      summary: summary, genes: genes, columns: columns, domains: domains, measures: measures,
      sortedBy: titles.firstIndex(of: "q") ?? titles.firstIndex(of: "probability change") ?? -1)
  }

  /// The model's domains in its order, then the others.
  private static func ordered(_ domains: [String], as classNames: [String]) -> [String] {
    classNames.filter(domains.contains) + domains.filter { !classNames.contains($0) }
  }

  private enum Kind { case required, number, share, text }

  private static let knownColumns: [(name: String, title: String, help: String, kind: Kind)] = [
    ("expressing_spots", "expressing spots", "Spots with at least one count of the gene.", .required),
    ("changed_spots", "changed spots", "Spots whose predicted domain is another one after the edit.", .required),
    (
      "mean_probability_change", "probability change",
      "Mean over spots of half the summed absolute change of the domains' probabilities.", .required
    ),
    ("local_probability_change", "where edited", "The same, over the edited spots.", .number),
    ("spillover_probability_change", "spill-over", "The same, over spots that only see edited ones.", .number),
    ("mean_embedding_shift", "embedding shift", "Mean length of the change of the spots' embeddings.", .required),
    ("towards", "towards", "The domain whose probability rises most.", .text),
    ("away_from", "away from", "The domain whose probability falls most.", .text),
    ("p_value", "p", "Share of genes of like expression with at least this effect.", .share),
    ("q_value", "q", "p after Benjamini and Hochberg's correction for the number of genes.", .share),
  ]

  /// What the table has no room for.
  private static let omitted = [
    "gene", "rank", "mean_expression", "detection_rate", "edited_spots", "reached_spots", "changed_edited_spots",
  ]

  private static let knownMeasures: [(prefix: String, title: String, help: String)] = [
    ("shift_", "shift", "Change of the domain's mean probability."),
    ("own_shift_", "own shift", "The same, over the spots that were predicted as the domain."),
    (
      "dependence_", "dependence",
      "How far the shift lies below those of genes of like expression, in deviations: large where the edit takes the "
        + "domain's probability away."
    ),
    ("q_", "q", "Of the shift's size among genes of like expression, corrected for the number of genes."),
  ]

  /// The genes most worth a map: those with the largest effects, and for each domain those that take most of it away.
  func foremost(_ limit: Int) -> [String] {
    var lists = measures.first?.values.map { values in ranked(values.map { -$0 }) } ?? []
    for column in columns where ["probability change", "embedding shift", "q"].contains(column.title) {
      if case .numbers(let values) = column.values {
        lists.append(ranked(column.smallFirst ? values.map { -$0 } : values))
      }
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

/// The folder that `stomics perturb --scan` writes.
struct ScanFolder {
  let genes: String
  private let spots: String
  private let record: String

  init(_ path: String) {
    let folder = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    genes = folder + "/genes.tsv"
    spots = folder + "/spots.tsv"
    record = folder + "/scan.json"
  }

  /// What a scan says of itself.
  private struct Record: Decodable {
    var type: String?
    var amount: Double?
    var nullGenes: Int?

    enum CodingKeys: String, CodingKey {
      case type, amount
      case nullGenes = "null_genes"
    }
  }

  /// - Throws: `FileError`, `CSVError`, `ReportInputError`
  func results(classNames: [String]) throws -> ScanResults {
    let table = try CSVTable(contentsOf: genes, separator: "\t")
    if table.rows.isEmpty { throw ReportInputError.emptyScan(file: genes) }
    return try ScanResults(table, classNames: classNames, summary: try summary(table.rows.count))
  }

  private func summary(_ count: Int) throws -> String {
    var found = Record()
    if PathKind(record) == .file {
      do {
        found = try JSONDecoder().decode(Record.self, from: Data(try readFile(record)))
      } catch is DecodingError { throw ReportInputError.damagedScan(file: record) }
    }
    let edit = found.type.map {
      $0 + (found.amount.map { amount in " (\(amount.formatted(significantDigits: 3)))" } ?? "")
    }
    var text =
      "Each of \(count.grouped) genes was edited by itself\(edit.map { ": " + $0 } ?? ""), and the slice predicted again."
    if let null = found.nullGenes, null > 0 {
      text += " P values come from the comparison with \(null.grouped) genes of like expression."
    }
    return text
  }

  /// Maps of how much the spots respond, where the scan has them.
  /// - Parameter spots: `[N]`, barcodes of the run; those the scan does not have are missing
  /// - Throws: `CSVError`
  func layers(barcodes: [String]) throws -> [SpotLayer] {
    guard PathKind(spots) == .file else { return [] }
    let table = try CSVTable(contentsOf: spots, separator: "\t")
    let names = try table.required("spot")
    let rows = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    return [
      ("changing_genes", "Genes that change the spot", "genes whose edit gives the spot another domain"),
      ("strongest_change", "Strongest response", "the largest change of probabilities by one gene"),
    ].compactMap { column, title, label in
      guard let values = table.numbers(column) else { return nil }
      return SpotLayer(
        title, group: .perturbation, label: label,
        values: barcodes.map { barcode in rows[barcode].map { Float(values[$0]) } ?? .nan })
    }
  }
}
