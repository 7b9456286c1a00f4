import AnnData
import ArgumentParser
import Models
import StomicsCore
import Training

/// `stomics import-checkpoint`: a model that the published system trained becomes a run.
struct ImportCheckpointCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "import-checkpoint",
    abstract: "Make a run folder of a model that the published Python system trained.",
    discussion: """
      Takes a safetensors file with the published keys; scripts/pt_to_safetensors.py makes one of a .pt file. What is \
      not in it comes from a slice preprocessed as the model's data was: genes, their means and deviations, the number \
      of neighbours and the names of the classes, in the slice's order. Spots listen as in the published system \
      (reverse-knn) unless --graph-direction says otherwise.

      Example:
        stomics import-checkpoint best_model.safetensors slice.h5ad -o runs/imported
        stomics predict runs/imported slice.h5ad -o predicted.h5ad
      """)

  @Argument(help: "The parameters, a safetensors file.") var model: String
  @Argument(help: "A slice that `stomics preprocess` wrote.") var slice: String
  @Option(name: .shortAndLong, help: "The run folder to make.") var output: String
  @Flag(help: "Replace the run in the folder.") var overwrite = false
  @Option(help: "The mode. (default: by the file's keys, which are one for scgpt and scgpt_brain)") var mode: String?
  @Option(help: "Column of obs with the labels; by default the one preprocess was given.") var labelKey: String?
  @Option(
    help: "The name of a class, once for each in the order of the model's outputs. (default: the slice's labels)")
  var className: [String] = []
  @Option(help: "Nearest neighbours of a spot in the graph. (default: as preprocessed, where that is such a graph)")
  var knnK: Int?
  @Option(help: "Whom a spot listens to: symmetric, knn or reverse-knn.") var graphDirection = "reverse-knn"
  @Option(help: "Attention heads of cross-attention, which the file does not tell.") var fusionHeads = 4
  @Option(help: "Matrix of obsm that an embedding mode reads, obsm:KEY.") var embedding: String?
  @Option(help: "Matrix of obsm that an image mode reads, obsm:KEY.") var imageFeatures: String?
  @OptionGroup(title: "General options") var general: GeneralOptions

  func validate() throws { _ = try settings() }

  /// The settings, read by the same rules as those of a training.
  private func settings() throws -> ImportedRun.Settings {
    var flags = [("graph_direction", graphDirection), ("fusion_heads", "\(fusionHeads)")]
    if let mode { flags.append(("mode", mode)) }
    if let knnK { flags.append(("knn_k", "\(knnK)")) }
    var configuration = TrainingConfiguration()
    for (setting, text) in flags { try configuration.set(setting, to: text) }
    var result = ImportedRun.Settings()
    result.mode = mode == nil ? nil : configuration.mode
    result.labelKey = labelKey
    result.classNames = className.isEmpty ? nil : className
    result.neighbours = configuration.graph.neighbours
    result.graphDirection = configuration.graphDirection
    result.fusionHeads = configuration.fusionHeads
    result.embedding = embedding
    result.imageFeatures = imageFeatures
    return result
  }

  func run(console: Console) throws {
    let adata = try console.step("reading \(slice)") { try AnnData.read(slice, matrices: .counts) }
    let imported = try ImportedRun(contentsOf: model, slice: adata, try settings())
    let folder = RunFolder(output)
    try imported.write(to: folder, overwrite: overwrite)
    let report = ImportReport(imported.checkpoint, folder: folder.path)
    try console.result(report, text: report.text)
  }
}

/// What `import-checkpoint` prints.
struct ImportReport: Encodable {
  let folder: String
  let mode: String
  let fusion: String?
  let genes: Int
  let classes: [String]
  let parameters: Int

  init(_ checkpoint: Checkpoint, folder: String) {
    self.folder = folder
    mode = checkpoint.configuration.mode.rawValue
    fusion = checkpoint.configuration.usedFusion?.rawValue
    genes = checkpoint.configuration.geneCount
    classes = checkpoint.classNames
    parameters = checkpoint.parameters.values.reduce(0) { $0 + $1.values.count }
  }

  var text: String {
    "\(folder): \(([mode] + [fusion].compactMap { $0 }).joined(separator: ", ")), \(parameters.grouped) parameters, "
      + "\(genes.grouped) genes, \(classes.count) classes in this order: \(classes.joined(separator: ", "))"
  }
}
