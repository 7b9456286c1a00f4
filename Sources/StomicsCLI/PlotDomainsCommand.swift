import AnnData
import ArgumentParser
import Plotting
import StomicsCore

/// `stomics plot domains`: truth, prediction and errors over the tissue.
struct PlotDomainsCommand: StomicsCommand {
  enum Panel: String, ExpressibleByArgument, CaseIterable { case truth, prediction, errors }

  static let configuration = CommandConfiguration(
    commandName: "domains",
    abstract: "Map the labels of a slice: truth, prediction and errors side by side.",
    discussion: """
      Colours are those the file keeps under uns/<column>_colors, otherwise a palette for every kind of colour vision.

        stomics plot domains predicted.h5ad -o domains.png
        stomics plot domains slice.h5ad -o layers.pdf --truth sce.layer_guess --spot-shape hexagon --no-image
      """)

  @OptionGroup(title: "General options") var general: GeneralOptions
  @OptionGroup(title: "Figure") var figure: FigureOptions
  @OptionGroup(title: "Slice") var slice: SliceOptions

  @Argument(help: "A slice (h5ad), or the folder of a run.")
  var input: String

  @Option(help: "The column of obs with the true labels. (default: the label key of preprocessing)")
  var truth: String?

  @Option(help: "The column of obs with the predicted labels. (default: \(Keys.predictedDomain))")
  var prediction: String?

  @Option(help: "Which panels, separated by commas: truth, prediction, errors. (default: all that the file has)")
  var panels: String?

  @Option(help: "Colours for labels without one: \(Palette.names.joined(separator: " or ")).")
  var palette = Palette.names[0]

  @Flag(help: "Give wrong spots the colour of the predicted label instead of red.")
  var errorColors = false

  func validate() throws {
    _ = try wantedPanels()
    guard Palette.named(palette) != nil else {
      throw ValidationError("--palette is '\(palette)'; give \(Palette.names.joined(separator: " or ")).")
    }
  }

  private func wantedPanels() throws -> [Panel]? {
    try panels?.split(separator: ",").map { word in
      guard let panel = Panel(rawValue: word.filter { $0 != " " }) else {
        throw ValidationError("--panels names '\(word)'; give some of truth, prediction, errors, separated by commas.")
      }
      return panel
    }
  }

  /// What was drawn.
  struct Report: Encodable, Equatable {
    var output: String
    var panels: [String]
    var spots: Int
    var truth: String?
    var prediction: String?
    var compared: Int?
    var wrong: Int?
    var ari: Double?
    var accuracy: Double?
  }

  func run(console: Console) throws {
    let run = RunInput(input)
    let adata = try AnnData.read(run.slice, matrices: .none)
    let truthColumn = adata.truthColumn(truth)
    let predictionColumn = prediction ?? (adata.obs[Keys.predictedDomain] != nil ? Keys.predictedDomain : nil)
    let truthLabels = try truthColumn.map { try adata.plotLabels($0) }
    let predictedLabels = try predictionColumn.map { try adata.plotLabels($0) }
    var report = Report(
      output: figure.output, panels: [], spots: adata.observationCount, truth: truthColumn, prediction: predictionColumn
    )
    let chosen = try chosenPanels(truthLabels, predictedLabels, adata)
    if let truthLabels, let predictedLabels { report.score(truthLabels, predictedLabels) }

    var map = SpatialMap(
      try slice.tissue(adata), panels: [], title: figure.title, legendTitle: truthColumn ?? predictionColumn ?? "",
      columns: slice.columns, width: figure.widthPoints, spotScale: slice.spotScale, spotOpacity: slice.spotOpacity,
      palette: Palette.named(palette) ?? Palette.colorBlindSafe)
    for panel in chosen {
      switch (panel, truthLabels, predictedLabels) {
      case (.truth, let labels?, _): map.panels.append(SpatialMap.Panel("Truth", .labels(labels)))
      case (.prediction, _, let labels?):
        map.panels.append(
          SpatialMap.Panel("Prediction", subtitle: run.testScores ?? report.scores ?? "", .labels(labels)))
      case (.errors, let truth?, let predicted?):
        var style = SpatialMap.DifferenceStyle.errors
        style.showsSecond = errorColors
        map.panels.append(SpatialMap.Panel("Errors", .difference(truth, predicted, style: style)))
      default: continue
      }
      report.panels.append(panel.rawValue)
    }
    try figure.write(map, title: figure.title.isEmpty ? "Spatial domains" : figure.title, source: source(run, report))
    try console.result(report, text: report.text)
  }

  private func chosenPanels(_ truth: Labels?, _ predicted: Labels?, _ adata: AnnData) throws -> [Panel] {
    func missing(_ panel: Panel, _ flag: String) -> PlotCommandError {
      .missingPanel(panel: panel.rawValue, flag: flag, file: input, columns: adata.labelColumns)
    }
    if let wanted = try wantedPanels() {
      for panel in wanted {
        if panel != .prediction && truth == nil { throw missing(panel, "--truth") }
        if panel != .truth && predicted == nil { throw missing(panel, "--prediction") }
      }
      return wanted
    }
    var result = [Panel]()
    if truth != nil { result.append(.truth) }
    if predicted != nil { result.append(.prediction) }
    // Clusters with names of their own are neither right nor wrong.
    if let truth, let predicted, !Set(truth.names).isDisjoint(with: predicted.names) { result.append(.errors) }
    if result.isEmpty { throw PlotCommandError.noLabels(file: input, columns: adata.labelColumns) }
    return result
  }

  private func source(_ run: RunInput, _ report: Report) -> String {
    let columns = [report.truth.map { "truth obs/\($0)" }, report.prediction.map { "prediction obs/\($0)" }]
    return "stomics plot domains \(run.name); " + columns.compactMap { $0 }.joined(separator: ", ")
  }
}

extension PlotDomainsCommand.Report {
  /// Compares the labels of the spots that have both.
  mutating func score(_ truth: Labels, _ predicted: Labels) {
    guard let scores = LabelScores(truth, predicted) else { return }
    (compared, ari, wrong, accuracy) = (scores.compared, scores.ari, scores.wrong, scores.accuracy)
  }

  /// The scores as the figure shows them; they hold the spots of the training too.
  var scores: String? {
    guard let ari else { return nil }
    return "all spots: ARI \(ari.formatted(decimals: 3))"
      + (accuracy.map { " · accuracy \($0.formatted(decimals: 3))" } ?? "")
  }

  var text: String {
    var text = "\(output): \(panels.joined(separator: ", ")) of \(spots.grouped) spots"
    if let compared, let ari {
      text += "; ARI \(ari.formatted(decimals: 3))"
      if let wrong { text += ", \(wrong.grouped) of \(compared.grouped) wrong" }
      text += " (all labelled spots, those of the training included)"
    }
    return text
  }
}
