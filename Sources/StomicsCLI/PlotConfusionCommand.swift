import AnnData
import ArgumentParser
import Plotting
import StomicsCore
import Training

/// `stomics plot confusion`: which label was taken for which.
struct PlotConfusionCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "confusion",
    abstract: "Draw which label was taken for which, as counts and shares of the true label.",
    discussion: """
      Of a run's folder the test spots are counted, of a slice all spots with both labels.

        stomics plot confusion runs/full -o confusion.png
        stomics plot confusion predicted.h5ad --truth sce.layer_guess -o confusion.pdf
      """)

  @OptionGroup(title: "General options") var general: GeneralOptions
  @OptionGroup(title: "Figure") var figure: FigureOptions

  @Argument(help: "The folder of a run, or a slice (h5ad).")
  var input: String

  @Option(help: "Which spots of a run: train, validation, test or all.")
  var split = "test"

  @Option(help: "Of a slice: the column of obs with the true labels. (default: the label key of preprocessing)")
  var truth: String?

  @Option(help: "Of a slice: the column of obs with the predicted labels.")
  var prediction = Keys.predictedDomain

  /// What was drawn.
  struct Report: Encodable, Equatable {
    var output: String
    var labels: [String]
    /// Row: truth; column: prediction.
    var counts: [[Int]]
    var spots: Int
    var accuracy: Double
  }

  func run(console: Console) throws {
    let input = RunInput(self.input)
    let (truths, predictions, order) = try input.run.map(labels(ofRun:)) ?? labels(ofSlice: input.path)
    let used = Set(truths).union(predictions)
    let names = order.filter(used.contains)
    let place = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var counts = [[Int]](repeating: [Int](repeating: 0, count: names.count), count: names.count)
    for (one, other) in zip(truths, predictions) {
      if let row = place[one], let column = place[other] { counts[row][column] += 1 }
    }
    let right = names.indices.reduce(0) { $0 + counts[$1][$1] }
    let report = Report(
      output: figure.output, labels: names, counts: counts, spots: truths.count,
      accuracy: Double(right) / Double(truths.count))
    let which = input.run != nil && split != "all" ? "\(split) spots" : "spots"
    let title =
      figure.title.isEmpty
      ? "\(truths.count.grouped) \(which), accuracy \(report.accuracy.formatted(decimals: 3))" : figure.title
    let plot = ConfusionPlot(names: names, counts: counts, title: title, width: figure.widthPoints)
    try figure.write(plot, title: title, source: "stomics plot confusion \(input.name)")
    try console.result(
      report,
      text: "\(report.output): \(report.spots.grouped) \(which), accuracy \(report.accuracy.formatted(decimals: 3))")
  }

  private typealias Compared = (truths: [String], predictions: [String], order: [String])

  /// The labels of `predictions.csv`, in the order of its columns of probabilities.
  private func labels(ofRun run: RunFolder) throws -> Compared {
    let table = try CSVTable(contentsOf: run.predictions)
    guard let truths = table.column("truth"), let predictions = table.column("predicted"),
      let parts = table.column("split")
    else {
      throw CSVError.missingColumns(
        file: run.predictions, wanted: "columns 'split', 'truth' and 'predicted'", found: table.header)
    }
    let rows = truths.indices.filter { !truths[$0].isEmpty && (split == "all" || parts[$0] == split) }
    guard !rows.isEmpty else {
      throw PlotCommandError.noSuchPart(
        part: split, file: run.predictions, found: Set(parts).subtracting([""]).sorted() + ["all"])
    }
    let named = table.header.filter { $0.hasPrefix("p_") }.map { String($0.dropFirst(2)) }
    let others = Set(truths).union(predictions).subtracting(named).subtracting([""]).sorted()
    return (rows.map { truths[$0] }, rows.map { predictions[$0] }, named + others)
  }

  private func labels(ofSlice path: String) throws -> Compared {
    let adata = try AnnData.read(path, matrices: .none)
    guard let column = adata.truthColumn(truth) else {
      throw PlotCommandError.missingPanel(
        panel: "truth", flag: "--truth", file: path, columns: adata.labelColumns)
    }
    let first = try adata.labels(column)
    let second = try adata.labels(prediction)
    let pairs = zip(first.labels, second.labels).compactMap { one, other in
      one.flatMap { one in other.map { (one, $0) } }
    }
    guard !pairs.isEmpty else {
      throw PlotCommandError.nothingComparable(truth: column, prediction: prediction, file: path)
    }
    let others = second.categories.filter { !first.categories.contains($0) }
    return (pairs.map(\.0), pairs.map(\.1), first.categories + others)
  }
}
