import ArgumentParser
import Evaluation
import Plotting
import StomicsCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `stomics plot ablation`: models, floors and controls of an evaluation side by side.
struct PlotAblationCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "ablation",
    abstract: "Draw the scores of an evaluation's models, floors and controls as bars.",
    discussion: """
      A bar is the mean over slices, its whisker the standard deviation between slices (between seeds where there is one \
      slice), dots are the single results.

        stomics plot ablation table/ -o ablation.png
        stomics plot ablation table/ --metric ari --metric accuracy --metric ece --sort -o scores.pdf
      """)

  @OptionGroup(title: "General options") var general: GeneralOptions
  @OptionGroup(title: "Figure") var figure: FigureOptions

  @Argument(help: "The folder of stomics evaluate, or its results.json.")
  var table: String

  @Option(
    help: """
      What is scored, a plot each: \(Measure.allCases.map(\.rawValue).joined(separator: ", ")); may be given more than \
      once. (default: ari)
      """)
  var metric: [String] = []

  @Option(help: "A method to draw, as the table names it; may be given more than once. (default: all)")
  var method: [String] = []

  @Flag(help: "Best first, in place of the table's order.")
  var sort = false

  func validate() throws { _ = try measures() }

  private func measures() throws -> [Measure] {
    try (metric.isEmpty ? [Measure.ari.rawValue] : metric).map { name in
      guard let measure = Measure(rawValue: name) else {
        let known = Measure.allCases.map(\.rawValue)
        throw ValidationError(
          "--metric is '\(name)'; give one of \(known.joined(separator: ", ")).\(didYouMean(name, among: known))")
      }
      return measure
    }
  }

  /// What was drawn.
  struct Report: Encodable, Equatable {
    struct Bar: Encodable, Equatable {
      var method: String
      var metric: String
      var mean: Double
      var deviation: Double?
      var results: Int
    }

    var output: String
    var bars: [Bar]
  }

  func run(console: Console) throws {
    let file = PathKind(table) == .folder ? EvaluationFolder(table).json : table
    let summary: EvaluationSummary
    do {
      summary = try JSONDecoder().decode(EvaluationSummary.self, from: Data(try readFile(file)))
    } catch is DecodingError {
      throw EvaluationError.damagedResults(file: file)
    }
    for name in method where !summary.methods.contains(where: { $0.name == name }) {
      let known = summary.methods.map(\.name)
      throw PlotCommandError.unknownMethod(name, file: file, found: known, near: didYouMean(name, among: known))
    }
    let figures = EvaluationFigures(summary)
    var plots = [BarPlot]()
    var report = Report(output: figure.output, bars: [])
    for measure in try measures() {
      var methods = summary.methods.filter {
        $0.values[measure.rawValue] != nil && (method.isEmpty || method.contains($0.name))
      }
      if methods.isEmpty { throw PlotCommandError.noScores(metric: measure.rawValue, file: file) }
      if sort {
        let sign: Double = measure.higherIsBetter ? -1 : 1
        let keyed = methods.enumerated().map { ($1, sign * ($1.values[measure.rawValue]?.mean ?? .infinity), $0) }
        methods = keyed.sorted { ($0.1, $0.2) < ($1.1, $1.2) }.map(\.0)
      }
      var plot = figures.bars(methods, measure)
      if !figure.title.isEmpty && plots.isEmpty { plot.title = figure.title }
      plot.width = figure.widthPoints
      plots.append(plot)
      report.bars += zip(methods, plot.bars).map { method, bar in
        Report.Bar(
          method: method.name, metric: measure.rawValue, mean: bar.value, deviation: bar.spread,
          results: bar.points.count)
      }
    }
    try figure.write(
      FigureStack(plots), title: figure.title.isEmpty ? "Ablation" : figure.title,
      source: "stomics plot ablation \(RunInput(table).name)")
    let table = TextTable(
      ["method", "metric", "mean", "sd", "results"],
      rows: report.bars.map {
        [
          $0.method, $0.metric, $0.mean.formatted(decimals: 3), $0.deviation?.formatted(decimals: 3) ?? "-",
          "\($0.results)",
        ]
      }, leftColumns: [0, 1])
    try console.result(report, text: report.output + "\n" + table.text)
  }
}
