import Autodiff
import StomicsCore

/// Which spots a pass computes predictions for, with what the graph's layers need for them.
public final class SpotSelection: Sendable {
  /// The spots, ascending; nil for all.
  let rows: [Int32]?
  public let count: Int
  /// Cross-attention's edges into the selected spots.
  let attention: EdgeList?
  /// A graph convolution's edges into them.
  let convolution: ConvolutionEdges?
  /// Their rows of the first encoder's input where no graph follows it, and of the image features; nil for the data's.
  let own: StandardisedInput?
  let image: StandardisedInput?

  init(
    rows: [Int]?, of spotCount: Int, attention: EdgeList?, convolution: ConvolutionEdges?, own: StandardisedInput?,
    image: StandardisedInput?
  ) {
    self.rows = rows.map { $0.map(Int32.init) }
    count = rows?.count ?? spotCount
    self.attention = attention
    self.convolution = convolution
    self.own = own
    self.image = image
  }

  /// The selected rows of `[N, D]`.
  func pick(_ tape: Tape, _ x: Variable) -> Variable { rows.map { tape.gatherRows(x, $0) } ?? x }
}

/// One slice (or several, block-diagonal) as a model takes it in.
public final class ModelData: Sendable {
  public let spotCount: Int
  /// What the first encoder reads: the genes, or the embedding in their place.
  let own: StandardisedInput
  let image: StandardisedInput?
  let context: SpatialContext?
  /// The genes `[N, G]` where a graph encoder reads them and they are as many as its output: its first residual.
  let residual: Matrix?
  let configuration: ModelConfiguration

  /// - Parameters:
  ///   - expression: `[N, G]`, standardised; not looked at where an embedding takes its place
  ///   - embedding, image: `[N, F]` of the model's widths; nil where the mode reads none
  ///   - context: the slice's graph; may be nil where the mode uses none
  public init(
    _ expression: StandardisedMatrix, embedding: Matrix? = nil, image: Matrix? = nil, context: SpatialContext?,
    for configuration: ModelConfiguration
  ) throws(ModelError) {
    let mode = configuration.mode
    for (wanted, found, name) in [
      (configuration.embedding, embedding, "embedding"), (configuration.image, image, "image features"),
    ] {
      guard let wanted else { continue }
      guard let found, found.columns == wanted.width else {
        throw .configuration(
          "mode \(mode.rawValue) was made for \(name) of width \(wanted.width) (obsm/\(wanted.key)), the data has "
            + (found.map { "\($0.columns)" } ?? "none"))
      }
      precondition(found.rows == expression.rows, "\(name) and expression disagree")
    }
    guard !mode.readsGenes || expression.columns == configuration.geneCount else {
      throw .configuration(
        "the data has \(expression.columns) genes, the model was made for \(configuration.geneCount)")
    }
    if mode.usesGraph {
      guard let context else {
        throw .configuration(
          "mode \(mode.rawValue) needs a spatial graph, and there is none: the slice has no coordinates, or was preprocessed with --no-graph. Use --mode expr_only or another without a graph, or preprocess with coordinates and a graph."
        )
      }
      precondition(context.spotCount == expression.rows, "graph and expression disagree")
    }
    spotCount = expression.rows
    if mode.usesEmbedding, let embedding {
      own = StandardisedInput(dense: embedding)
    } else {
      own = StandardisedInput(expression, layerNorm: !mode.graphReadsGenes)
    }
    self.image = mode.usesImage ? image.map { StandardisedInput(dense: $0) } : nil
    let hasResidual = mode.graphReadsGenes && configuration.geneCount == configuration.embeddingWidth
    residual = hasResidual ? expression.dense() : nil
    self.context = context
    self.configuration = configuration
  }

  /// A choice of spots, ascending; nil for all.
  public func select(_ rows: [Int]? = nil) -> SpotSelection {
    let targets = rows ?? Array(0..<spotCount)
    let convolves = configuration.mode.graphLayer == .convolution && !configuration.usesCrossAttention
    return SpotSelection(
      rows: rows, of: spotCount,
      attention: configuration.usesCrossAttention ? context?.attentionEdges(targets: targets) : nil,
      convolution: !convolves ? nil : rows == nil ? context?.convolution : context?.convolutionEdges(targets: targets),
      own: configuration.mode.usesGraph ? nil : rows.map(own.gatheringRows),
      image: rows.flatMap { image?.gatheringRows($0) })
  }
}
