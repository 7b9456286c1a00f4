import Autodiff

/// LayerNorm(F) → Linear(F, D) → GELU → Dropout: an embedding of obsm in the place of the genes.
struct EmbeddingProjection {
  let configuration: ModelConfiguration
  /// The published system's key of the projection, which names the embedding's family.
  let key: String
  /// F
  let inputWidth: Int

  func declare(in layout: inout ParameterLayout) {
    layout.declareLayerNorm(key + ".0", width: inputWidth)
    layout.declareLinear(key + ".1", inputs: inputWidth, outputs: configuration.embeddingWidth)
  }

  /// Everything before the dropout, `[N, D]`.
  func prefix(_ tape: Tape, _ block: ParameterBlock, _ input: StandardisedInput) -> Variable {
    tape.gelu(tape.normalisedLinear(input, norm: key + ".0", linear: key + ".1", of: block))
  }

  /// The dropout, `[R, D]`.
  func finish(_ tape: Tape, _ prefix: Variable) -> Variable {
    tape.dropout(prefix, configuration.expressionDropout)
  }
}

/// LayerNorm(F) → Linear(F, D) → GELU → Dropout → Linear(D, D) of image features.
struct ImageEncoder {
  let configuration: ModelConfiguration
  /// F
  let inputWidth: Int

  private let key = "image_encoder.projection"

  init(configuration: ModelConfiguration, inputWidth: Int) {
    self.configuration = configuration
    self.inputWidth = inputWidth
  }

  func declare(in layout: inout ParameterLayout) {
    let width = configuration.embeddingWidth
    layout.declareLayerNorm(key + ".0", width: inputWidth)
    layout.declareLinear(key + ".1", inputs: inputWidth, outputs: width)
    layout.declareLinear(key + ".4", inputs: width, outputs: width)
  }

  /// Everything before the dropout, `[N, D]`.
  func prefix(_ tape: Tape, _ block: ParameterBlock, _ input: StandardisedInput) -> Variable {
    tape.gelu(tape.normalisedLinear(input, norm: key + ".0", linear: key + ".1", of: block))
  }

  /// The rest, `[R, D]`.
  func finish(_ tape: Tape, _ block: ParameterBlock, _ prefix: Variable) -> Variable {
    tape.linear(tape.dropout(prefix, configuration.expressionDropout), key + ".4", of: block)
  }
}

/// g = sigmoid(Linear([fused; image])), LN(g fused + (1 - g) image).
struct MultimodalGate {
  let configuration: ModelConfiguration

  func declare(in layout: inout ParameterLayout) {
    let width = configuration.embeddingWidth
    layout.declareLinear("multimodal_gate.0", inputs: 2 * width, outputs: width)
    layout.declareLayerNorm("multimodal_norm", width: width)
  }

  /// - Parameters:
  ///   - fused, image: `[R, D]`
  /// - Returns: `[R, D]`
  func callAsFunction(
    _ tape: Tape, _ block: ParameterBlock, fused: Variable, image: Variable, _ trace: ModelTrace?
  ) -> Variable {
    let logits = tape.linear(tape.concatenateColumns(fused, image), "multimodal_gate.0", of: block)
    trace?.imageGateLogits = logits
    return tape.layerNorm(
      tape.gatedMix(logits: logits, fused, image), gamma: tape.parameter("multimodal_norm.weight", of: block),
      beta: tape.parameter("multimodal_norm.bias", of: block))
  }
}

extension Tape {
  /// LayerNorm and Linear of a prepared input, stored under two keys: `[N, D]`.
  func normalisedLinear(
    _ input: StandardisedInput, norm: String, linear: String, of block: ParameterBlock
  ) -> Variable {
    standardisedLinear(
      input, weight: parameter(linear + ".weight", of: block), bias: parameter(linear + ".bias", of: block),
      gamma: parameter(norm + ".weight", of: block), beta: parameter(norm + ".bias", of: block))
  }
}
