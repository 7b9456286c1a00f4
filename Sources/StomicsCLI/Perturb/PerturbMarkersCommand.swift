import ArgumentParser
import Perturbation
import StomicsCore

/// `stomics perturb markers`: whether scans find the genes known to mark a domain.
struct PerturbMarkersCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "markers",
    abstract: "Check scans against known markers: does a marker's knock-out take its own domain away?",
    discussion: """
      A gene's score for a domain is the fall of the domain's mean probability when the gene is edited. A marker's \
      percentile is the share of the other genes that score below it, its AUROC; markers of several domains count for the \
      best of them, depleted ones for the rise. Beside it stand the scores that name no domain, as the published system \
      uses them, the gradient times the input, and the mean expression as a control. The interval draws markers again with replacement.

      A file of markers has a line a marker: gene, domain (several separated by /), and enriched (the default) or depleted, \
      separated by tabs or commas, with a header line.

        stomics perturb markers scan-151673 scan-151674 scan-151675 -o markers.tsv
        stomics perturb markers scan --markers markers.csv
      """)

  @Argument(help: "Folders that stomics perturb --scan left, of as many slices as you like.")
  var scans: [String]

  @Option(help: "A table of markers (.tsv or .csv), or dlpfc: known markers of the layers of the human cortex.")
  var markers = "dlpfc"

  @Option(name: .shortAndLong, help: "Also write a table, a line a marker and scan.")
  var output: String?

  @OptionGroup(title: "General options") var general: GeneralOptions

  struct Report: Encodable {
    struct Row: Encodable {
      let gene: String
      let domain: String
      let direction: String
      let ranks: [Double]
      let genes: [Int]
      let percentile: Double
    }

    struct Domain: Encodable {
      let domain: String
      let markers: Int
      let auroc: Double
      let interval: [Double]?
    }

    struct Score: Encodable {
      let score: String
      let auroc: Double
      let interval: [Double]?
      let top5Percent: Int
      let of: Int
    }

    let markers: [Row]
    let domains: [Domain]
    let scores: [Score]
    let missing: [String]
  }

  func run(console: Console) throws {
    let files = try scans.map { try ScanTableFile($0) }
    var names = files.map(\.name)
    if Set(names).count < names.count { names = scans }
    let tables = try zip(files, names).map { try $0.markerTable(name: $1) }
    let markers = try MarkerFile.named(self.markers)
    let recovery = MarkerRecovery(tables, markers: markers)
    guard !recovery.rows.isEmpty else {
      throw MarkerError.none(markers.map(\.gene), domains: tables[0].domains, file: files[0].path)
    }
    if let output { try AtomicFile.write(Array(table(recovery).utf8), to: output) }
    let others = MarkerRecovery.Score.allCases.map { MarkerRecovery(tables, markers: markers, score: $0) }
    let report = report(recovery, others)
    try console.result(report, text: text(recovery, others))
  }

  private func report(_ recovery: MarkerRecovery, _ others: [MarkerRecovery]) -> Report {
    func bounds(_ interval: ClosedRange<Double>?) -> [Double]? { interval.map { [$0.lowerBound, $0.upperBound] } }
    return Report(
      markers: recovery.rows.map { row in
        Report.Row(
          gene: row.marker.gene, domain: row.marker.domain, direction: row.marker.direction.rawValue,
          ranks: row.places.map(\.rank), genes: row.places.map(\.genes), percentile: row.percentile)
      },
      domains: domains(recovery).map { domain in
        Report.Domain(
          domain: domain, markers: recovery.rows.count { $0.marker.domain == domain },
          auroc: recovery.auroc(of: domain), interval: bounds(recovery.interval(of: domain)))
      },
      scores: others.map { other in
        Report.Score(
          score: other.score.rawValue, auroc: other.auroc(), interval: bounds(other.interval()),
          top5Percent: other.onTop.markers, of: other.onTop.of)
      }, missing: recovery.missing.map(\.gene))
  }

  /// The domains with markers, in the markers' order.
  private func domains(_ recovery: MarkerRecovery) -> [String] {
    var found: [String] = []
    for row in recovery.rows where !found.contains(row.marker.domain) { found.append(row.marker.domain) }
    return found
  }

  private func text(_ recovery: MarkerRecovery, _ others: [MarkerRecovery]) -> String {
    var markers = TextTable(["marker", "domain", "rank", "of", "percentile"], leftColumns: [0, 1])
    for row in recovery.rows {
      let name = row.marker.gene + (row.marker.direction == .depleted ? " (depleted)" : "")
      markers.rows.append([
        name, row.marker.domain, row.places.map { rank($0.rank) }.joined(separator: ", "),
        Set(row.places.map(\.genes)).sorted().map(\.grouped).joined(separator: ", "),
        row.percentile.formatted(decimals: 3),
      ])
    }
    func interval(_ range: ClosedRange<Double>?) -> String {
      range.map { "\($0.lowerBound.formatted(decimals: 3)) to \($0.upperBound.formatted(decimals: 3))" } ?? "-"
    }
    var domains = TextTable(["domain", "markers", "AUROC", "95 %"], leftColumns: [0])
    for domain in self.domains(recovery) {
      domains.rows.append([
        domain, "\(recovery.rows.count { $0.marker.domain == domain })",
        recovery.auroc(of: domain).formatted(decimals: 3), interval(recovery.interval(of: domain)),
      ])
    }
    var scores = TextTable(["all markers, by", "AUROC", "95 %", "in the top 5 %"], leftColumns: [0])
    for other in others {
      scores.rows.append([
        other.score.words, other.auroc().formatted(decimals: 3), interval(other.interval()),
        "\(other.onTop.markers) of \(other.onTop.of)",
      ])
    }
    var text = [markers.text, domains.text, scores.text].joined(separator: "\n\n")
    if !recovery.missing.isEmpty {
      text += "\nNot among the scanned genes: \(recovery.missing.map(\.gene).joined(separator: ", "))."
    }
    return text
  }

  /// Half ranks are of ties.
  private func rank(_ rank: Double) -> String {
    rank == rank.rounded() ? Int(rank).grouped : rank.formatted(decimals: 1)
  }

  private func table(_ recovery: MarkerRecovery) -> String {
    var lines = ["gene\tdomain\tdirection\tscan\trank\tgenes\tpercentile"]
    for row in recovery.rows {
      for place in row.places {
        lines.append(
          [
            row.marker.gene, row.marker.domain, row.marker.direction.rawValue, place.scan, "\(place.rank)",
            "\(place.genes)", "\(place.percentile)",
          ].joined(separator: "\t"))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension MarkerRecovery.Score {
  /// For people.
  fileprivate var words: String {
    switch self {
    case .shift: "fall of the domain's probability"
    case .changedSpots: "spots that change domain"
    case .embeddingShift: "shift of the embedding"
    case .gradient: "gradient times input"
    case .expression: "mean expression (control)"
    }
  }
}

/// A user's table of markers.
struct MarkerFile {
  let markers: [Marker]

  /// The markers of a flag: `dlpfc`, `none`, or a table.
  static func named(_ name: String) throws -> [Marker] {
    switch name {
    case "dlpfc": Marker.dlpfc
    case "none": []
    default: try MarkerFile(name).markers
    }
  }

  init(_ path: String) throws {
    let table = try CSVTable(contentsOf: path, separator: path.hasSuffix(".tsv") ? "\t" : ",")
    let genes = try table.required("gene")
    let domains = try table.required("domain")
    let directions = table.column("direction") ?? genes.map { _ in "" }
    markers = try genes.indices.map { i in
      let word = directions[i].trimmed
      guard let direction = word.isEmpty ? .enriched : Marker.Direction(rawValue: word) else {
        throw MarkerError.direction(word, line: i + 2, file: path)
      }
      let names = domains[i].split(separator: "/").map { String($0).trimmed }
      guard !genes[i].trimmed.isEmpty, !names.isEmpty else { throw MarkerError.incomplete(line: i + 2, file: path) }
      return Marker(genes[i].trimmed, names, direction)
    }
  }
}

/// What can be wrong with markers.
enum MarkerError: StomicsError, Equatable {
  case none([String], domains: [String], file: String)
  case direction(String, line: Int, file: String)
  case incomplete(line: Int, file: String)

  var kind: ErrorKind { .data }

  var description: String {
    switch self {
    case .none(let genes, let domains, let file):
      "none of the markers (\(genes.prefix(5).joined(separator: ", "))\(genes.count > 5 ? ", …" : "")) is in \(file) with a domain of its own there (domains: \(domains.joined(separator: ", "))). Name other markers with --markers."
    case .direction(let word, let line, let file):
      "line \(line) of \(file) has direction '\(word)'; it is enriched or depleted."
    case .incomplete(let line, let file): "line \(line) of \(file) lacks a gene or a domain."
    }
  }
}
