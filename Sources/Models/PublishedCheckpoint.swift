import StomicsCore

/// The parameters of a model that the published system trained, and what of its settings their keys and shapes tell.
public struct PublishedCheckpoint: Sendable {
  /// By today's keys of the published system.
  public let parameters: [String: Safetensors.Tensor]
  private let file: String

  /// Reads a safetensors file.
  ///
  /// Older names are accepted: a prefix `module.` or `model.` of all keys, and GATConv's `lin_src` or `lin_l` (with an
  /// equal `lin_dst` or `lin_r`), `att_l` and `att_r`.
  /// - Throws: `FileError`, `ModelError`
  public init(contentsOf path: String) throws {
    try self.init(Safetensors(contentsOf: path).tensors, file: path)
  }

  init(_ tensors: [String: Safetensors.Tensor], file: String) throws(ModelError) {
    self.file = file
    let prefix = ["module.", "model."].first { prefix in tensors.keys.allSatisfy { $0.hasPrefix(prefix) } } ?? ""
    var result: [String: Safetensors.Tensor] = [:]
    for (key, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      let today = Self.todaysName(String(key.dropFirst(prefix.count)))
      if let other = result[today], other != tensor {
        throw .checkpoint(
          file: file,
          problem: "'\(key)' and another parameter of that layer differ: attention between two kinds of spots is no "
            + "published mode")
      }
      result[today] = tensor
    }
    guard !result.isEmpty else { throw .checkpoint(file: file, problem: "it holds no parameters") }
    parameters = result
  }

  private static func todaysName(_ key: String) -> String {
    guard key.hasPrefix("spatial_encoder.convs.") else { return key }
    for (old, new) in [
      (".lin_src.weight", ".lin.weight"), (".lin_dst.weight", ".lin.weight"), (".lin_l.weight", ".lin.weight"),
      (".lin_r.weight", ".lin.weight"), (".att_l", ".att_src"), (".att_r", ".att_dst"),
    ] where key.hasSuffix(old) { return key.dropLast(old.count) + new }
    return key
  }

  private func has(_ prefix: String) -> Bool { parameters.keys.contains { $0.hasPrefix(prefix) } }

  private func size(_ key: String, _ axis: Int) throws(ModelError) -> Int {
    guard let shape = parameters[key]?.shape, axis < shape.count else {
      throw .checkpoint(file: file, problem: "it has no '\(key)': this is no model of the published system")
    }
    return shape[axis]
  }

  /// How many layers have a key of that form: `prefix`0`suffix`, `prefix`1`suffix`, …
  private func layers(_ prefix: String, _ suffix: String, step: Int = 1) -> Int {
    var count = 0
    while parameters[prefix + String(count * step) + suffix] != nil { count += 1 }
    return count
  }

  /// The mode that is made of the parts the file has.
  private func mode() throws(ModelError) -> ModelConfiguration.Mode {
    let graph = has("spatial_encoder.")
    for (family, alone, fused) in [
      ("scgpt_projection.", ModelConfiguration.Mode.scgptOnly, ModelConfiguration.Mode.scgpt),
      ("geneformer_projection.", .geneformerOnly, .geneformer), ("embedding_projection.", .embeddingOnly, .embedding),
    ] where has(family) { return graph ? fused : alone }
    let attention = parameters["spatial_encoder.convs.0.att_src"] != nil
    switch (has("expr_encoder."), graph, has("fusion."), has("image_encoder.")) {
    case (true, false, false, false): return .exprOnly
    case (true, false, true, true): return .imgExpr
    case (true, true, true, true): return .multimodal
    case (true, true, true, false): return attention ? .full : .gcnFull
    case (true, true, false, false): return .concat
    case (false, true, false, false): return attention ? .gatOnly : .gcnOnly
    default:
      throw .checkpoint(
        file: file,
        problem: "its parameters are those of no mode: \(parameters.keys.sorted().prefix(4).joined(separator: ", ")), …"
      )
    }
  }

  /// The configuration that the parameters belong to.
  /// - Parameters:
  ///   - mode: where the file's parts are those of several modes (`scgpt` and `scgpt_brain`); nil: by its keys
  ///   - geneCount: of the recipe, for modes that read no gene
  ///   - fusionHeads: heads of cross-attention, which no shape tells
  ///   - embeddingKey, imageKey: of obsm; nil: the mode's own
  /// - Throws: `ModelError`
  public func configuration(
    mode chosen: ModelConfiguration.Mode? = nil, geneCount: Int, fusionHeads: Int = 4, embeddingKey: String? = nil,
    imageKey: String? = nil
  ) throws(ModelError) -> ModelConfiguration {
    let mode = if let chosen { chosen } else { try self.mode() }
    let classifierWidth = try size("classifier.weight", 1)
    var result = ModelConfiguration(
      mode: mode, fusion: has("fusion.gate.") ? .gated : .crossAttention, geneCount: geneCount,
      classCount: try size("classifier.weight", 0),
      embeddingWidth: mode == .concat ? classifierWidth / 2 : classifierWidth, fusionHeads: fusionHeads)
    if mode.usesGraph {
      result.spatialLayers = layers("spatial_encoder.convs.", ".lin.weight")
      if mode.usesGraphAttention { result.spatialHeads = try size("spatial_encoder.convs.0.att_src", 1) }
    }
    if result.usedFusion == .crossAttention { result.fusionLayers = layers("fusion.cross_attns.", ".in_proj_weight") }
    if let family = mode.family {
      guard let key = embeddingKey ?? family.defaultKey else {
        throw .configuration("mode \(mode.rawValue) reads an embedding of obsm: name it with --embedding obsm:KEY")
      }
      result.embedding = .init(key: key, width: try size(family.checkpointKey + ".0.weight", 0))
    } else if mode.graphReadsGenes {
      result.geneCount = try size("spatial_encoder.convs.0.lin.weight", 1)
    } else {
      result.geneCount = try size("expr_encoder.norm.weight", 0)
      result.expressionLayers = layers("expr_encoder.mlp.", ".weight", step: 3)
      if result.expressionLayers > 1 { result.hiddenWidth = try size("expr_encoder.mlp.0.weight", 0) }
    }
    if mode.usesImage, let key = imageKey ?? mode.defaultFeatureKey {
      result.image = .init(key: key, width: try size("image_encoder.projection.0.weight", 0))
    }
    guard result.geneCount == geneCount else {
      throw .checkpoint(
        file: file,
        problem:
          "it reads \(result.geneCount) genes, the slice was preprocessed to \(geneCount). Preprocess as the model's data was, with --n-top-genes \(result.geneCount)."
      )
    }
    return result
  }

  /// A model with these parameters.
  /// - Throws: `ModelError` where a parameter is missing, of another shape, not finite, or one too many.
  public func model(_ configuration: ModelConfiguration) throws(ModelError) -> Model {
    let model = try Model(configuration)
    try model.load(parameters, file: file)
    return model
  }
}
