/// What a model is made of: with the parameters, all that a prediction needs.
public struct ModelConfiguration: Sendable, Equatable, Codable {
  /// The published system's names.
  public enum Mode: String, Sendable, Codable, CaseIterable {
    /// Expression alone, an MLP.
    case exprOnly = "expr_only"
    /// Graph attention on the genes themselves.
    case gatOnly = "gat_only"
    /// MLP and graph attention, fused.
    case full

    /// Whether the model looks at neighbours.
    public var usesGraph: Bool { self != .exprOnly }
    public var usesFusion: Bool { self == .full }
  }

  /// How the two encoders' embeddings become one, by the published system's names.
  public enum Fusion: String, Sendable, Codable, CaseIterable {
    case gated
    case crossAttention = "cross_attention"

    /// Accepts `cross-attention` and `cross_attention`.
    public init?(name: String) {
      self.init(rawValue: name.replacing("-", with: "_"))
    }
  }

  public var mode: Mode
  public var fusion: Fusion
  /// G, the number of input genes.
  public var geneCount: Int
  /// C
  public var classCount: Int
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
    mode: Mode = .full, fusion: Fusion = .crossAttention, geneCount: Int, classCount: Int, embeddingWidth: Int = 128,
    hiddenWidth: Int = 256, expressionLayers: Int = 2, expressionDropout: Float = 0.1, spatialHeads: Int = 4,
    spatialLayers: Int = 2, spatialDropout: Float = 0.1, fusionHeads: Int = 4, fusionLayers: Int = 2,
    fusionDropout: Float = 0.1
  ) {
    self.mode = mode
    self.fusion = fusion
    self.geneCount = geneCount
    self.classCount = classCount
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

  /// The same with every dropout probability 0.
  public var withoutDropout: ModelConfiguration {
    var result = self
    result.expressionDropout = 0
    result.spatialDropout = 0
    result.fusionDropout = 0
    return result
  }

  /// Whether the model has attention heads of the fusion.
  var usesCrossAttention: Bool { mode.usesFusion && fusion == .crossAttention }

  /// How many hops away a spot can be and still change a prediction.
  public var receptiveHops: Int {
    switch mode {
    case .exprOnly: 0
    case .gatOnly: spatialLayers
    case .full: spatialLayers + (fusion == .crossAttention ? 1 : 0)
    }
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
      (mode.usesGraph, spatialHeads, "spatial_encoder.n_heads"),
      (usesCrossAttention, fusionHeads, "fusion.n_heads"),
    ] where isUsed && embeddingWidth % heads != 0 {
      throw .configuration("\(name) is \(heads), which does not divide embed_dim \(embeddingWidth)")
    }
    for (dropout, name) in [
      (expressionDropout, "expression_encoder.dropout"), (spatialDropout, "spatial_encoder.dropout"),
      (fusionDropout, "fusion.dropout"),
    ] where !(dropout >= 0 && dropout < 1) {
      throw .configuration("\(name) is \(dropout); it must be at least 0 and below 1")
    }
  }
}
