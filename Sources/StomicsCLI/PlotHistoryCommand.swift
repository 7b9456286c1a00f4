import ArgumentParser
import Plotting
import StomicsCore

/// `stomics plot history`: losses and scores by epoch.
struct PlotHistoryCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Draw how a training went: losses and scores by epoch.",
    discussion: """
      The best epoch is the first with the highest validation ARI; drops of the learning rate are marked. Any CSV table \
      with a column 'epoch' will do: columns named loss or ending in _loss are losses, the others scores.

        stomics plot history runs/full -o history.png
      """)

  @OptionGroup(title: "General options") var general: GeneralOptions
  @OptionGroup(title: "Figure") var figure: FigureOptions

  @Argument(help: "The folder of a run, or its history.csv.")
  var run: String

  /// What was drawn.
  struct Report: Encodable, Equatable {
    var output: String
    var epochs: Int
    var bestEpoch: Int?
    var bestValidationARI: Double?
  }

  func run(console: Console) throws {
    let input = RunInput(run)
    let table = try CSVTable(contentsOf: input.history)
    var plot = try HistoryPlot(table)
    plot.title = figure.title
    plot.width = figure.widthPoints
    let source = "stomics plot history \(input.name)"
    try figure.write(plot, title: figure.title.isEmpty ? "Training history" : figure.title, source: source)
    let ari = zip(table.numbers("val_ari") ?? [], plot.epochs).first { $1 == plot.bestEpoch }?.0
    let report = Report(
      output: figure.output, epochs: plot.epochs.count, bestEpoch: plot.bestEpoch.map { Int($0) },
      bestValidationARI: ari)
    try console.result(
      report,
      text: "\(report.output): \(report.epochs) epochs"
        + (report.bestEpoch.map { ", the best is \($0)" } ?? "")
        + (ari.map { " with a validation ARI of \($0.formatted(decimals: 3))" } ?? ""))
  }
}

extension HistoryPlot {
  /// Takes the curves out of a history by its header.
  init(_ table: CSVTable) throws {
    guard let epochs = table.numbers("epoch"), epochs.allSatisfy(\.isFinite) else {
      throw CSVError.missingColumns(file: table.file, wanted: "column 'epoch' of numbers", found: table.header)
    }
    self.init(epochs: epochs, losses: [], scores: [])
    for name in table.header where name != "epoch" {
      guard let values = table.numbers(name), values.contains(where: \.isFinite) else { continue }
      switch name {
      case "learning_rate", "lr": learningRates = values
      case "loss": losses.append(Curve("training", values))
      case _ where name.hasSuffix("_loss"): losses.append(Curve(Self.side(name) ?? name, values))
      case _ where name.hasSuffix("seconds") || name.hasSuffix("time"): continue
      default: scores.append(Curve(Self.scoreName(name), values))
      }
    }
    guard !losses.isEmpty || !scores.isEmpty else {
      throw CSVError.missingColumns(file: table.file, wanted: "columns of losses or scores", found: table.header)
    }
    if let ari = table.numbers("val_ari"), let best = ari.filter({ !$0.isNaN }).max(),
      let place = ari.firstIndex(of: best)
    {
      bestEpoch = epochs[place]
    }
  }

  /// Which spots a column was computed on, by its beginning.
  private static func side(_ name: String) -> String? {
    for (start, word) in [("train", "training"), ("val", "validation"), ("test", "test")] where name.hasPrefix(start) {
      return word
    }
    return nil
  }

  /// `val_ari` is "ARI" (a history's scores are of the validation spots unless their name says otherwise).
  private static func scoreName(_ name: String) -> String {
    let parts = name.split(separator: "_")
    guard parts.count > 1, let side = side(name) else { return words(parts) }
    return (side == "validation" ? "" : side + " ") + words(parts.dropFirst())
  }

  private static func words(_ parts: some Sequence<Substring>) -> String {
    parts.map { ["ari", "nmi", "ami", "f1"].contains($0) ? $0.uppercased() : $0 == "acc" ? "accuracy" : String($0) }
      .joined(separator: " ")
  }
}
