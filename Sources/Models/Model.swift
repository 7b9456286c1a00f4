import Autodiff
import Kernels
import StomicsCore

/// A model of tissue domains: the mode's encoders, fusion and classifier over one block of parameters.
public final class Model {
  public let configuration: ModelConfiguration
  public let parameters: ParameterBlock
  let expression: ExpressionEncoder?
  private let embedding: EmbeddingProjection?
  let image: ImageEncoder?
  let graph: GraphEncoder?
  let crossAttention: CrossAttentionFusion?
  let gated: GatedFusion?
  let multimodal: MultimodalGate?

  /// 2 GB; training holds six times as much.
  private static let mostParameters = 500_000_000

  /// A model with every parameter drawn from the seed, by PyTorch's distributions.
  public init(_ configuration: ModelConfiguration, seed: UInt64 = 42) throws(ModelError) {
    try configuration.validate()
    self.configuration = configuration
    let mode = configuration.mode
    graph = mode.graphLayer.map { GraphEncoder(configuration: configuration, layer: $0) }
    expression =
      mode.usesEmbedding || mode.graphReadsGenes ? nil : ExpressionEncoder(configuration: configuration)
    if let family = mode.family, let width = configuration.embedding?.width {
      embedding = EmbeddingProjection(
        configuration: configuration, key: family.checkpointKey, inputWidth: width)
    } else {
      embedding = nil
    }
    image = configuration.image.map { ImageEncoder(configuration: configuration, inputWidth: $0.width) }
    let fusion = configuration.usedFusion
    crossAttention = fusion == .crossAttention ? CrossAttentionFusion(configuration: configuration) : nil
    gated = fusion == .gated ? GatedFusion(configuration: configuration) : nil
    multimodal = mode == .multimodal ? MultimodalGate(configuration: configuration) : nil

    var layout = ParameterLayout()
    expression?.declare(in: &layout)
    embedding?.declare(in: &layout)
    image?.declare(in: &layout)
    graph?.declare(in: &layout)
    crossAttention?.declare(in: &layout)
    gated?.declare(in: &layout)
    multimodal?.declare(in: &layout)
    layout.declareLinear(
      "classifier", inputs: configuration.outputWidth, outputs: configuration.classCount)
    guard layout.count <= Self.mostParameters else {
      throw .configuration(
        "they make a model of \(layout.count) parameters; at most \(Self.mostParameters) are possible. Use a smaller embed_dim or hidden_dim."
      )
    }
    parameters = ParameterBlock(layout)
    parameters.initialise(seed: seed)
  }

  /// What spots need of each other before the first dropout, for all spots: shared by an evaluation and the training
  /// step after it. Encoders without a graph behind them take no part: they run over the spots that are asked for.
  public struct Prefix {
    /// Of the expression encoder or the embedding's projection, or of the graph encoder where it reads the genes; nil
    /// where the mode looks at no neighbours.
    let own: Variable?
  }

  /// What a pass computes for the selected spots, on the tape.
  public struct Output {
    /// What the classifier sees, `[R, D]`; `[R, 2D]` in `concat`.
    public let embeddings: Variable
    /// `[R, C]`
    public let logits: Variable
  }

  /// Computes the prefix.
  public func prefix(_ tape: Tape, _ data: ModelData) -> Prefix {
    Prefix(own: graph == nil ? nil : ownPrefix(tape, data.own, data))
  }

  private func ownPrefix(_ tape: Tape, _ input: StandardisedInput, _ data: ModelData) -> Variable {
    if let expression { return expression.prefix(tape, parameters, input) }
    if let embedding { return embedding.prefix(tape, parameters, input) }
    guard let graph, let context = data.context else {
      preconditionFailure("every mode has an encoder, and ModelData.init has checked that a graph is there")
    }
    return graph.prefix(tape, parameters, input, context)
  }

  /// Embeddings and logits of the selected spots.
  public func finish(_ tape: Tape, _ prefix: Prefix, _ data: ModelData, _ selection: SpotSelection) -> Output {
    finish(tape, prefix, data, selection, trace: nil)
  }

  /// The same, keeping what is made on the way in `trace`.
  func finish(
    _ tape: Tape, _ prefix: Prefix, _ data: ModelData, _ selection: SpotSelection, trace: ModelTrace?
  ) -> Output {
    let start = prefix.own ?? ownPrefix(tape, selection.own ?? data.own, data)
    let image = image.flatMap { encoder in
      (selection.image ?? data.image).map {
        encoder.finish(tape, parameters, encoder.prefix(tape, parameters, $0))
      }
    }
    let embeddings: Variable
    if configuration.mode.graphReadsGenes, let graph, let context = data.context {
      embeddings = graph.finish(
        tape, parameters, prefix: start, residual: data.residual.map(tape.constant), context, selection)
      trace?.spatial = embeddings
    } else {
      let own = expression?.finish(tape, parameters, start) ?? embedding?.finish(tape, start) ?? start
      trace?.own = own
      trace?.image = image
      embeddings = join(tape, own: own, image: image, data, selection, trace)
    }
    return Output(embeddings: embeddings, logits: tape.linear(embeddings, "classifier", of: parameters))
  }

  /// Fuses a spot's own embedding with its neighbours' and its image's.
  /// - Parameters:
  ///   - own: `[N, D]` with a graph encoder, else `[R, D]`
  ///   - image: `[R, D]`
  private func join(
    _ tape: Tape, own: Variable, image: Variable?, _ data: ModelData, _ selection: SpotSelection, _ trace: ModelTrace?
  ) -> Variable {
    guard let graph, let context = data.context else {
      guard let gated, let image else { return own }
      let fused = gated(tape, parameters, expression: own, spatial: image, trace)
      trace?.fused = fused
      return fused
    }
    let fused: Variable
    if let crossAttention, let edges = selection.attention {
      let spatial = graph(tape, parameters, own, context)
      trace?.spatial = spatial
      fused = crossAttention(
        tape, parameters, expression: selection.pick(tape, own), spatial: spatial, edges: edges)
    } else {
      let spatial = graph(tape, parameters, own, context, selection)
      trace?.spatial = spatial
      let picked = selection.pick(tape, own)
      fused =
        gated.map { $0(tape, parameters, expression: picked, spatial: spatial, trace) }
        ?? tape.concatenateColumns(picked, spatial)
    }
    trace?.fused = fused
    guard let multimodal, let image else { return fused }
    return multimodal(tape, parameters, fused: fused, image: image, trace)
  }

  /// Class probabilities and embeddings of every spot, without dropout.
  public func predict(_ data: ModelData) -> (probabilities: Matrix, embeddings: Matrix, logits: Matrix) {
    let tape = Tape()
    tape.beginEvaluation()
    let output = finish(tape, prefix(tape, data), data, data.select())
    let logits = tape.value(output.logits)
    return (softmax(logits), tape.value(output.embeddings), logits)
  }
}

/// Row-wise softmax, `[R, C]`.
public func softmax(_ logits: Matrix) -> Matrix {
  var result = logits
  let columns = logits.columns
  logits.values.withUnsafeBufferPointer { source in
    result.values.withUnsafeMutableBufferPointer { destination in
      if let from = source.baseAddress, let into = destination.baseAddress {
        Kernels.softmaxRows(from, into: into, rows: logits.rows, columns: columns)
      }
    }
  }
  return result
}
