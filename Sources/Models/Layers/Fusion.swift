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
    attend(tape, block, expression: expression, edges: edges) { layer in
      (
        project(tape, block, spatial, .key, layer: layer), project(tape, block, spatial, .value, layer: layer)
      )
    }
  }

  /// A third of a layer's fused projection, by its place in the weight.
  enum Third: Int { case query, key, value }

  /// Queries, keys or values of a layer, `[N, D]` to `[N, D]`.
  func project(
    _ tape: Tape, _ block: ParameterBlock, _ input: Variable, _ third: Third, layer: Int,
    at place: UnsafeMutablePointer<Float>? = nil
  ) -> Variable {
    let attention = key("cross_attns", layer)
    let width = configuration.embeddingWidth
    let range = third.rawValue * width..<(third.rawValue + 1) * width
    return tape.linear(
      input, weight: tape.rows(of: tape.parameter(attention + ".in_proj_weight", of: block), range),
      bias: tape.elements(of: tape.parameter(attention + ".in_proj_bias", of: block), range), at: place)
  }

  /// All layers given each one's keys and values, `[N, D]`.
  /// - Parameter firstQueries: the first layer's queries where they are known, `[R, D]`
  func attend(
    _ tape: Tape, _ block: ParameterBlock, expression: Variable, firstQueries: Variable? = nil, edges: EdgeList,
    keysAndValues: (_ layer: Int) -> (keys: Variable, values: Variable)
  ) -> Variable {
    let dropout = configuration.fusionDropout
    var x = expression
    for layer in 0..<configuration.fusionLayers {
      let attention = key("cross_attns", layer)
      let known = layer == 0 ? firstQueries : nil
      let queries = known ?? project(tape, block, x, .query, layer: layer)
      let (keys, values) = keysAndValues(layer)
      let mixed = tape.neighbourAttention(
        queries: queries, keys: keys, values: values, edges: edges, heads: configuration.fusionHeads,
        dropout: dropout)
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
