import AnnData
import Models
import Preprocessing
import StomicsCore

/// A model that the published system trained, made a run folder of.
public struct ImportedRun: Sendable {
  /// What the parameters do not tell.
  public struct Settings: Sendable {
    /// nil: by the file's keys
    public var mode: ModelConfiguration.Mode?
    /// The slice's column with the labels; nil: the one it was preprocessed with.
    public var labelKey: String?
    /// Names of the classes in the order of the logits; nil: the labels that the slice's spots have, in its order.
    public var classNames: [String]?
    /// k of the nearest spots; nil: as the slice was preprocessed
    public var neighbours: Int?
    /// The published system's own by default.
    public var graphDirection = GraphRecipe.Direction.reverseKNN
    public var fusionHeads = 4
    /// `obsm:KEY`; nil: the mode's own
    public var embedding: String?
    public var imageFeatures: String?

    public init() {}
  }

  public let checkpoint: Checkpoint
  public let configuration: TrainingConfiguration

  /// - Parameters:
  ///   - path: a safetensors file with the published system's keys
  ///   - slice: one that `preprocess` wrote, as the model's data was made: its recipe goes into the checkpoint
  /// - Throws: errors that name what does not fit.
  public init(contentsOf path: String, slice: AnnData, _ settings: Settings = Settings()) throws {
    var recipe = try slice.recipe()
    if let neighbours = settings.neighbours { recipe.graph.kind = .kNearest(neighbours) }
    recipe.graph.direction = settings.graphDirection
    recipe.labelKey = settings.labelKey ?? recipe.labelKey
    let published = try PublishedCheckpoint(contentsOf: path)
    let model = try published.configuration(
      mode: settings.mode, geneCount: recipe.genes.count, fusionHeads: settings.fusionHeads,
      embeddingKey: settings.embedding.map { InputParts.Features(text: $0).key },
      imageKey: settings.imageFeatures.map { InputParts.Features(text: $0).key })
    if model.mode.usesGraph && recipe.graph.neighbours == nil {
      throw ModelError.checkpoint(
        file: path,
        problem:
          "its system builds graphs of the k nearest spots alone, and \(slice.source) was preprocessed with another: \(recipe.graph.kind.words). Give the model's k with --knn-k."
      )
    }
    let classNames = try settings.classNames ?? Self.classNames(of: slice, recipe)
    guard classNames.count == model.classCount else {
      throw ModelError.checkpoint(
        file: path,
        problem:
          "it tells \(model.classCount) classes apart, and there are \(classNames.count) names: \(classNames.joined(separator: ", ")). Name them in the order of the model's outputs with --class-name."
      )
    }
    checkpoint = Checkpoint(try published.model(model), classNames: classNames, recipe: recipe)
    configuration = TrainingConfiguration(model, recipe)
  }

  /// The labels that at least one spot has, in the order of the file's categories.
  private static func classNames(of slice: AnnData, _ recipe: Recipe) throws -> [String] {
    guard let key = recipe.labelKey else { throw TrainingError.noLabelKey(file: slice.source) }
    let column = try slice.labels(key)
    let used = Set(column.codes)
    return column.categories.indices.filter { used.contains(Int32($0)) }.map { column.categories[$0] }
  }

  /// Makes the folder, with model.safetensors and config.yaml.
  /// - Parameter overwrite: whether a run that is there is replaced
  public func write(to folder: RunFolder, overwrite: Bool = false) throws {
    try makeFolder(folder.path)
    if folder.holdsRun {
      guard overwrite else {
        throw TrainingError.runFolder(
          folder: folder.path, problem: "holds a run already. Replace it with --overwrite, or choose another folder.")
      }
      folder.clear()
    }
    try AtomicFile.write([UInt8](configuration.yaml.utf8), to: folder.configuration)
    try checkpoint.write(to: folder.model)
  }
}

extension TrainingConfiguration {
  /// The settings that make a model of that configuration on slices of that recipe.
  fileprivate init(_ model: ModelConfiguration, _ recipe: Recipe) {
    self.init()
    labelKey = recipe.labelKey
    graph = GraphSettings(recipe.graph.kind)
    graphDirection = recipe.graph.direction
    mode = model.mode
    fusion = model.fusion
    embedding = model.embedding.map { "obsm:" + $0.key }
    imageFeatures = model.image.map { "obsm:" + $0.key }
    embeddingWidth = model.embeddingWidth
    hiddenWidth = model.hiddenWidth
    expressionLayers = model.expressionLayers
    spatialHeads = model.spatialHeads
    spatialLayers = model.spatialLayers
    fusionHeads = model.fusionHeads
    fusionLayers = model.fusionLayers
  }
}
