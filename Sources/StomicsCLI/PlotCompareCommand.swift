import AnnData
import ArgumentParser
import Metrics
import Plotting
import StomicsCore

/// `stomics plot compare`: predictions of several models side by side.
struct PlotCompareCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Map the predictions of several models of one slice side by side, with their scores.",
    discussion: """
      Spots are matched by barcode; the first slice's spots, truth, colours and image are drawn. ARI and accuracy are \
      those of all labelled spots, the ones that a model was trained on included; a run's own are of its test spots.

        stomics plot compare full.h5ad gated.h5ad expr_only.h5ad -o models.png
        stomics plot compare runs/full runs/gcn_only --name full --name gcn_only --errors -o models.pdf
      """)

  @OptionGroup(title: "General options") var general: GeneralOptions
  @OptionGroup(title: "Figure") var figure: FigureOptions
  @OptionGroup(title: "Slice") var slice: SliceOptions

  @Argument(help: "Two or more slices with predicted domains (h5ad), or folders of runs.")
  var inputs: [String]

  @Option(
    help:
      "What an input is called, in their order; may be given as often as there are inputs. (default: its file's name)")
  var name: [String] = []

  @Option(help: "The column of obs with the true labels. (default: the label key of preprocessing)")
  var truth: String?

  @Option(help: "The column of obs with the predicted labels.")
  var prediction = Keys.predictedDomain

  @Flag(help: "A second row shows where each is wrong.")
  var errors = false

  func validate() throws {
    if inputs.count < 2 { throw ValidationError("Name two predictions or more; stomics plot domains draws one.") }
    if errors && slice.columns != nil { throw ValidationError("--columns and --errors exclude each other.") }
    if !name.isEmpty && name.count != inputs.count {
      throw ValidationError("--name was given \(name.count) times for \(inputs.count) inputs; give one for each.")
    }
  }

  /// What was drawn.
  struct Report: Encodable, Equatable {
    struct Model: Encodable, Equatable {
      var name: String
      /// Spots of the first slice that have a prediction here.
      var spots: Int
      var ari: Double?
      var accuracy: Double?
      /// With the first prediction.
      var ariWithFirst: Double?
    }

    var output: String
    var spots: Int
    var truth: String?
    var models: [Model]
  }

  func run(console: Console) throws {
    let runs = inputs.map(RunInput.init)
    let first = try AnnData.read(runs[0].slice, matrices: .none)
    let column = first.truthColumn(truth)
    let truthLabels = try column.map { try first.plotLabels($0) }
    var report = Report(output: figure.output, spots: first.observationCount, truth: column, models: [])
    var predictions = [Labels]()
    for (number, run) in runs.enumerated() {
      let adata = number == 0 ? first : try AnnData.read(run.slice, matrices: .none)
      let labels = try aligned(try adata.plotLabels(prediction), of: adata, to: first)
      predictions.append(labels)
      var model = Report.Model(
        name: name.isEmpty ? shortName(run.name) : name[number], spots: labels.codes.filter { $0 >= 0 }.count)
      if let truthLabels {
        let scores = LabelScores(truthLabels, labels)
        (model.ari, model.accuracy) = (scores?.ari, scores?.accuracy)
      }
      if number > 0 { model.ariWithFirst = LabelScores(predictions[0], labels)?.ari }
      report.models.append(model)
    }
    var map = SpatialMap(
      try slice.tissue(first), panels: [], title: figure.title, legendTitle: column ?? prediction,
      columns: slice.columns, width: figure.widthPoints, spotScale: slice.spotScale, spotOpacity: slice.spotOpacity)
    let truthPanel = truthLabels.map { SpatialMap.Panel("Truth", .labels($0)) }
    // Errors stand under their prediction, so the truth comes last where there are errors.
    if !errors, let truthPanel { map.panels.append(truthPanel) }
    for (number, model) in report.models.enumerated() {
      map.panels.append(
        SpatialMap.Panel(
          model.name, subtitle: runs[number].testScores ?? model.words, .labels(predictions[number])))
    }
    if errors {
      guard let truthLabels, let truthPanel else {
        throw PlotCommandError.missingPanel(
          panel: "errors", flag: "--truth", file: inputs[0], columns: first.labelColumns)
      }
      map.columns = report.models.count + 1
      map.panels.append(truthPanel)
      for (number, model) in report.models.enumerated() {
        map.panels.append(
          SpatialMap.Panel("Errors of \(model.name)", .difference(truthLabels, predictions[number], style: .errors)))
      }
    }
    try figure.write(
      map, title: figure.title.isEmpty ? "Models side by side" : figure.title,
      source: "stomics plot compare \(runs.map(\.name).joined(separator: " "))")
    try console.result(report, text: report.text)
  }

  private func shortName(_ file: String) -> String {
    file.hasSuffix(".h5ad") ? String(file.dropLast(5)) : file
  }

  /// The labels of the first slice's spots, by barcode.
  private func aligned(_ labels: Labels, of adata: AnnData, to first: AnnData) throws -> Labels {
    if adata.obs.index == first.obs.index { return labels }
    let places = Dictionary(
      adata.obs.index.enumerated().map { ($1, $0) }, uniquingKeysWith: { earlier, _ in earlier })
    let codes = first.obs.index.map { barcode in places[barcode].map { labels.codes[$0] } ?? -1 }
    guard first.obs.index.contains(where: { places[$0] != nil }) else {
      throw PlotCommandError.otherSlice(file: adata.source, first: first.source)
    }
    return Labels(codes: codes, names: labels.names, colors: labels.colors)
  }
}

extension PlotCompareCommand.Report.Model {
  var words: String {
    [
      ari.map { "ARI \($0.formatted(decimals: 3))" }, accuracy.map { "accuracy \($0.formatted(decimals: 3))" },
    ].compactMap { $0 }.joined(separator: " · ")
  }
}

extension PlotCompareCommand.Report {
  var text: String {
    func words(_ value: Double?) -> String { value?.formatted(decimals: 3) ?? "-" }
    let table = TextTable(
      ["model", "spots", "ARI", "accuracy", "ARI with the first"],
      rows: models.map {
        [$0.name, $0.spots.grouped, words($0.ari), words($0.accuracy), words($0.ariWithFirst)]
      })
    return "\(output): \(models.count) predictions of \(spots.grouped) spots\n" + table.text
  }
}

/// How well two labellings of the same spots agree.
struct LabelScores: Equatable {
  /// Spots that have both.
  var compared: Int
  var ari: Double
  /// Spots of different names, and the share of equal ones; nil where the two share no name.
  var wrong: Int?
  var accuracy: Double?

  /// nil where no spot has both.
  init?(_ truth: Labels, _ predicted: Labels) {
    let places = Dictionary(truth.names.enumerated().map { ($1, $0) }, uniquingKeysWith: { a, _ in a })
    var first = [Int32]()
    var second = [Int32]()
    var right = 0
    for (one, other) in zip(truth.codes, predicted.codes) where one >= 0 && other >= 0 {
      first.append(Int32(one))
      second.append(Int32(other))
      if places[predicted.names[other]] == one { right += 1 }
    }
    guard !first.isEmpty else { return nil }
    compared = first.count
    ari = ContingencyTable(first, second).adjustedRandIndex
    if !Set(truth.names).isDisjoint(with: predicted.names) {
      wrong = first.count - right
      accuracy = Double(right) / Double(first.count)
    }
  }
}
