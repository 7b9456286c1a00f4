import AnnData
import Images
import Plotting
import Report
import StomicsCore
import SparseGraph
import Training

/// What a report is made of: the files of a run, and what was added to them.
struct ReportInput {
  let folder: RunFolder
  let spatialKey: String
  /// The run's results: labels, coordinates, quality control, image.
  let results: AnnData
  let metrics: RunMetrics
  let configuration: TrainingConfiguration
  let predictions: PredictionsTable
  /// The slice, where one was given.
  var slice: AnnData?
  /// For every spot of the run its row in the slice.
  var sliceRows: [Int] = []
  var scan: ScanResults?
  /// How much each spot responds to the scan.
  var scanLayers: [SpotLayer] = []
  /// The files that were read, and what they are.
  var files: [(path: String, role: String)] = []

  /// - Throws: `RunFolderError`, `ReportInputError`, and what the readers of its files throw
  init(_ path: String, spatialKey: String) throws {
    folder = RunFolder(path)
    self.spatialKey = spatialKey
    switch PathKind(folder.path) {
    case .nothing: throw RunFolderError.missing(path)
    case .file: throw RunFolderError.file(path)
    case .folder: break
    }
    for file in [folder.configuration, folder.metrics, folder.history, folder.predictions, folder.results]
    where PathKind(file) != .file {
      throw ReportInputError.notFinished(folder: folder.path, missing: String(file.dropFirst(folder.path.count + 1)))
    }
    results = try AnnData.read(folder.results, matrices: .none)
    metrics = try RunMetrics(contentsOf: folder.metrics)
    configuration = try TrainingConfiguration.resolved(file: folder.configuration)
    predictions = try PredictionsTable(contentsOf: folder.predictions, spots: results.obs.index, of: folder.results)
    files = [
      (folder.configuration, "settings of the training"), (folder.metrics, "scores"), (folder.history, "history"),
      (folder.predictions, "predictions"), (folder.results, "labels, coordinates, quality control"),
    ]
    if PathKind(folder.model) == .file { files.append((folder.model, "the trained model")) }
  }

  /// Takes in the slice the run was trained on.
  mutating func addSlice(_ path: String) throws {
    let adata = try AnnData.read(path)
    let places = Dictionary(adata.obs.index.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    sliceRows = try results.obs.index.map { barcode in
      guard let row = places[barcode] else {
        throw ReportInputError.otherSpots(file: path, spot: barcode, run: folder.path)
      }
      return row
    }
    slice = adata
    files.append((path, "slice"))
  }

  /// Takes in the folder of a scan.
  mutating func addScan(_ path: String) throws {
    let folder = ScanFolder(path)
    scan = try folder.results(classNames: predictions.classNames)
    scanLayers = try folder.layers(barcodes: results.obs.index)
    files.append((folder.genes, "perturbation scan"))
  }

  /// The sample's name and what the model is.
  var title: String {
    let sample = [configuration.dataset, configuration.sampleID].compactMap { $0 }.filter { !$0.isEmpty }
    let name = sample.isEmpty ? RunInput(folder.path).name : sample.joined(separator: " ")
    return "Tissue domains: \(name)"
  }

  /// The spots, with colours bound to names as the file has them.
  func spots() throws -> ReportSpots {
    let coordinates = try results.coordinates(key: spatialKey)
    var names = predictions.classNames
    for case let label? in predictions.truth where !names.contains(label) { names.append(label) }
    guard names.count <= 200 else {
      throw PlotCommandError.tooManyLabels(column: "truth", count: names.count, file: folder.predictions)
    }
    var labelColors = results.labelColors(Keys.predictedDomain)
    if let key = configuration.labelKey ?? (try? results.recipe())?.labelKey {
      labelColors.merge(results.labelColors(key)) { _, label in label }
    }
    let colors = Palette.bind(names, known: labelColors.filter { names.contains($0.key) })
    let places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let truth = predictions.truth.map { $0.flatMap { places[$0] } ?? -1 }
    var diameter = spatialKey == Keys.spatial ? results.spotDiameterFullres ?? 0 : 0
    if !(diameter > 0 && diameter.isFinite) { diameter = 0.8 * (try spotPitch(coordinates)) }
    // Spots that all lie at one place have no pitch.
    if !(diameter > 0 && diameter.isFinite) { diameter = 1 }
    return ReportSpots(
      barcodes: results.obs.index, coordinates: coordinates, diameter: diameter,
      domains: names.map { ReportSpots.Domain(name: $0, color: (colors[$0] ?? .missing).hex) },
      truth: truth.allSatisfy { $0 < 0 } ? nil : truth, prediction: predictions.predicted,
      probabilities: predictions.probabilities, parts: predictions.parts)
  }

  /// The tissue's image around the spots, small enough to be sent; nil where the file has none.
  func picture() throws -> TissuePicture? {
    guard let found = try results.tissueImage(), let image = Image(found), found.scale > 0, found.scale.isFinite else {
      return nil
    }
    let places = try results.coordinates(key: spatialKey).map { $0 * found.scale }
      .filter { $0.x.isFinite && $0.y.isFinite }
    let margin = 2 * (results.spotDiameterFullres ?? 0) * found.scale + 10
    func range(_ values: [Double], below limit: Int) -> Range<Int>? {
      guard let low = values.min(), let high = values.max() else { return nil }
      let first = max(0, low - margin)
      let end = min(Double(limit), high + margin)
      return end - first >= 1 ? Int(first)..<Int(end) : nil
    }
    guard let columns = range(places.map(\.x), below: image.width),
      let rows = range(places.map(\.y), below: image.height)
    else { return nil }
    let part = image.cropped(columns: columns, rows: rows)
    var factor = max(1, max(part.width, part.height) / Self.imagePixels)
    while true {
      let reduced = part.reduced(by: factor)
      let png = try reduced.pngBytes()
      if png.count <= Self.imageBytes || min(reduced.width, reduced.height) < 2 {
        let size = SIMD2(Double(reduced.width * factor), Double(reduced.height * factor)) / found.scale
        return TissuePicture(
          png: png, origin: SIMD2(Double(columns.lowerBound), Double(rows.lowerBound)) / found.scale, size: size)
      }
      factor += 1
    }
  }

  /// The longer side of the image, about, and what it may take of the report's size.
  private static let imagePixels = 1400
  private static let imageBytes = 1_300_000

  var scores: RunScores {
    var controls = [RunScores.Row]()
    if let found = metrics.controls {
      controls = [
        RunScores.Row("coordinates only: 5 nearest labelled spots", found.nearestSpots),
        RunScores.Row("coordinates only: kernel ridge", found.kernelRidge),
      ]
    }
    return RunScores(
      test: metrics.test,
      parts: [RunScores.Row("validation", metrics.validation), RunScores.Row("training", metrics.train)],
      controls: controls, protocolNote: metrics.protocolNote)
  }

  /// The curves of history.csv.
  func history() throws -> TrainingHistory {
    let plot = try HistoryPlot(CSVTable(contentsOf: folder.history))
    let rates = plot.learningRates
    let drops = zip(plot.epochs, rates).enumerated().filter { $0.offset > 0 && $0.element.1 < rates[$0.offset - 1] }
    return TrainingHistory(
      epochs: plot.epochs, losses: plot.losses,
      scores: plot.scores, bestEpoch: plot.bestEpoch,
      drops: drops.map(\.element.0))
  }

  /// Attention of the slice's layers, as far as there is room, and the names of those left out.
  func attention() throws -> (layers: [AttentionLayer], omitted: [String]) {
    guard let slice else { return ([], []) }
    var places = [Int32](repeating: -1, count: slice.observationCount)
    for (spot, row) in sliceRows.enumerated() { places[row] = Int32(spot) }
    var layers = [AttentionLayer]()
    var omitted = [String]()
    var entries = 0
    // The last layers are the ones nearest to the prediction.
    for key in AttentionInput.layers(of: slice).reversed() {
      let input = try AttentionInput(slice, key: key, head: nil)
      let weights = input.weights.restricted(toRows: sliceRows, renaming: places)
      entries += weights.nonzeroCount
      if entries > Self.attentionEntries {
        omitted.append(input.words)
      } else {
        layers.insert(AttentionLayer(input.words, weights: weights), at: 0)
      }
    }
    return (layers, omitted)
  }

  /// About 5 bytes each.
  private static let attentionEntries = 250_000
}

extension CSRMatrix {
  /// Some rows, with columns renamed; columns without a new name are left out.
  /// - Parameter names: for every column its new place among `rows`, -1 for none
  fileprivate func restricted(toRows rows: [Int], renaming names: [Int32]) -> CSRMatrix {
    var pointers = [0]
    var newIndices = [Int32]()
    var newValues = [Float]()
    for row in rows {
      let entries = range(ofRow: row).filter { names[Int(indices[$0])] >= 0 }
        .sorted { names[Int(indices[$0])] < names[Int(indices[$1])] }
      newIndices += entries.map { names[Int(indices[$0])] }
      newValues += entries.map { values[$0] }
      pointers.append(newIndices.count)
    }
    return CSRMatrix(rows: rows.count, columns: rows.count, indptr: pointers, indices: newIndices, values: newValues)
  }
}

/// Why a report cannot be made.
enum ReportInputError: StomicsError, Equatable {
  case notFinished(folder: String, missing: String)
  case otherSpots(file: String, spot: String, run: String)
  case unknownClass(String, spot: String, file: String, classes: [String])
  case otherScan(file: String, domains: [String], classes: [String])
  case damagedScan(file: String)
  case emptyScan(file: String)

  var kind: ErrorKind {
    switch self {
    case .notFinished: .file
    case .otherSpots, .unknownClass, .otherScan, .damagedScan, .emptyScan: .data
    }
  }

  var description: String {
    switch self {
    case .notFinished(let folder, let missing):
      "\(folder) is not the folder of a finished training: it has no \(missing). Name a folder that stomics train wrote; "
        + "where it was stopped, finish it with --resume."
    case .otherSpots(let file, let spot, let run):
      "\(file) has no spot '\(spot)', which \(run) has: a report needs the slice the run was trained on, with all its "
        + "spots."
    case .unknownClass(let name, let spot, let file, let classes):
      "\(file) predicts '\(name)' for the spot '\(spot)', a class without a column of probabilities "
        + "(found: \(classes.joined(separator: ", "))): the file is damaged."
    case .otherScan(let file, let domains, let classes):
      "\(file) is of another model: its domains are \(domains.joined(separator: ", ")), the run's "
        + "\(classes.joined(separator: ", "))."
    case .emptyScan(let file): "\(file) lists no gene: was the scan finished? Go on with it, or scan again."
    case .damagedScan(let file): "\(file) is no record of a scan (scan.json): scan again."
    }
  }
}
