import AnnData
import ArgumentParser
import Metrics
import Plotting
import StomicsCore
import Training

/// `stomics plot reliability`: whether probabilities keep their word.
struct PlotReliabilityCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "reliability",
    abstract: "Draw how often predictions of a given confidence are right, with the calibration error.",
    discussion: """
      On the diagonal, of the spots predicted with 80 % confidence 80 % are right; below it the model is too sure of \
      itself. ECE is the distance from the diagonal, averaged over spots (Guo et al. 2017). Of a run's folder the test \
      spots are taken, of a slice all labelled ones, those that the model was trained on included.

        stomics plot reliability runs/full -o reliability.png
        stomics plot reliability predicted.h5ad --truth sce.layer_guess --bins 10 -o reliability.pdf
      """)

  @OptionGroup(title: "General options") var general: GeneralOptions
  @OptionGroup(title: "Figure") var figure: FigureOptions

  @Argument(help: "The folder of a run, or a slice with predicted domains (h5ad).")
  var input: String

  @Option(help: "Which spots of a run: train, validation, test or all.")
  var split = "test"

  @Option(help: "Of a slice: the column of obs with the true labels. (default: the label key of preprocessing)")
  var truth: String?

  @Option(help: "Of a slice: the column of obs with the predicted labels.")
  var prediction = Keys.predictedDomain

  @Option(help: "Of a slice: the matrix of obsm with the probabilities.")
  var key = Keys.domainProbabilities

  @Option(help: "Bins of confidence.")
  var bins = 15

  @Option(help: "Bins of fewer spots count for the ECE and are not drawn: they say little.")
  var minSpots = 10

  func validate() throws {
    guard (2...100).contains(bins) else { throw ValidationError("--bins is \(bins); give 2 to 100.") }
    if minSpots < 1 { throw ValidationError("--min-spots is \(minSpots); give 1 or more.") }
  }

  /// What was drawn.
  struct Report: Encodable, Equatable {
    struct Bin: Encodable, Equatable {
      var lower: Double
      var upper: Double
      var spots: Int
      var confidence: Double?
      var accuracy: Double?
    }

    var output: String
    var spots: Int
    var ece: Double
    var accuracy: Double
    var meanConfidence: Double
    var logLoss: Double
    var bins: [Bin]
  }

  func run(console: Console) throws {
    let input = RunInput(self.input)
    let (truths, probabilities) = try input.run.map(scored(ofRun:)) ?? scored(ofSlice: input.path)
    let curve = ReliabilityCurve(truth: truths, probabilities: probabilities, binCount: bins)
    let predicted = mostProbableClasses(probabilities)
    let right = predicted.indices.map { predicted[$0] == truths[$0] }
    let confidences = predicted.indices.map { Double(probabilities[$0, Int(predicted[$0])]) }
    let report = Report(
      output: figure.output, spots: truths.count, ece: curve.expectedCalibrationError,
      accuracy: Double(right.filter { $0 }.count) / Double(truths.count),
      meanConfidence: mean(confidences) ?? .nan, logLoss: logLoss(truth: truths, probabilities: probabilities),
      bins: curve.bins.map {
        Report.Bin(lower: $0.lower, upper: $0.upper, spots: $0.count, confidence: $0.confidence, accuracy: $0.accuracy)
      })
    let drawn = curve.bins.filter { $0.count >= minSpots }
    let x = drawn.compactMap(\.confidence)
    let y = drawn.compactMap(\.accuracy)
    let blue = Color(hex: 0x0072B2)
    let which = input.run != nil && split != "all" ? "\(split) spots" : "spots"
    let width = 1 / Double(bins)
    func counts(_ wanted: Bool?) -> [Double] {
      curve.bins.map { bin in
        Double(
          confidences.indices.filter {
            confidences[$0] > bin.lower && confidences[$0] <= bin.upper && (wanted == nil || right[$0] == wanted)
          }.count)
      }
    }
    let centers = curve.bins.map { ($0.lower + $0.upper) / 2 }
    let plot = XYPlot(
      [
        XYPlot.Panel(
          "ECE \(report.ece.formatted(decimals: 3))", x: XYPlot.Axis("confidence", lower: 0, upper: 1.02),
          y: XYPlot.Axis("accuracy", lower: 0, upper: 1.02),
          series: [
            XYPlot.Series("", x: x, y: y, .line(), color: blue),
            XYPlot.Series("", x: x, y: y, .points(radius: 2.4), color: blue),
          ], references: [XYPlot.Reference(.diagonal, name: "as sure as right")]),
        XYPlot.Panel(
          "\(truths.count.grouped) \(which)", x: XYPlot.Axis("confidence", lower: 0, upper: 1.02),
          y: XYPlot.Axis("spots", lower: 0),
          series: [
            XYPlot.Series("all", x: centers, y: counts(nil), .columns(width: width), color: Color(hex: 0x9EC9E6)),
            XYPlot.Series("wrong", x: centers, y: counts(false), .columns(width: width), color: .changed),
          ],
          references: [
            XYPlot.Reference(
              .vertical, at: report.accuracy, name: "accuracy", stroke: Stroke(.ink, width: 0.9, dash: [4, 2.5])),
            XYPlot.Reference(
              .vertical, at: report.meanConfidence, name: "mean confidence",
              stroke: Stroke(.ink, width: 0.9, dash: [1, 1.5])),
          ]),
      ], title: figure.title, width: figure.widthPoints)
    try figure.write(
      plot, title: figure.title.isEmpty ? "Reliability" : figure.title,
      source: "stomics plot reliability \(input.name)")
    try console.result(
      report,
      text: "\(report.output): \(report.spots.grouped) \(which), ECE \(report.ece.formatted(decimals: 3)), "
        + "accuracy \(report.accuracy.formatted(decimals: 3)), mean confidence "
        + "\(report.meanConfidence.formatted(decimals: 3)), log-loss \(report.logLoss.formatted(decimals: 3))")
  }

  /// Codes of the truth `[R]` and probabilities `[R, C]`.
  private typealias Scored = (truths: [Int32], probabilities: Matrix)

  private func scored(ofRun run: RunFolder) throws -> Scored {
    let table = try CSVTable(contentsOf: run.predictions)
    let columns = table.header.filter { $0.hasPrefix("p_") }
    let truths = try table.required("truth")
    let parts = try table.required("split")
    guard !columns.isEmpty else {
      throw CSVError.missingColumns(
        file: run.predictions, wanted: "columns 'p_…' of probabilities", found: table.header)
    }
    let numbers = try columns.map(table.requiredNumbers)
    let codes = Dictionary(
      columns.enumerated().map { (String($1.dropFirst(2)), Int32($0)) }, uniquingKeysWith: { first, _ in first })
    let rows = truths.indices.filter { i in
      codes[truths[i]] != nil && (split == "all" || parts[i] == split) && numbers.allSatisfy { $0[i].isFinite }
    }
    guard !rows.isEmpty else {
      throw PlotCommandError.noSuchPart(
        part: split, file: run.predictions, found: Set(parts).subtracting([""]).sorted() + ["all"])
    }
    let values = rows.flatMap { i in numbers.map { Float($0[i]) } }
    return (
      rows.compactMap { codes[truths[$0]] }, Matrix(rows: rows.count, columns: columns.count, values: values)
    )
  }

  private func scored(ofSlice path: String) throws -> Scored {
    let adata = try AnnData.read(path, matrices: .none)
    guard let column = adata.truthColumn(truth) else {
      throw PlotCommandError.missingPanel(panel: "truth", flag: "--truth", file: path, columns: adata.labelColumns)
    }
    let probabilities = try DomainProbabilities(adata, key: key, prediction: prediction)
    let codes = Dictionary(
      probabilities.names.enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { first, _ in first })
    let truths = try adata.labels(column).labels.map { label in label.flatMap { codes[$0] } }
    let rows = truths.indices.filter {
      truths[$0] != nil && probabilities.values.row($0).allSatisfy(\.isFinite)
    }
    guard !rows.isEmpty else {
      throw PlotCommandError.nothingComparable(truth: column, prediction: prediction, file: path)
    }
    return (rows.compactMap { truths[$0] }, probabilities.values.gatheringRows(rows))
  }
}
