extension ModelConfiguration {
  /// What a model is made of, by the published system's names; `embedding_only` and `embedding` are this program's, for
  /// any matrix of obsm.
  public enum Mode: String, Sendable, Codable, CaseIterable {
    /// Expression alone, an MLP.
    case exprOnly = "expr_only"
    /// Graph attention on the genes themselves.
    case gatOnly = "gat_only"
    /// Graph convolution on the genes themselves.
    case gcnOnly = "gcn_only"
    /// MLP and graph attention, side by side.
    case concat
    /// MLP and graph attention, fused.
    case full
    /// MLP and graph convolution, fused.
    case gcnFull = "gcn_full"
    /// MLP and image features, fused by a gate.
    case imgExpr = "img_expr"
    /// MLP and graph attention fused, then gated with image features.
    case multimodal
    /// An embedding of obsm, projected.
    case embeddingOnly = "embedding_only"
    /// A projected embedding of obsm and graph attention, fused.
    case embedding
    case scgptOnly = "scgpt_only"
    case scgpt
    case scgptBrainOnly = "scgpt_brain_only"
    case scgptBrain = "scgpt_brain"
    case geneformerOnly = "geneformer_only"
    case geneformer
  }

  /// What passes messages between neighbouring spots.
  enum GraphLayer: Sendable { case attention, convolution }

  /// What an embedding is by name: the keys of its projection, and where its matrix lies unless a flag says otherwise.
  struct EmbeddingFamily: Sendable {
    let checkpointKey: String
    let defaultKey: String?
  }
}

extension ModelConfiguration.Mode {
  /// The family of the embedding that takes the genes' place; nil in modes on genes.
  var family: ModelConfiguration.EmbeddingFamily? {
    switch self {
    case .embeddingOnly, .embedding: .init(checkpointKey: "embedding_projection", defaultKey: nil)
    case .scgptOnly, .scgpt: .init(checkpointKey: "scgpt_projection", defaultKey: "X_scGPT")
    case .scgptBrainOnly, .scgptBrain: .init(checkpointKey: "scgpt_projection", defaultKey: "X_scGPT_brain")
    case .geneformerOnly, .geneformer: .init(checkpointKey: "geneformer_projection", defaultKey: "X_geneformer")
    default: nil
    }
  }

  var graphLayer: ModelConfiguration.GraphLayer? {
    switch self {
    case .exprOnly, .imgExpr, .embeddingOnly, .scgptOnly, .scgptBrainOnly, .geneformerOnly: nil
    case .gcnOnly, .gcnFull: .convolution
    case .gatOnly, .concat, .full, .multimodal, .embedding, .scgpt, .scgptBrain, .geneformer: .attention
    }
  }

  /// Whether the graph encoder reads the genes themselves: there is no other encoder then.
  var graphReadsGenes: Bool { self == .gatOnly || self == .gcnOnly }

  /// What it is made of, in a line.
  public var summary: String {
    switch self {
    case .exprOnly: "MLP"
    case .gatOnly: "graph attention on the genes themselves"
    case .gcnOnly: "graph convolution on the genes themselves"
    case .concat: "MLP and graph attention, side by side"
    case .full: "MLP and graph attention, fused"
    case .gcnFull: "MLP and graph convolution, fused"
    case .imgExpr: "MLP and image features, gated"
    case .multimodal: "MLP and graph attention, fused, then gated with image features"
    case .embeddingOnly, .scgptOnly, .scgptBrainOnly, .geneformerOnly: "projection of an embedding"
    case .embedding, .scgpt, .scgptBrain, .geneformer: "projection of an embedding and graph attention, fused"
    }
  }

  /// Whether the model looks at neighbours.
  public var usesGraph: Bool { graphLayer != nil }

  /// Whether neighbours are weighed by graph attention, which has heads.
  public var usesGraphAttention: Bool { graphLayer == .attention }

  /// Whether an embedding of obsm takes the genes' place.
  public var usesEmbedding: Bool { family != nil }

  /// Whether the model reads image features from obsm.
  public var usesImage: Bool { self == .imgExpr || self == .multimodal }

  /// Whether a gene's counts can change a prediction.
  public var readsGenes: Bool { !usesEmbedding }

  /// Whether two embeddings become one by a choice of fusion.
  public var usesFusion: Bool { fusion(asked: .crossAttention) == .crossAttention }

  /// The obsm key that is read unless another is named: of the embedding, else of image features.
  public var defaultFeatureKey: String? { usesImage ? "X_resnet50" : family?.defaultKey }

  /// How the mode fuses where `asked` is asked for; nil where it fuses nothing.
  ///
  /// Image and expression are always gated: cross-attention runs over neighbours, and would bring in the spatial graph.
  func fusion(asked: ModelConfiguration.Fusion) -> ModelConfiguration.Fusion? {
    switch self {
    case .exprOnly, .gatOnly, .gcnOnly, .concat, .embeddingOnly, .scgptOnly, .scgptBrainOnly, .geneformerOnly: nil
    case .imgExpr: .gated
    case .full, .gcnFull, .multimodal, .embedding, .scgpt, .scgptBrain, .geneformer: asked
    }
  }
}
