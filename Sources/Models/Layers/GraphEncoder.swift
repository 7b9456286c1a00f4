import Autodiff

/// Layers that pass messages over the graph: x = Dropout(ELU(LayerNorm(conv(x)))) + x, the residual where widths match;
/// conv is graph attention (GATConv) or graph convolution (GCNConv).
struct GraphEncoder {
  let configuration: ModelConfiguration
  let layer: ModelConfiguration.GraphLayer

  /// Width of what comes in: D behind another encoder, G where the genes themselves come in.
  private var inputWidth: Int {
    configuration.mode.graphReadsGenes ? configuration.geneCount : configuration.embeddingWidth
  }

  func conv(_ layer: Int) -> String { "spatial_encoder.convs.\(layer)" }
  private func norm(_ layer: Int) -> String { "spatial_encoder.norms.\(layer)" }

  func declare(in layout: inout ParameterLayout) {
    let width = configuration.embeddingWidth
    let heads = configuration.spatialHeads
    for number in 0..<configuration.spatialLayers {
      let inputs = number == 0 ? inputWidth : width
      if layer == .attention {
        let bound = (6 / Float(heads + width / heads)).squareRoot()
        layout.declare(conv(number) + ".att_src", [1, heads, width / heads], .uniform(bound))
        layout.declare(conv(number) + ".att_dst", [1, heads, width / heads], .uniform(bound))
      }
      layout.declare(conv(number) + ".bias", [width], .zeros)
      layout.declare(
        conv(number) + ".lin.weight", [width, inputs], .uniform((6 / Float(inputs + width)).squareRoot()))
      layout.declareLayerNorm(norm(number), width: width)
    }
  }

  /// The first layer of the genes themselves, up to its first dropout, `[N, D]`. They are transformed first and mixed
  /// over the graph then, so that they stay sparse.
  func prefix(
    _ tape: Tape, _ block: ParameterBlock, _ input: StandardisedInput, _ context: SpatialContext
  ) -> Variable {
    let transformed = tape.standardisedLinear(input, weight: tape.parameter(conv(0) + ".lin.weight", of: block))
    return layer == .convolution ? convolve(tape, block, transformed, 0, context.convolution) : transformed
  }

  /// All layers over dense features: `[N, D]`, or `[R, D]` of the selected spots.
  func callAsFunction(
    _ tape: Tape, _ block: ParameterBlock, _ x: Variable, _ context: SpatialContext, _ selection: SpotSelection? = nil
  ) -> Variable {
    let transformed = tape.linear(x, weight: tape.parameter(conv(0) + ".lin.weight", of: block))
    return finish(
      tape, block, transformed: transformed, residual: x.columns == transformed.columns ? x : nil, context, selection)
  }

  /// All layers given the first one's `prefix`.
  func finish(
    _ tape: Tape, _ block: ParameterBlock, prefix: Variable, residual: Variable?, _ context: SpatialContext,
    _ selection: SpotSelection
  ) -> Variable {
    layer == .convolution
      ? finish(tape, block, convolved: prefix, residual: residual, context, selection)
      : finish(tape, block, transformed: prefix, residual: residual, context, selection)
  }

  private func finish(
    _ tape: Tape, _ block: ParameterBlock, transformed: Variable, residual: Variable?, _ context: SpatialContext,
    _ selection: SpotSelection?
  ) -> Variable {
    guard layer == .attention else {
      let isLast = configuration.spatialLayers == 1
      let edges = isLast ? selection?.convolution ?? context.convolution : context.convolution
      let mixed = convolve(tape, block, transformed, 0, edges)
      return finish(tape, block, convolved: mixed, residual: residual, context, selection, isPicked: isLast)
    }
    var h = transformed
    var residual = residual
    for number in 0..<configuration.spatialLayers {
      if number > 0, let x = residual {
        h = tape.linear(x, weight: tape.parameter(conv(number) + ".lin.weight", of: block))
      }
      let mixed = tape.graphAttention(
        h, attSrc: tape.parameter(conv(number) + ".att_src", of: block),
        attDst: tape.parameter(conv(number) + ".att_dst", of: block),
        bias: tape.parameter(conv(number) + ".bias", of: block), edges: context.withSelfLoops,
        heads: configuration.spatialHeads, dropout: configuration.spatialDropout)
      h = normalise(tape, block, mixed, residual: residual, number)
      residual = h
    }
    return selection.map { $0.pick(tape, h) } ?? h
  }

  /// The layers of a convolution after the first one's sum over the graph. The last layer is computed for the selected
  /// spots alone.
  private func finish(
    _ tape: Tape, _ block: ParameterBlock, convolved: Variable, residual: Variable?, _ context: SpatialContext,
    _ selection: SpotSelection?, isPicked: Bool = false
  ) -> Variable {
    func pick(_ x: Variable) -> Variable { selection.map { $0.pick(tape, x) } ?? x }
    let last = configuration.spatialLayers - 1
    if last == 0 {
      return normalise(
        tape, block, isPicked ? convolved : pick(convolved), residual: residual.map(pick), 0)
    }
    var x = normalise(tape, block, convolved, residual: residual, 0)
    for number in 1...last {
      let h = tape.linear(x, weight: tape.parameter(conv(number) + ".lin.weight", of: block))
      let edges = number == last ? selection?.convolution ?? context.convolution : context.convolution
      let mixed = convolve(tape, block, h, number, edges)
      x = normalise(tape, block, mixed, residual: number == last ? pick(x) : x, number)
    }
    return x
  }

  func convolve(
    _ tape: Tape, _ block: ParameterBlock, _ h: Variable, _ number: Int, _ edges: ConvolutionEdges
  ) -> Variable {
    tape.graphConvolution(
      h, weights: edges.weights, bias: tape.parameter(conv(number) + ".bias", of: block), edges: edges.edges)
  }

  func normalise(
    _ tape: Tape, _ block: ParameterBlock, _ mixed: Variable, residual: Variable?, _ number: Int,
    at place: UnsafeMutablePointer<Float>? = nil
  ) -> Variable {
    tape.layerNormELU(
      mixed, gamma: tape.parameter(norm(number) + ".weight", of: block),
      beta: tape.parameter(norm(number) + ".bias", of: block), residual: residual,
      dropout: configuration.spatialDropout, at: place)
  }
}
