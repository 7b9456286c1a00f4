import Autodiff
import Kernels
import StomicsCore

/// Which spots a pass computes predictions for, with what the fusion needs for them.
public final class SpotSelection: Sendable {
  /// The spots, ascending; nil for all.
  let rows: [Int32]?
  public let count: Int
  /// Cross-attention's edges into the selected spots.
  let attention: EdgeList?

  init(rows: [Int]?, of spotCount: Int, attention: EdgeList?) {
    self.rows = rows.map { $0.map(Int32.init) }
    count = rows?.count ?? spotCount
    self.attention = attention
  }
}

/// One slice (or several, block-diagonal) as a model takes it in.
public final class ModelData: Sendable {
  public let spotCount: Int
  let expression: StandardisedInput
  let context: SpatialContext?
  let configuration: ModelConfiguration

  /// - Parameters:
  ///   - expression: `[N, G]`, standardised
  ///   - context: the slice's graph; may be nil where the mode uses none
  public init(
    _ expression: StandardisedMatrix, context: SpatialContext?, for configuration: ModelConfiguration
  ) throws(ModelError) {
    guard expression.columns == configuration.geneCount else {
      throw .configuration(
        "the data has \(expression.columns) genes, the model was made for \(configuration.geneCount)")
    }
    if configuration.mode.usesGraph {
      guard let context else {
        throw .configuration(
          "mode \(configuration.mode.rawValue) needs a spatial graph, and there is none: the slice has no coordinates, or was preprocessed with --no-graph. Use --mode expr_only, or preprocess with coordinates and a graph."
        )
      }
      precondition(context.spotCount == expression.rows, "graph and expression disagree")
    }
    spotCount = expression.rows
    self.expression = StandardisedInput(expression, layerNorm: configuration.mode != .gatOnly)
    self.context = context
    self.configuration = configuration
  }

  /// A choice of spots, ascending; nil for all.
  public func select(_ rows: [Int]? = nil) -> SpotSelection {
    let needsAttention = configuration.usesCrossAttention
    let targets = rows ?? Array(0..<spotCount)
    return SpotSelection(
      rows: rows, of: spotCount, attention: needsAttention ? context?.attentionEdges(targets: targets) : nil)
  }
}

/// A model of tissue domains: the mode's encoders, fusion and classifier over one block of parameters.
public final class Model {
  public let configuration: ModelConfiguration
  public let parameters: ParameterBlock
  private let expressionEncoder: ExpressionEncoder
  private let spatialEncoder: GATEncoder
  private let crossAttention: CrossAttentionFusion
  private let gated: GatedFusion

  /// 2 GB; training holds six times as much.
  private static let mostParameters = 500_000_000

  /// A model with every parameter drawn from the seed, by PyTorch's distributions.
  public init(_ configuration: ModelConfiguration, seed: UInt64 = 42) throws(ModelError) {
    try configuration.validate()
    self.configuration = configuration
    expressionEncoder = ExpressionEncoder(configuration: configuration)
    spatialEncoder = GATEncoder(
      configuration: configuration,
      inputWidth: configuration.mode == .gatOnly ? configuration.geneCount : configuration.embeddingWidth)
    crossAttention = CrossAttentionFusion(configuration: configuration)
    gated = GatedFusion(configuration: configuration)

    var layout = ParameterLayout()
    if configuration.mode != .gatOnly { expressionEncoder.declare(in: &layout) }
    if configuration.mode.usesGraph { spatialEncoder.declare(in: &layout) }
    if configuration.mode.usesFusion {
      switch configuration.fusion {
      case .crossAttention: crossAttention.declare(in: &layout)
      case .gated: gated.declare(in: &layout)
      }
    }
    layout.declareLinear("classifier", inputs: configuration.embeddingWidth, outputs: configuration.classCount)
    guard layout.count <= Self.mostParameters else {
      throw .configuration(
        "they make a model of \(layout.count) parameters; at most \(Self.mostParameters) are possible. Use a smaller embed_dim or hidden_dim."
      )
    }
    parameters = ParameterBlock(layout)
    parameters.initialise(seed: seed)
  }

  /// What a pass computes for the selected spots, on the tape.
  public struct Output {
    /// What the classifier sees, `[R, D]`.
    public let embeddings: Variable
    /// `[R, C]`
    public let logits: Variable
  }

  /// Everything before the first dropout, for all spots: shared by an evaluation and the training step after it.
  public func prefix(_ tape: Tape, _ data: ModelData) -> Variable {
    configuration.mode == .gatOnly
      ? spatialEncoder.prefix(tape, parameters, data.expression)
      : expressionEncoder.prefix(tape, parameters, data.expression)
  }

  /// Embeddings and logits of the selected spots.
  public func finish(_ tape: Tape, _ prefix: Variable, _ data: ModelData, _ selection: SpotSelection) -> Output {
    let embeddings: Variable
    switch (configuration.mode, configuration.fusion, data.context) {
    case (.exprOnly, _, _):
      embeddings = expressionEncoder.finish(tape, parameters, pick(tape, prefix, selection))
    case (.gatOnly, _, let context?):
      let spatial = spatialEncoder.finish(tape, parameters, transformed: prefix, residual: nil, context)
      embeddings = pick(tape, spatial, selection)
    case (.full, let fusion, let context?):
      let expression = expressionEncoder.finish(tape, parameters, prefix)
      let spatial = spatialEncoder(tape, parameters, expression, context)
      let queries = pick(tape, expression, selection)
      if fusion == .crossAttention, let edges = selection.attention {
        embeddings = crossAttention(tape, parameters, expression: queries, spatial: spatial, edges: edges)
      } else {
        embeddings = gated(tape, parameters, expression: queries, spatial: pick(tape, spatial, selection))
      }
    case (_, _, nil):
      preconditionFailure("ModelData.init has checked that a graph is there")
    }
    return Output(embeddings: embeddings, logits: tape.linear(embeddings, "classifier", of: parameters))
  }

  private func pick(_ tape: Tape, _ x: Variable, _ selection: SpotSelection) -> Variable {
    selection.rows.map { tape.gatherRows(x, $0) } ?? x
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
