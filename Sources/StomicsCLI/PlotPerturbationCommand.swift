import AnnData
import ArgumentParser
import Perturbation
import Plotting
import StomicsCore

/// `stomics plot perturbation`: a scan's strongest genes as bars, an edit's maps, a dose series as curves.
struct PlotPerturbationCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "perturbation",
    abstract: "Draw what stomics perturb found: strongest genes, maps of an edit, dose curves.",
    discussion: """
      Of a scan: bars of the genes whose edits change most, over all domains or take most from each --domain; known \
      markers are named. Of a folder of edits: maps of one --edit, or with --dose-curve the effect by factor.

        stomics plot perturbation scan -o genes.png
        stomics plot perturbation scan --domain Layer5 --domain WM --top 10 -o layers.pdf
        stomics plot perturbation perturbed --edit "MOBP knockout" --panels before,after,embedding -o map.png
        stomics plot perturbation doses --dose-curve -o doses.png
      """)

  enum Panel: String, CaseIterable { case before, after, changed, probabilities, embedding, hops }

  @OptionGroup(title: "General options") var general: GeneralOptions
  @OptionGroup(title: "Figure") var figure: FigureOptions
  @OptionGroup(title: "Slice") var slice: SliceOptions

  @Argument(help: "The folder of stomics perturb.") var folder: String

  @Option(help: "Of a scan: a domain whose genes are shown; may be given more than once. (default: all together)")
  var domain: [String] = []

  @Option(help: ArgumentHelp("Of a scan: how many genes.", valueName: "n"))
  var top = 20

  @Option(help: "Of a scan: known markers to name: a table, dlpfc, or none.")
  var markers = "dlpfc"

  @Option(help: "Of edits: which one, such as \"MOBP knockout\". (default: the first)")
  var edit: String?

  @Option(
    help: "Of an edit: panels, separated by commas: \(Panel.allCases.map(\.rawValue).joined(separator: ", ")).")
  var panels = "before,after,changed,probabilities,embedding"

  @Flag(help: "Of edits by several factors: curves of the effect by factor.")
  var doseCurve = false

  func validate() throws {
    if top < 1 { throw ValidationError("--top is \(top); give 1 or more.") }
    _ = try wantedPanels()
  }

  private func wantedPanels() throws -> [Panel] {
    let found = try panels.split(separator: ",").map { word in
      guard let panel = Panel(rawValue: word.filter { $0 != " " }) else {
        throw ValidationError(
          "--panels names '\(word)'; give some of \(Panel.allCases.map(\.rawValue).joined(separator: ", ")), separated by commas."
        )
      }
      return panel
    }
    if found.isEmpty { throw ValidationError("--panels names nothing.") }
    return found
  }

  /// What was drawn.
  struct Report: Encodable, Equatable {
    var output: String
    var view: String
    var drawn: [String]
  }

  func run(console: Console) throws {
    let report: Report
    if PathKind(folder + "/genes.tsv") == .file {
      if edit != nil || doseCurve {
        throw ValidationError("--edit and --dose-curve are for a folder of edits; \(folder) holds a scan.")
      }
      report = try bars()
    } else if PathKind(folder + "/spots.tsv") == .file {
      if !domain.isEmpty { throw ValidationError("--domain is for a scan; \(folder) holds edits.") }
      report = try doseCurve ? curves() : map()
    } else {
      throw PerturbDiffError.notAlike(folder, folder, strange: folder, isScan: false)
    }
    try console.result(report, text: "\(report.output): \(report.drawn.joined(separator: ", "))")
  }

  private func write(_ drawn: any Figure, _ title: String) throws {
    try figure.write(drawn, title: title, source: "stomics plot perturbation \(RunInput(folder).name)")
  }

  // MARK: A scan

  private func bars() throws -> Report {
    let file = try ScanTableFile(folder)
    for name in domain where !file.domains.contains(name) {
      throw PlotCommandError.unknownDomain(
        name, file: file.path, found: file.domains, near: didYouMean(name, among: file.domains))
    }
    let known = try MarkerFile.named(markers)
    let colors = Palette.bind(file.domains, known: labelColors())
    let losing = file.table.column("away_from") ?? []
    func plot(_ values: [Double], label: String, title: String, color: (Int) -> Color, legend: [String]) -> BarPlot {
      let order = values.indices.filter { values[$0] > 0 }.sorted {
        (values[$1], file.genes[$0]) < (values[$0], file.genes[$1])
      }.prefix(top)
      return BarPlot(
        order.map { g in
          let marked = known.filter { $0.gene == file.genes[g] }.map(\.domain)
          return BarPlot.Bar(
            file.genes[g], value: values[g], color: color(g),
            text: values[g].formatted(significantDigits: 3)
              + (marked.isEmpty ? "" : "  marker of \(marked.joined(separator: ", "))"))
        }, label: label, title: title, legend: legend.map { ($0, colors[$0] ?? .missing) }, width: figure.widthPoints)
    }
    var plots: [BarPlot] = []
    if domain.isEmpty {
      let change = try file.numbers("mean_probability_change")
      plots.append(
        plot(
          change, label: "mean change of a spot's probabilities (total variation)",
          title: figure.title.isEmpty
            ? "Genes whose edits change most; colour: the domain that loses most" : figure.title,
          color: { g in losing.indices.contains(g) ? colors[losing[g]] ?? .missing : .missing },
          legend: file.domains.filter(losing.contains)))
    }
    for name in domain {
      let fall = try file.numbers("shift_" + name).map { -$0 }
      plots.append(
        plot(
          fall, label: "fall of the mean probability of \(name)", title: name, color: { _ in colors[name] ?? .missing },
          legend: []))
    }
    guard plots.allSatisfy({ !$0.bars.isEmpty }) else {
      throw PlotCommandError.noNumbers(column: "shift", file: file.path)
    }
    try write(FigureStack(plots), figure.title.isEmpty ? "Perturbation" : figure.title)
    return Report(output: figure.output, view: "bars", drawn: plots.flatMap { $0.bars.map(\.name) })
  }

  /// Of the slice's labels, where the folder holds one; a scan's does not.
  private func labelColors() -> [String: Color] {
    let path = folder + "/perturbed.h5ad"
    guard PathKind(path) == .file, let adata = try? AnnData.read(path, matrices: .none) else { return [:] }
    return adata.labelColors(Keys.predictedDomain)
  }

  // MARK: Edits

  private func map() throws -> Report {
    let file = try EditTableFile(folder)
    let name = edit ?? file.names.first ?? ""
    guard file.names.contains(name) else {
      throw PerturbDiffError.noSuchEdit(name, folder: folder, found: file.names)
    }
    let side = file.side(name)
    let adata = try AnnData.read(folder + "/perturbed.h5ad", matrices: .none)
    let domains = try adata.labels(Keys.predictedDomain).categories
    let colors = Palette.bind(domains, known: labelColors())
    let place = Dictionary(zip(side.spots, side.spots.indices), uniquingKeysWith: { first, _ in first })
    let rows = adata.obs.index.map { place[$0] }
    // Farther away the model does not see.
    let farthest = try CSVTable(contentsOf: folder + "/hops.tsv", separator: "\t").numbers("hop")?.max() ?? .infinity
    func labels(_ names: [String]) -> Labels {
      Labels(
        codes: rows.map { row in row.flatMap { domains.firstIndex(of: names[$0]) } ?? -1 }, names: domains,
        colors: domains.map { colors[$0] ?? .missing })
    }
    func values(_ numbers: [Double]) -> [Double] { rows.map { $0.map { numbers[$0] } ?? .nan } }
    let drawn = try wantedPanels().map { panel -> SpatialMap.Panel in
      switch panel {
      case .before: .init("Before", .labels(labels(side.before)))
      case .after: .init("After", .labels(labels(side.after)))
      case .changed:
        .init("Changed domain", .difference(labels(side.before), labels(side.after), style: .changes))
      case .probabilities:
        .init(
          "Change of probabilities",
          .values(
            values(side.probabilityChange),
            ValueScale(.reds, lower: .value(0), label: "total variation", isShared: false)))
      case .embedding:
        .init(
          "Shift of the embedding",
          .values(
            values(side.embeddingShift), ValueScale(.viridis, lower: .value(0), label: "distance", isShared: false)))
      case .hops:
        .init(
          "Hops from the edited spots",
          .values(
            values(side.hops.map { $0 <= farthest ? $0 : .nan }),
            ValueScale(.viridis, lower: .value(0), label: "hops", isShared: false)))
      }
    }
    let title = figure.title.isEmpty ? name : figure.title
    try write(
      SpatialMap(
        try slice.tissue(adata), panels: drawn, title: title, columns: slice.columns ?? min(3, drawn.count),
        width: figure.widthPoints, spotScale: slice.spotScale, spotOpacity: slice.spotOpacity), title)
    return Report(output: figure.output, view: "map", drawn: drawn.map(\.title))
  }

  private func curves() throws -> Report {
    let table = try CSVTable(contentsOf: folder + "/effects.tsv", separator: "\t")
    let genes = try table.required("genes")
    let amounts = try table.requiredNumbers("amount")
    let change = try table.requiredNumbers("mean_probability_change")
    let domains = table.header.filter { $0.hasPrefix("shift_") }
    var names: [String] = []
    for name in genes where !names.contains(name) { names.append(name) }
    let rows = names.map { name in
      genes.indices.filter { genes[$0] == name && amounts[$0].isFinite }.sorted { amounts[$0] < amounts[$1] }
    }
    guard rows.contains(where: { $0.count > 1 }) else { throw DoseError.noSeries(folder) }
    /// With the counts as they are, a factor of 1, in its place.
    func series(_ label: String, _ rows: [Int], _ values: [Double]) -> XYPlot.Series {
      var points = rows.map { (amounts[$0], values[$0]) }
      if !points.contains(where: { $0.0 == 1 }) { points.append((1, 0)) }
      points.sort { $0.0 < $1.0 }
      return XYPlot.Series(label, x: points.map(\.0), y: points.map(\.1))
    }
    var panels = [
      XYPlot.Panel(
        "All domains", x: .init("counts times"), y: .init("mean change of probabilities"),
        series: zip(names, rows).map { series($0, $1, change) },
        references: [XYPlot.Reference(.vertical, at: 1)])
    ]
    for (name, rows) in zip(names, rows) where rows.count > 1 {
      panels.append(
        XYPlot.Panel(
          name, x: .init("counts times"), y: .init("change of the mean probability"),
          series: domains.map { series(String($0.dropFirst(6)), rows, table.numbers($0) ?? []) },
          references: [XYPlot.Reference(.vertical, at: 1)]))
    }
    let title = figure.title.isEmpty ? "Effect by dose" : figure.title
    try write(XYPlot(panels, title: title, width: figure.widthPoints), title)
    return Report(output: figure.output, view: "dose curve", drawn: names)
  }
}

/// What can be wrong with a dose series.
enum DoseError: StomicsError, Equatable {
  case noSeries(String)

  var kind: ErrorKind { .data }

  var description: String {
    switch self {
    case .noSeries(let folder):
      "\(folder) holds no gene edited by several factors; make one with stomics perturb … --dose 0,0.5,2,4."
    }
  }
}
