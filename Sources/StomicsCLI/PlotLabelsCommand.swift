import AnnData
import ArgumentParser
import Plotting
import StomicsCore

/// `stomics plot labels`: how many spots a label has.
struct PlotLabelsCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "labels",
    abstract: "Draw how many spots have each label, as bars.",
    discussion: """
      Bars stand in the order of the categories and in their colours, spots without a label last.

        stomics plot labels predicted.h5ad -o labels.png
        stomics plot labels slice.h5ad --key layer -o layers.pdf
      """)

  @OptionGroup(title: "General options") var general: GeneralOptions
  @OptionGroup(title: "Figure") var figure: FigureOptions

  @Argument(help: "A slice (h5ad), or the folder of a run.")
  var input: String

  @Option(help: "A column of labels of obs; may be given more than once. (default: the true and the predicted domains)")
  var key: [String] = []

  /// What was drawn.
  struct Report: Encodable, Equatable {
    struct Count: Encodable, Equatable {
      var label: String
      var spots: Int
      var share: Double
    }

    struct Column: Encodable, Equatable {
      var name: String
      var labels: [Count]
      var missing: Int
    }

    var output: String
    var spots: Int
    var columns: [Column]
  }

  func run(console: Console) throws {
    let run = RunInput(input)
    let adata = try AnnData.read(run.slice, matrices: .none)
    let names = key.isEmpty ? adata.domainColumns : key
    if names.isEmpty { throw PlotCommandError.noLabels(file: input, columns: adata.labelColumns) }
    let spots = adata.observationCount
    var report = Report(output: figure.output, spots: spots, columns: [])
    var known = [String: Color]()
    var all = [(name: String, labels: Labels)]()
    for name in names {
      let labels = try adata.plotLabels(name)
      for (label, color) in zip(labels.names, labels.colors ?? []) where known[label] == nil { known[label] = color }
      all.append((name, labels))
    }
    // One name has one colour in all columns.
    let colors = Palette.bind(all.flatMap(\.labels.names), known: known)
    var figures = [BarPlot]()
    for (number, (name, labels)) in all.enumerated() {
      var counts = [Int](repeating: 0, count: labels.names.count)
      for code in labels.codes where labels.names.indices.contains(code) { counts[code] += 1 }
      let missing = spots - counts.reduce(0, +)
      func share(_ count: Int) -> Double { spots == 0 ? 0 : Double(count) / Double(spots) }
      func bar(_ label: String, _ count: Int, _ color: Color) -> BarPlot.Bar {
        BarPlot.Bar(
          label, value: Double(count), color: color,
          text: "\(count.grouped) (\((100 * share(count)).formatted(decimals: 1)) %)")
      }
      var bars = labels.names.indices.map { bar(labels.names[$0], counts[$0], colors[labels.names[$0]] ?? .missing) }
      if missing > 0 { bars.append(bar("missing", missing, .missing)) }
      let title = number == 0 && !figure.title.isEmpty ? "\(figure.title): \(name)" : name
      figures.append(BarPlot(bars, label: "spots", title: title, width: figure.widthPoints))
      report.columns.append(
        Report.Column(
          name: name,
          labels: labels.names.indices.map {
            Report.Count(label: labels.names[$0], spots: counts[$0], share: share(counts[$0]))
          }, missing: missing))
    }
    let most = figures.flatMap(\.bars).map(\.value).max() ?? 0
    for number in figures.indices { figures[number].reach = most }
    try figure.write(
      FigureStack(figures), title: figure.title.isEmpty ? "Spots per label" : figure.title,
      source: "stomics plot labels \(run.name); \(names.map { "obs/" + $0 }.joined(separator: ", "))")
    try console.result(report, text: report.text)
  }
}

extension PlotLabelsCommand.Report {
  var text: String {
    let tables = columns.map { column in
      var rows = column.labels.map { [$0.label, $0.spots.grouped, (100 * $0.share).formatted(decimals: 1) + " %"] }
      if column.missing > 0 { rows.append(["missing", column.missing.grouped, ""]) }
      return TextTable([column.name, "spots", "share"], rows: rows).text
    }
    return ([output] + tables).joined(separator: "\n\n")
  }
}
