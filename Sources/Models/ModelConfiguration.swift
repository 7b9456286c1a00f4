import Preprocessing

/// What a model is made of: with the parameters, all that a prediction needs.
public struct ModelConfiguration: Sendable, Equatable, Codable {
  /// How the two encoders' embeddings become one, by the published system's names.
  public enum Fusion: String, Sendable, Codable, CaseIterable {
    case gated
    case crossAttention = "cross_attention"

    /// Accepts `cross-attention` and `cross_attention`.
    public init?(name: String) {
      self.init(rawValue: name.replacing("-", with: "_"))
    }
  }

  /// A matrix of obsm that a model reads: its key, and its width F.
  public struct Features: Sendable, Equatable, Codable {
    public var key: String
    public var width: Int

    public init(key: String, width: Int) {
      self.key = key
      self.width = width
    }
  }

  public var mode: Mode
  public var fusion: Fusion
  /// G, the number of input genes.
  public var geneCount: Int
  /// C
  public var classCount: Int
  /// The matrix of obsm that takes the genes' place, in the modes that have one.
  public var embedding: Features?
  /// The matrix of obsm with image features, in the modes that have one.
  public var image: Features?
  /// D, the width of the embeddings.
  public var embeddingWidth: Int
  /// Hd, the width of the expression encoder's hidden layers.
  public var hiddenWidth: Int
  /// Number of Linears of the expression encoder.
  public var expressionLayers: Int
  public var expressionDropout: Float
  public var spatialHeads: Int
  public var spatialLayers: Int
  public var spatialDropout: Float
  public var fusionHeads: Int
  public var fusionLayers: Int
  public var fusionDropout: Float

  public init(
    mode: Mode = .full, fusion: Fusion = .crossAttention, geneCount: Int, classCount: Int,
    embedding: Features? = nil, image: Features? = nil, embeddingWidth: Int = 128, hiddenWidth: Int = 256,
    expressionLayers: Int = 2, expressionDropout: Float = 0.1, spatialHeads: Int = 4, spatialLayers: Int = 2,
    spatialDropout: Float = 0.1, fusionHeads: Int = 4, fusionLayers: Int = 2, fusionDropout: Float = 0.1
  ) {
    self.mode = mode
    self.fusion = fusion
    self.geneCount = geneCount
    self.classCount = classCount
    self.embedding = embedding
    self.image = image
    self.embeddingWidth = embeddingWidth
    self.hiddenWidth = hiddenWidth
    self.expressionLayers = expressionLayers
    self.expressionDropout = expressionDropout
    self.spatialHeads = spatialHeads
    self.spatialLayers = spatialLayers
    self.spatialDropout = spatialDropout
    self.fusionHeads = fusionHeads
    self.fusionLayers = fusionLayers
    self.fusionDropout = fusionDropout
  }

  /// A model of the published sizes (D 128, Hd 256): image features as wide as ResNet50's 2,048, embeddings as scGPT's 512
  /// or Geneformer's 768.
  public static func production(
    _ mode: Mode, _ fusion: Fusion, genes: Int, classes: Int, embeddingColumns: Int? = nil, imageColumns: Int? = nil
  ) -> ModelConfiguration {
    let width = embeddingColumns ?? (mode == .geneformer || mode == .geneformerOnly ? 768 : 512)
    return ModelConfiguration(
      mode: mode, fusion: fusion, geneCount: genes, classCount: classes,
      embedding: mode.usesEmbedding ? Features(key: mode.defaultFeatureKey ?? "", width: width) : nil,
      image: mode.usesImage ? Features(key: mode.defaultFeatureKey ?? "", width: imageColumns ?? 2048) : nil)
  }

  /// The same with every dropout probability 0.
  public var withoutDropout: ModelConfiguration {
    var result = self
    result.expressionDropout = 0
    result.spatialDropout = 0
    result.fusionDropout = 0
    return result
  }

  /// How the mode fuses, nil where it fuses nothing.
  public var usedFusion: Fusion? { mode.fusion(asked: fusion) }

  /// Whether the model has attention heads of the fusion.
  var usesCrossAttention: Bool { usedFusion == .crossAttention }

  /// Width of what the classifier sees: D, or 2D where two embeddings stand side by side.
  var outputWidth: Int { mode == .concat ? 2 * embeddingWidth : embeddingWidth }

  /// How many hops away a spot can be and still change a prediction.
  public var receptiveHops: Int { mode.usesGraph ? spatialLayers + (usesCrossAttention ? 1 : 0) : 0 }

  /// What of a slice the model reads.
  public var inputParts: InputParts {
    InputParts(
      genes: mode.readsGenes, embedding: embedding.map { .init(key: $0.key, width: $0.width) },
      image: image.map { .init(key: $0.key, width: $0.width) })
  }

  /// Throws where the numbers do not make a model; checkpoints bring them in from outside.
  public func validate() throws(ModelError) {
    for (value, most, name) in [
      (geneCount, 1 << 24, "the number of genes"), (classCount, 4096, "the number of classes"),
      (embeddingWidth, 65_536, "embed_dim"), (hiddenWidth, 65_536, "expression_encoder.hidden_dim"),
      (expressionLayers, 64, "expression_encoder.n_layers"), (spatialLayers, 64, "spatial_encoder.n_layers"),
      (fusionLayers, 64, "fusion.n_layers"), (spatialHeads, 64, "spatial_encoder.n_heads"),
      (fusionHeads, 64, "fusion.n_heads"),
    ] where !(1...most).contains(value) {
      throw .configuration("\(name) is \(value); it must be 1 to \(most)")
    }
    for (isUsed, heads, name) in [
      (mode.graphLayer == .attention, spatialHeads, "spatial_encoder.n_heads"),
      (usesCrossAttention, fusionHeads, "fusion.n_heads"),
    ] where isUsed && embeddingWidth % heads != 0 {
      throw .configuration("\(name) is \(heads), which does not divide embed_dim \(embeddingWidth)")
    }
    for (isUsed, features, name) in [
      (mode.usesEmbedding, embedding, "embedding"), (mode.usesImage, image, "image features"),
    ] {
      guard isUsed == (features != nil) else {
        throw .configuration("mode \(mode.rawValue) has \(isUsed ? "an" : "no") \(name) input")
      }
      if let features, !(1...InputParts.largestWidth).contains(features.width) {
        throw .configuration("the \(name) is \(features.width) wide; it must be 1 to \(InputParts.largestWidth)")
      }
    }
    for (dropout, name) in [
      (expressionDropout, "expression_encoder.dropout"), (spatialDropout, "spatial_encoder.dropout"),
      (fusionDropout, "fusion.dropout"),
    ] where !(dropout >= 0 && dropout < 1) {
      throw .configuration("\(name) is \(dropout); it must be at least 0 and below 1")
    }
  }
}
