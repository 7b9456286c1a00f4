import AnnData
import ArgumentParser
import Metrics
import Models
import Preprocessing
import StomicsCore
import Training

/// `stomics predict`: the domains a trained model sees in a slice.
struct PredictCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predict the domain of every spot of a slice.",
    discussion: """
      Example:
        stomics predict runs/full slice.h5ad -o predicted.h5ad

      The slice may be one that `stomics preprocess` wrote, or any h5ad with raw counts and coordinates: the model's own \
      recipe is applied to the counts. The output is the slice with obs/domain, obs/domain_confidence, \
      obsm/domain_probabilities, obsm/X_stomics (the embedding) and uns/domain_colors added. Where the slice has labels, \
      the prediction is scored.
      """)

  @Argument(help: "The run folder of a training, or its model.safetensors.") var run: String
  @Argument(help: "The slice, an h5ad file.") var slice: String
  @Option(name: .shortAndLong, help: "The h5ad file to write.") var output: String
  @Option(help: "Column of obs with labels to score against; by default the one the model was trained with.")
  var labelKey: String?
  @Option(help: "Where the slice keeps the embedding the model reads, obsm:KEY. (default: as in training)")
  var embedding: String?
  @Option(help: "Where the slice keeps the image features the model reads, obsm:KEY. (default: as in training)")
  var imageFeatures: String?
  @Option(help: "Key of the coordinates in obsm.") var spatialKey = Keys.spatial
  @Flag(
    help: """
      Write also whom each spot listens to, a matrix a layer, the mean over heads: obsp/attention_graph_0, … of graph \
      attention and obsp/attention_cross_0, … of cross-attention. Row i holds the weights of the spots that spot i \
      listens to; they sum to 1. stomics plot attention draws them.
      """)
  var attention = false
  @Flag(help: "With the attention also that of each head, as obsp/attention_cross_0_head_0, ….")
  var attentionHeads = false
  @Option(help: "The share of the model's genes that the slice may lack; counted as 0.") var missingShare = 0.2
  @Option(help: "How arrays are packed in the output: \(OutputPacking.words).")
  var compression = OutputPacking.none
  @OptionGroup(title: "General options") var general: GeneralOptions

  func validate() throws {
    guard (0...1).contains(missingShare) else {
      throw ValidationError("--missing-share is \(missingShare); it is a share, 0 to 1.")
    }
  }

  func run(console: Console) throws {
    let predictor = try RunFolder(run).predictor()
    let parts = try predictor.inputParts(embedding: embedding, imageFeatures: imageFeatures)
    var adata = try console.step("reading \(slice)") { try AnnData.read(slice) }
    let input = try console.step("applying the recipe") {
      try ModelInput.load(
        from: adata, recipe: predictor.checkpoint.recipe, parts: parts, spatialKey: spatialKey,
        missingShare: missingShare)
    }
    for note in input.notes(
      on: adata, predictor.checkpoint.recipe, usesGraph: predictor.model.configuration.mode.usesGraph)
    { console.warning(note) }
    let data = try predictor.data(input)
    let prediction = console.step("predicting") { predictor.predict(data) }
    if attention || attentionHeads {
      let maps = try console.step("reading the attention") { try predictor.model.attention(data) }
      adata.annotate(maps, heads: attentionHeads)
    }
    let scores = try scores(of: prediction, adata, input, predictor.checkpoint.recipe, console)
    prediction.annotate(&adata)
    try adata.bindLabelColors(
      Keys.predictedDomain, known: (labelKey ?? predictor.checkpoint.recipe.labelKey).map(adata.labelColors) ?? [:])
    try console.step("writing \(output)") {
      try adata.write(to: output, compression: compression.compression)
    }
    let report = PredictionReport(prediction, scores: scores, output: output)
    try console.result(report, text: report.text)
  }

  /// Scores against the slice's own labels; nil where it has none.
  private func scores(
    of prediction: Prediction, _ adata: AnnData, _ input: ModelInput, _ recipe: Recipe, _ console: Console
  ) throws -> DomainScores? {
    guard let key = labelKey ?? recipe.labelKey, labelKey != nil || adata.obs[key] != nil else { return nil }
    return try domainScores(
      try adata.labels(key).labels, prediction.classNames, prediction.probabilities, input.coordinates, console)
  }
}

/// The scores of predictions against labels of a slice, over all that are known; nil where none is.
/// - Parameters:
///   - labels: `[N]`; those that are none of `classNames` are told of and not scored
///   - probabilities: `[N, C]`
///   - coordinates: `[N]`, for accuracy at boundaries; nil: no boundaries
func domainScores(
  _ labels: [String?], _ classNames: [String], _ probabilities: Matrix, _ coordinates: [SIMD2<Double>]?,
  _ console: Console
) throws -> DomainScores? {
  let code = Dictionary(
    classNames.enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { first, _ in first })
  let strangers = Set(labels.compactMap { $0 }.filter { code[$0] == nil }).sorted()
  if !strangers.isEmpty {
    console.warning("labels that were not learned are not scored: \(strangers.joined(separator: ", "))")
  }
  let codes = labels.map { label in label.flatMap { code[$0] } ?? -1 }
  guard codes.contains(where: { $0 >= 0 }) else { return nil }
  return DomainScores(
    spots: Array(codes.indices), labels: codes, probabilities: probabilities, classNames: classNames,
    nearest: try coordinates.map { try NeighbourLists.nearest(of: $0) })
}

extension RunFolder {
  /// The trained model: in the folder, or the path itself where it names the file.
  /// - Throws: `RunFolderError` where there is none.
  func predictor() throws -> Predictor {
    if path.hasSuffix(".safetensors") { return try Predictor(contentsOf: path) }
    switch PathKind(path) {
    case .nothing: throw RunFolderError.missing(path)
    case .file: throw RunFolderError.file(path)
    case .folder where PathKind(model) == .nothing: throw RunFolderError.noModel(path)
    case .folder: return try Predictor(contentsOf: model)
    }
  }
}

/// Why a path is no run whose model can be used.
enum RunFolderError: StomicsError, Equatable {
  case missing(String)
  case file(String)
  case noModel(String)

  var kind: ErrorKind { .file }

  var description: String {
    switch self {
    case .missing(let path): "\(path): there is no such run folder. Make one with stomics train."
    case .file(let path):
      "\(path) is a file where the folder of a run was expected. The run comes first, then the slice."
    case .noModel(let path):
      "\(path) holds no trained model (model.safetensors). Name the folder that stomics train wrote; where it was "
        + "stopped, finish it with --resume."
    }
  }
}

/// How many spots got a domain, and how sure of it the model is.
struct DomainCount: Encodable, Equatable {
  var name: String
  var spots: Int
  var meanConfidence: Double

  enum CodingKeys: String, CodingKey {
    case name, spots
    case meanConfidence = "mean_confidence"
  }

  /// - Parameter probabilities: `[N, C]`
  static func all(_ probabilities: Matrix, classNames: [String]) -> [DomainCount] {
    var counts = [Int](repeating: 0, count: classNames.count)
    var sums = [Double](repeating: 0, count: classNames.count)
    for (i, code) in mostProbableClasses(probabilities).enumerated() {
      counts[Int(code)] += 1
      sums[Int(code)] += Double(probabilities[i, Int(code)])
    }
    return classNames.indices.map { c in
      DomainCount(
        name: classNames[c], spots: counts[c], meanConfidence: counts[c] == 0 ? 0 : sums[c] / Double(counts[c]))
    }
  }

  static func table(_ domains: [DomainCount]) -> TextTable {
    TextTable(
      ["domain", "spots", "mean confidence"],
      rows: domains.map { [$0.name, $0.spots.grouped, $0.spots == 0 ? "-" : $0.meanConfidence.formatted(decimals: 3)] })
  }
}

/// What `predict` prints.
struct PredictionReport: Encodable {
  var output: String
  var domains: [DomainCount]
  /// Over all labelled spots, those the model was trained on included.
  var scores: DomainScores?

  init(_ prediction: Prediction, scores: DomainScores?, output: String) {
    self.output = output
    self.scores = scores
    domains = DomainCount.all(prediction.probabilities, classNames: prediction.classNames)
  }

  var text: String {
    let table = DomainCount.table(domains)
    guard let scores else { return table.text }
    return table.text + "\n\nScores on all \(scores.spotCount.grouped) labelled spots; where the model was trained on "
      + "this slice, most of them trained it, and the run's metrics.json has the test spots' scores:\n"
      + scoreTable([("the model", scores)]).text
  }
}
