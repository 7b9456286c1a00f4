import AnnData
import ArgumentParser
import Perturbation
import Plotting
import StomicsCore

/// `stomics perturb diff`: two perturbations compared.
struct PerturbDiffCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare two perturbations: of two models, two edits or two doses.",
    discussion: """
      Two scans are compared gene by gene (genes.tsv): changes, ranks, shifts of each domain, those that differ most \
      first. Two edits are compared spot by spot (spots.tsv, transitions.tsv, and a map where perturbed.h5ad has \
      coordinates). Where a folder holds several edits, the same genes and doses are compared, or those that --edit-a and \
      --edit-b name.

        stomics perturb diff scan-gcn scan-full -o diff
        stomics perturb diff doses doses --edit-a "MOBP factor 0.5" --edit-b "MOBP factor 4.0" -o diff
      """)

  @Argument(help: "The folder of the first perturbation, A.") var first: String
  @Argument(help: "The folder of the second, B.") var second: String
  @Option(name: .shortAndLong, help: "The folder to write to; it is made.") var output: String
  @Option(help: ArgumentHelp("Which edit of A, such as \"MOBP knockout\".", valueName: "edit")) var editA: String?
  @Option(help: ArgumentHelp("Which edit of B.", valueName: "edit")) var editB: String?
  @Option(help: ArgumentHelp("How many genes or edits the printed table shows.", valueName: "n")) var top = 15
  @OptionGroup(title: "Map options") var sliceOptions: SliceOptions
  @OptionGroup(title: "Map options") var resolution: ResolutionOptions
  @OptionGroup(title: "General options") var general: GeneralOptions

  func validate() throws {
    if top < 0 { throw ValidationError("--top is \(top); give 0 or more.") }
  }

  func run(console: Console) throws {
    let isScan = [first, second].map { PathKind($0 + "/genes.tsv") == .file }
    if isScan[0] && isScan[1] {
      if editA != nil || editB != nil {
        throw ValidationError("--edit-a and --edit-b choose among single edits; these folders hold scans.")
      }
      return try compareScans(console: console)
    }
    for (path, isScan) in zip([first, second], isScan) where isScan || PathKind(path + "/spots.tsv") != .file {
      throw PerturbDiffError.notAlike(first, second, strange: path, isScan: isScan)
    }
    try compareEdits(console: console)
  }

  // MARK: Scans

  struct ScanReport: Encodable {
    struct Gene: Encodable {
      let gene: String
      let changeA: Double
      let changeB: Double
      let rankA: Double
      let rankB: Double
    }

    let output: String
    let genes: Int
    let spearman: Double
    let spearmanByDomain: [String: Double]
    let differing: [Gene]
  }

  private func compareScans(console: Console) throws {
    func side(_ path: String) throws -> (ScanComparison.Side, [String]) {
      let file = try ScanTableFile(path)
      let shift = try Dictionary(
        uniqueKeysWithValues: file.domains.map { ($0, try file.numbers("shift_" + $0)) })
      return (
        ScanComparison.Side(
          genes: file.genes, probabilityChange: try file.numbers("mean_probability_change"), shift: shift),
        file.domains
      )
    }
    let (a, domains) = try side(first)
    let comparison = ScanComparison(a, try side(second).0, domains: domains)
    guard !comparison.genes.isEmpty else { throw PerturbDiffError.nothingShared("gene", first, second) }
    try makeFolder(output)
    try AtomicFile.write(Array(comparison.table.utf8), to: output + "/genes.tsv")
    let agreement = comparison.agreement
    let report = ScanReport(
      output: output, genes: comparison.genes.count, spearman: agreement.overall,
      spearmanByDomain: Dictionary(
        zip(comparison.domains, agreement.byDomain), uniquingKeysWith: { first, _ in first }),
      differing: comparison.genes.indices.prefix(top).map { g in
        ScanReport.Gene(
          gene: comparison.genes[g], changeA: comparison.first[g], changeB: comparison.second[g],
          rankA: comparison.firstRanks[g], rankB: comparison.secondRanks[g])
      })
    var table = TextTable(["gene", "change in A", "in B", "rank in A", "in B"])
    for gene in report.differing {
      table.rows.append([
        gene.gene, gene.changeA.formatted(significantDigits: 3), gene.changeB.formatted(significantDigits: 3),
        gene.rankA.formatted(decimals: 1), gene.rankB.formatted(decimals: 1),
      ])
    }
    let words = zip(comparison.domains, agreement.byDomain).map { "\($0) \($1.formatted(decimals: 3))" }
    try console.result(
      report,
      text: (top > 0 ? table.text + "\n" : "")
        + """
        \(comparison.genes.count.grouped) genes of both, those that differ most first. Spearman's correlation of the changes \
        \(agreement.overall.formatted(decimals: 3)); of the shifts of \(words.joined(separator: ", ")).
        genes.tsv is in \(output).
        """)
  }

  // MARK: Edits

  struct EditReport: Encodable {
    struct Pair: Encodable {
      let a: String
      let b: String
      let spots: Int
      let differing: Int
      let meanChangeA: Double
      let meanChangeB: Double
    }

    let output: String
    let pairs: [Pair]
  }

  private func compareEdits(console: Console) throws {
    let a = try EditTableFile(first)
    let b = try EditTableFile(second)
    let pairs = try a.pairs(with: b, editA, editB)
    try makeFolder(output)
    var report: [EditReport.Pair] = []
    for (number, pair) in pairs.enumerated() {
      let comparison = EditComparison(a.side(pair.a), b.side(pair.b))
      guard !comparison.spots.isEmpty else { throw PerturbDiffError.nothingShared("spot", first, second) }
      let prefix = output + "/" + (pairs.count == 1 ? "" : "\(number + 1)_")
      try AtomicFile.write(Array(comparison.table.utf8), to: prefix + "spots.tsv")
      try AtomicFile.write(Array(comparison.transitionTable.utf8), to: prefix + "transitions.tsv")
      try draw(comparison, pair, to: prefix + "map.png")
      func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
      report.append(
        EditReport.Pair(
          a: pair.a, b: pair.b, spots: comparison.spots.count, differing: comparison.differing.count,
          meanChangeA: mean(comparison.first.probabilityChange), meanChangeB: mean(comparison.second.probabilityChange))
      )
    }
    var table = TextTable(["A", "B", "differ after", "change in A", "in B"], leftColumns: [0, 1])
    for pair in report.prefix(top) {
      table.rows.append([
        pair.a, pair.b, "\(pair.differing.grouped) of \(pair.spots.grouped)",
        pair.meanChangeA.formatted(significantDigits: 3), pair.meanChangeB.formatted(significantDigits: 3),
      ])
    }
    try console.result(
      EditReport(output: output, pairs: report),
      text: (top > 0 ? table.text + "\n" : "") + "spots.tsv, transitions.tsv and maps are in \(output).")
  }

  /// After A, after B, where they differ, and the difference of the change, where A's slice has coordinates.
  private func draw(_ comparison: EditComparison, _ pair: (a: String, b: String), to path: String) throws {
    let file = first + "/perturbed.h5ad"
    guard PathKind(file) == .file else { return }
    let adata = try AnnData.read(file, matrices: .none)
    guard adata.obsm[sliceOptions.spatialKey] != nil else { return }
    let names = adata.obs[Keys.predictedDomain] != nil ? try adata.labels(Keys.predictedDomain).categories : []
    let domains = names + comparison.domains.filter { !names.contains($0) }
    let colors = Palette.bind(domains, known: adata.labelColors(Keys.predictedDomain))
    let place = Dictionary(zip(comparison.spots, comparison.spots.indices), uniquingKeysWith: { first, _ in first })
    let rows = adata.obs.index.map { place[$0] }
    func labels(_ side: EditComparison.Side) -> Labels {
      Labels(
        codes: rows.map { row in row.flatMap { domains.firstIndex(of: side.after[$0]) } ?? -1 }, names: domains,
        colors: domains.map { colors[$0] ?? .missing })
    }
    let (a, b) = (labels(comparison.first), labels(comparison.second))
    let difference = rows.map { row in
      row.map { comparison.second.probabilityChange[$0] - comparison.first.probabilityChange[$0] } ?? .nan
    }
    let map = SpatialMap(
      try sliceOptions.tissue(adata),
      panels: [
        .init("After A", subtitle: pair.a, .labels(a)), .init("After B", subtitle: pair.b, .labels(b)),
        .init("Where they differ", .difference(a, b, style: .init(same: "same", different: "different"))),
        .init("Change in B less that in A", .values(difference, .difference(label: "total variation"))),
      ], columns: sliceOptions.columns ?? 2, spotScale: sliceOptions.spotScale, spotOpacity: sliceOptions.spotOpacity)
    try map.write(
      to: path, dotsPerInch: resolution.dpi,
      provenance: Provenance(title: "\(pair.a) beside \(pair.b)", source: "\(first); \(second)"))
  }
}

/// spots.tsv of a folder of edits, read again.
struct EditTableFile {
  let folder: String
  private let sides: [(name: String, side: EditComparison.Side)]

  init(_ folder: String) throws {
    self.folder = folder
    let path = folder + "/spots.tsv"
    let table = try CSVTable(contentsOf: path, separator: "\t")
    let (genes, types, amounts) = (
      try table.required("genes"), try table.required("type"), try table.required("amount")
    )
    let (spots, before, after) = (
      try table.required("spot"), try table.required("before"), try table.required("after")
    )
    let change = try table.requiredNumbers("probability_change")
    let shift = try table.requiredNumbers("embedding_shift")
    let hops = try table.requiredNumbers("hop")
    let names = genes.indices.map { i in
      [genes[i], types[i], amounts[i]].filter { !$0.isEmpty }.joined(separator: " ")
    }
    var sides: [(name: String, side: EditComparison.Side)] = []
    var start = 0
    while start < names.count {
      var end = start
      while end < names.count, names[end] == names[start] { end += 1 }
      let rows = start..<end
      sides.append(
        (
          names[start],
          EditComparison.Side(
            spots: Array(spots[rows]), before: Array(before[rows]), after: Array(after[rows]),
            probabilityChange: Array(change[rows]), embeddingShift: Array(shift[rows]),
            hops: Array(hops[rows]))
        ))
      start = end
    }
    self.sides = sides
  }

  var names: [String] { sides.map(\.name) }

  /// What an edit of `names` left at every spot.
  func side(_ name: String) -> EditComparison.Side {
    sides.first { $0.name == name }?.side
      ?? EditComparison.Side(spots: [], before: [], after: [], probabilityChange: [], embeddingShift: [], hops: [])
  }

  /// Which edits are compared: those named; else the only ones; else all that both folders have.
  func pairs(with other: EditTableFile, _ a: String?, _ b: String?) throws -> [(a: String, b: String)] {
    for (name, file) in [(a, self), (b, other)] {
      if let name, !file.names.contains(name) {
        throw PerturbDiffError.noSuchEdit(name, folder: file.folder, found: file.names)
      }
    }
    if let first = a ?? (names.count == 1 ? names[0] : nil),
      let second = b ?? (other.names.count == 1 ? other.names[0] : nil)
    {
      return [(first, second)]
    }
    guard a == nil, b == nil else {
      throw PerturbDiffError.oneSideOpen(
        folder: a == nil ? folder : other.folder, found: (a == nil ? self : other).names)
    }
    let shared = names.filter(other.names.contains)
    if shared.isEmpty { throw PerturbDiffError.nothingShared("edit", folder, other.folder) }
    return shared.map { ($0, $0) }
  }
}

/// What can be wrong with two perturbations to compare.
enum PerturbDiffError: StomicsError, Equatable {
  case notAlike(String, String, strange: String, isScan: Bool)
  case nothingShared(String, String, String)
  case noSuchEdit(String, folder: String, found: [String])
  case oneSideOpen(folder: String, found: [String])

  var kind: ErrorKind { .data }

  var description: String {
    switch self {
    case .notAlike(let first, let second, let strange, let isScan):
      isScan
        ? "of \(first) and \(second) one is a scan (\(strange)) and the other is not: compare two scans, or two folders of edits."
        : "\(strange) holds neither genes.tsv of a scan nor spots.tsv of edits; name folders that stomics perturb left."
    case .nothingShared(let what, let first, let second):
      "\(first) and \(second) have no \(what) in common"
        + (what == "edit" ? "; say which to compare with --edit-a and --edit-b." : ".")
    case .noSuchEdit(let name, let folder, let found):
      "\(folder) has no edit '\(name)' (found: \(found.prefix(12).map { "'\($0)'" }.joined(separator: ", "))\(found.count > 12 ? ", …" : ""))."
    case .oneSideOpen(let folder, let found):
      "\(folder) holds several edits (\(found.prefix(12).map { "'\($0)'" }.joined(separator: ", "))\(found.count > 12 ? ", …" : "")); say which with --edit-a and --edit-b."
    }
  }
}
