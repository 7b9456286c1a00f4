import Autodiff

/// LayerNorm(G) → Linear(G, Hd) → GELU → Dropout → … → Linear(Hd, D). No activation after the last layer.
struct ExpressionEncoder {
  let configuration: ModelConfiguration

  static let norm = "expr_encoder.norm"

  /// The published system's key of each Linear: a Linear, GELU and Dropout take three places of the sequence.
  func key(_ layer: Int) -> String { "expr_encoder.mlp.\(3 * layer)" }

  func declare(in layout: inout ParameterLayout) {
    let genes = configuration.geneCount
    layout.declare(Self.norm + ".weight", [genes], .ones)
    layout.declare(Self.norm + ".bias", [genes], .zeros)
    for layer in 0..<configuration.expressionLayers {
      let inputs = layer == 0 ? genes : configuration.hiddenWidth
      let outputs =
        layer == configuration.expressionLayers - 1 ? configuration.embeddingWidth : configuration.hiddenWidth
      layout.declareLinear(key(layer), inputs: inputs, outputs: outputs)
    }
  }

  /// Everything before the first dropout: `[N, Hd]` after GELU, or `[N, D]` where there is one layer only.
  func prefix(_ tape: Tape, _ block: ParameterBlock, _ input: StandardisedInput) -> Variable {
    activate(tape, tape.normalisedLinear(input, norm: Self.norm, linear: key(0), of: block))
  }

  /// What follows the first Linear up to the first dropout.
  func activate(_ tape: Tape, _ first: Variable) -> Variable {
    configuration.expressionLayers == 1 ? first : tape.gelu(first)
  }

  /// The rest: `[R, D]`.
  func finish(_ tape: Tape, _ block: ParameterBlock, _ prefix: Variable) -> Variable {
    guard configuration.expressionLayers > 1 else { return prefix }
    var x = tape.dropout(prefix, configuration.expressionDropout)
    for layer in 1..<configuration.expressionLayers {
      x = tape.linear(x, key(layer), of: block)
      if layer < configuration.expressionLayers - 1 { x = tape.gelu(x, dropout: configuration.expressionDropout) }
    }
    return x
  }
}

extension ParameterLayout {
  /// PyTorch's Linear: weight `[out, in]` and bias, both uniform in ± 1/sqrt(in).
  mutating func declareLinear(_ key: String, inputs: Int, outputs: Int) {
    let bound = 1 / Float(inputs).squareRoot()
    declare(key + ".weight", [outputs, inputs], .uniform(bound))
    declare(key + ".bias", [outputs], .uniform(bound))
  }

  mutating func declareLayerNorm(_ key: String, width: Int) {
    declare(key + ".weight", [width], .ones)
    declare(key + ".bias", [width], .zeros)
  }
}

extension Tape {
  /// The Linear whose weight and bias are stored under `key`.
  func linear(
    _ x: Variable, _ key: String, of block: ParameterBlock, at place: UnsafeMutablePointer<Float>? = nil
  ) -> Variable {
    linear(x, weight: parameter(key + ".weight", of: block), bias: parameter(key + ".bias", of: block), at: place)
  }
}
