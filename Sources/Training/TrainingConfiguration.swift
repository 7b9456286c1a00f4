import AnnData
import Models
import Preprocessing
import StomicsCore

/// Every setting of a training: what flags and a YAML file set, and what config.yaml of a run folder records.
///
/// A value is the default, then what the YAML file says, then what flags say. `TrainingSetting.all` lists the settings
/// with their names in files, flags, ranges and help. Defaults are the published system's, apart from the graph.
public struct TrainingConfiguration: Sendable, Equatable {
  // Data
  /// A name for the data set and the slice in results; nothing is looked up by them.
  public var dataset: String?
  public var sampleID: String?
  /// The obs column with the labels; nil: the one named when the slice was preprocessed.
  public var labelKey: String?
  /// How many highly variable genes the model sees; nil: as preprocessed.
  public var topGeneCount: Int?
  /// Which spots are neighbours; where it is left open: as preprocessed.
  public var graph = GraphSettings()
  public var graphDirection: GraphRecipe.Direction = .symmetric
  public var splitMethod: Split.Method = .stratified
  public var splitSeed = 42
  public var trainRatio = 0.6
  public var validationRatio = 0.2
  public var testRatio = 0.2

  // Model
  public var mode: ModelConfiguration.Mode = .full
  public var fusion: ModelConfiguration.Fusion = .crossAttention
  /// The matrix of obsm that an embedding mode reads (`obsm:KEY`); nil: the one the mode is named after.
  public var embedding: String?
  /// The matrix of obsm that an image mode reads (`obsm:KEY`); nil: `X_resnet50`.
  public var imageFeatures: String?
  /// D, the width of the embeddings.
  public var embeddingWidth = 128
  /// Hd, the width of the expression encoder's hidden layers.
  public var hiddenWidth = 256
  /// Number of Linears of the expression encoder.
  public var expressionLayers = 2
  public var expressionDropout = 0.1
  public var spatialHeads = 4
  public var spatialLayers = 2
  public var spatialDropout = 0.1
  public var fusionHeads = 4
  public var fusionLayers = 2
  public var fusionDropout = 0.1

  // Training
  public var learningRate = 1e-3
  public var weightDecay = 1e-4
  public var epochs = 200
  /// Epochs without a higher validation ARI after which training stops.
  public var patience = 20
  /// What the learning rate is multiplied by on a plateau of the validation ARI.
  public var schedulerFactor = 0.5
  /// Epochs without improvement that make a plateau.
  public var schedulerPatience = 10
  /// The relative improvement that ends one.
  public var schedulerThreshold = 1e-4
  /// Whether rare classes weigh more in the loss.
  public var classWeights = true
  /// Seed of initial weights and dropout.
  public var seed = 42
  /// Epochs between the states that `--resume` goes on from.
  public var checkpointInterval = 20

  /// What the published system computes on. Accepted so that its files load; this program computes on the processor.
  public var device = "cpu"

  public init() {}

  public var splitRatios: Split.Ratios {
    Split.Ratios(train: trainRatio, validation: validationRatio, test: testRatio)
  }

  /// The embedding's matrix, nil where the mode reads none.
  private var embeddingKey: InputParts.Features? {
    mode.usesEmbedding ? (embedding ?? mode.defaultFeatureKey).map { InputParts.Features(text: $0) } : nil
  }

  /// What of a slice a model of these settings reads.
  public var inputParts: InputParts {
    InputParts(
      genes: mode.readsGenes, embedding: embeddingKey,
      image: mode.usesImage ? (imageFeatures ?? mode.defaultFeatureKey).map { InputParts.Features(text: $0) } : nil)
  }

  /// The model these settings make for a slice of `geneCount` modelled genes and `classCount` classes.
  /// - Parameters:
  ///   - embeddingColumns, imageColumns: the widths of the slice's matrices, nil where the mode reads none
  public func model(
    geneCount: Int, classCount: Int, embeddingColumns: Int? = nil, imageColumns: Int? = nil
  ) -> ModelConfiguration {
    func features(_ part: InputParts.Features?, _ columns: Int?) -> ModelConfiguration.Features? {
      part.flatMap { part in columns.map { ModelConfiguration.Features(key: part.key, width: $0) } }
    }
    let parts = inputParts
    return ModelConfiguration(
      mode: mode, fusion: fusion, geneCount: geneCount, classCount: classCount,
      embedding: features(parts.embedding, embeddingColumns), image: features(parts.image, imageColumns),
      embeddingWidth: embeddingWidth, hiddenWidth: hiddenWidth, expressionLayers: expressionLayers,
      expressionDropout: Float(expressionDropout),
      spatialHeads: spatialHeads, spatialLayers: spatialLayers, spatialDropout: Float(spatialDropout),
      fusionHeads: fusionHeads, fusionLayers: fusionLayers, fusionDropout: Float(fusionDropout))
  }

  /// Throws `ConfigurationError` or `SplitError` where a value is out of its range, or values do not go together.
  public func validate() throws {
    for setting in TrainingSetting.all {
      if let problem = setting.kind.problem(with: setting.value(in: self)) {
        throw ConfigurationError.outOfRange(
          setting: setting.name, found: setting.value(in: self).text, expected: problem, place: nil)
      }
    }
    for (isUsed, heads, name) in [
      (mode.usesGraphAttention, spatialHeads, "spatial_heads"),
      (mode.usesFusion && fusion == .crossAttention, fusionHeads, "fusion_heads"),
    ] where isUsed && embeddingWidth % heads != 0 {
      throw ConfigurationError.headsDoNotDivide(setting: name, heads: heads, embeddingWidth: embeddingWidth)
    }
    _ = try graph.resolved()
    if mode.usesEmbedding && embeddingKey == nil { throw ConfigurationError.noEmbedding(mode: mode.rawValue) }
    try splitRatios.validate()
  }

  /// What a user should know: settings that are accepted and change nothing.
  public var notes: [String] {
    var notes = [String]()
    let device = device.lowercased()
    if device != "cpu" && device != "auto" {
      notes.append("device '\(self.device)' is not used: stomics computes on the processor.")
    }
    if embedding != nil && !mode.usesEmbedding {
      notes.append("--embedding is not used: mode \(mode.rawValue) reads no embedding.")
    }
    if imageFeatures != nil && !mode.usesImage {
      notes.append("--image-features is not used: mode \(mode.rawValue) reads no image features.")
    }
    if !mode.usesFusion && mode != .imgExpr && fusion != TrainingConfiguration().fusion {
      notes.append("--fusion \(fusion.rawValue) is not used: mode \(mode.rawValue) fuses nothing.")
    }
    return notes
  }
}
