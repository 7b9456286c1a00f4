import Autodiff

/// Expression as query, the neighbours' spatial embeddings as keys and values; post-norm transformer layers.
///
/// Keys and values stay the spatial embeddings in every layer, so each layer needs rows of the queried spots only.
struct CrossAttentionFusion {
  let configuration: ModelConfiguration

  private func key(_ part: String, _ layer: Int) -> String { "fusion.\(part).\(layer)" }

  func declare(in layout: inout ParameterLayout) {
    let width = configuration.embeddingWidth
    let inBound = (6 / Float(4 * width)).squareRoot()
    for layer in 0..<configuration.fusionLayers {
      layout.declare(key("cross_attns", layer) + ".in_proj_weight", [3 * width, width], .uniform(inBound))
      layout.declare(key("cross_attns", layer) + ".in_proj_bias", [3 * width], .zeros)
      layout.declare(
        key("cross_attns", layer) + ".out_proj.weight", [width, width], .uniform(1 / Float(width).squareRoot()))
      layout.declare(key("cross_attns", layer) + ".out_proj.bias", [width], .zeros)
      layout.declareLinear(key("ffns", layer) + ".0", inputs: width, outputs: 2 * width)
      layout.declareLinear(key("ffns", layer) + ".3", inputs: 2 * width, outputs: width)
      layout.declareLayerNorm(key("norm1s", layer), width: width)
      layout.declareLayerNorm(key("norm2s", layer), width: width)
    }
  }

  /// - Parameters:
  ///   - expression: `[R, D]`, the queried spots
  ///   - spatial: `[N, D]`, all spots
  ///   - edges: R targets, N sources
  /// - Returns: `[R, D]`
  func callAsFunction(
    _ tape: Tape, _ block: ParameterBlock, expression: Variable, spatial: Variable, edges: EdgeList
  ) -> Variable {
    let dropout = configuration.fusionDropout
    let width = configuration.embeddingWidth
    var x = expression
    for layer in 0..<configuration.fusionLayers {
      let attention = key("cross_attns", layer)
      let inWeight = tape.parameter(attention + ".in_proj_weight", of: block)
      let inBias = tape.parameter(attention + ".in_proj_bias", of: block)
      /// The query (0), key (1) or value (2) third of the fused projection.
      func project(_ input: Variable, third: Int) -> Variable {
        tape.linear(
          input, weight: tape.rows(of: inWeight, third * width..<(third + 1) * width),
          bias: tape.elements(of: inBias, third * width..<(third + 1) * width))
      }
      let mixed = tape.neighbourAttention(
        queries: project(x, third: 0), keys: project(spatial, third: 1), values: project(spatial, third: 2),
        edges: edges, heads: configuration.fusionHeads, dropout: dropout)
      let out = tape.linear(mixed, attention + ".out_proj", of: block)
      x = tape.addLayerNorm(
        x, out, gamma: tape.parameter(key("norm1s", layer) + ".weight", of: block),
        beta: tape.parameter(key("norm1s", layer) + ".bias", of: block), dropout: dropout)
      let hidden = tape.gelu(tape.linear(x, key("ffns", layer) + ".0", of: block), dropout: dropout)
      x = tape.addLayerNorm(
        x, tape.linear(hidden, key("ffns", layer) + ".3", of: block),
        gamma: tape.parameter(key("norm2s", layer) + ".weight", of: block),
        beta: tape.parameter(key("norm2s", layer) + ".bias", of: block), dropout: dropout)
    }
    return x
  }
}

/// g = sigmoid(Linear([expression; spatial])), f = g expression + (1 - g) spatial, LN(f + FFN(f)).
struct GatedFusion {
  let configuration: ModelConfiguration

  func declare(in layout: inout ParameterLayout) {
    let width = configuration.embeddingWidth
    layout.declareLinear("fusion.gate.0", inputs: 2 * width, outputs: width)
    layout.declareLinear("fusion.ffn.0", inputs: width, outputs: width)
    layout.declareLinear("fusion.ffn.3", inputs: width, outputs: width)
    layout.declareLayerNorm("fusion.norm", width: width)
  }

  /// - Parameters:
  ///   - expression, spatial: `[R, D]`
  /// - Returns: `[R, D]`
  func callAsFunction(
    _ tape: Tape, _ block: ParameterBlock, expression: Variable, spatial: Variable, _ trace: ModelTrace?
  ) -> Variable {
    let logits = tape.linear(tape.concatenateColumns(expression, spatial), "fusion.gate.0", of: block)
    trace?.gateLogits = logits
    let mixed = tape.gatedMix(logits: logits, expression, spatial)
    let hidden = tape.gelu(tape.linear(mixed, "fusion.ffn.0", of: block), dropout: configuration.fusionDropout)
    return tape.addLayerNorm(
      mixed, tape.linear(hidden, "fusion.ffn.3", of: block), gamma: tape.parameter("fusion.norm.weight", of: block),
      beta: tape.parameter("fusion.norm.bias", of: block))
  }
}
