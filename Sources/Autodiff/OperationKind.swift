/// The registry of differentiable operations.
///
/// A tape records nothing without naming its kind here, and the tests ask every kind for a golden case and a gradient
/// check: an operation cannot be added and left unproven.
public enum OperationKind: String, CaseIterable, Sendable {
  case standardisedLinear
  case linear
  case gelu
  case dropout
  case layerNorm
  case addLayerNorm
  case layerNormELU
  case graphAttention
  case graphConvolution
  case neighbourAttention
  case gatedMix
  case concatenateColumns
  case gatherRows
  case crossEntropy
}
