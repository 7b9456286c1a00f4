import Autodiff

/// Graph attention layers: x = Dropout(ELU(LayerNorm(GATConv(x)))) + x, the residual where widths match.
struct GATEncoder {
  let configuration: ModelConfiguration
  /// Width of what comes in: D behind the expression encoder, G in `gat_only`.
  let inputWidth: Int

  private func conv(_ layer: Int) -> String { "spatial_encoder.convs.\(layer)" }
  private func norm(_ layer: Int) -> String { "spatial_encoder.norms.\(layer)" }

  func declare(in layout: inout ParameterLayout) {
    let width = configuration.embeddingWidth
    let heads = configuration.spatialHeads
    let attentionBound = (6 / Float(heads + width / heads)).squareRoot()
    for layer in 0..<configuration.spatialLayers {
      let inputs = layer == 0 ? inputWidth : width
      layout.declare(conv(layer) + ".att_src", [1, heads, width / heads], .uniform(attentionBound))
      layout.declare(conv(layer) + ".att_dst", [1, heads, width / heads], .uniform(attentionBound))
      layout.declare(conv(layer) + ".bias", [width], .zeros)
      layout.declare(conv(layer) + ".lin.weight", [width, inputs], .uniform((6 / Float(inputs + width)).squareRoot()))
      layout.declareLayerNorm(norm(layer), width: width)
    }
  }

  /// The first layer's transformed features of sparse genes, `[N, D]`: everything before the first dropout.
  func prefix(_ tape: Tape, _ block: ParameterBlock, _ input: StandardisedInput) -> Variable {
    tape.standardisedLinear(input, weight: tape.parameter(conv(0) + ".lin.weight", of: block))
  }

  /// All layers over dense features, `[N, D]`.
  func callAsFunction(_ tape: Tape, _ block: ParameterBlock, _ x: Variable, _ context: SpatialContext) -> Variable {
    let transformed = tape.linear(x, weight: tape.parameter(conv(0) + ".lin.weight", of: block))
    return finish(
      tape, block, transformed: transformed, residual: x.columns == transformed.columns ? x : nil, context)
  }

  /// All layers, given the first one's transformed features.
  func finish(
    _ tape: Tape, _ block: ParameterBlock, transformed: Variable, residual: Variable?, _ context: SpatialContext
  ) -> Variable {
    var h = transformed
    var residual = residual
    for layer in 0..<configuration.spatialLayers {
      if layer > 0, let x = residual {
        h = tape.linear(x, weight: tape.parameter(conv(layer) + ".lin.weight", of: block))
      }
      let mixed = tape.graphAttention(
        h, attSrc: tape.parameter(conv(layer) + ".att_src", of: block),
        attDst: tape.parameter(conv(layer) + ".att_dst", of: block),
        bias: tape.parameter(conv(layer) + ".bias", of: block), edges: context.withSelfLoops,
        heads: configuration.spatialHeads, dropout: configuration.spatialDropout)
      h = tape.layerNormELU(
        mixed, gamma: tape.parameter(norm(layer) + ".weight", of: block),
        beta: tape.parameter(norm(layer) + ".bias", of: block), residual: residual,
        dropout: configuration.spatialDropout)
      residual = h
    }
    return h
  }
}
