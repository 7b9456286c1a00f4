extension Kernels {
  /// y = dropout(GELU(x)) with the exact GELU, x Φ(x).
  /// - Source: Hendrycks and Gimpel 2016.
  public static func gelu(_ x: Input, into y: Output, count: Int, dropout: Dropout) {
    let draw = dropout.draw
    elements(count) { first, n in native.gelu(x + first, y + first, n, first, draw) }
  }

  /// Accumulates into dx the derivative of `gelu`.
  public static func geluBackward(_ x: Input, dy: Input, dx: Output, count: Int, dropout: Dropout) {
    let draw = dropout.draw
    elements(count) { first, n in native.geluBackward(x + first, dy + first, dx + first, n, first, draw) }
  }

  /// y = x where kept, scaled by 1 / (1 - p), else 0.
  public static func dropout(_ x: Input, into y: Output, count: Int, dropout: Dropout) {
    let draw = dropout.draw
    elements(count) { first, n in native.dropout(x + first, y + first, n, first, draw) }
  }

  /// Accumulates into dx the derivative of `dropout`.
  public static func dropoutBackward(_ dy: Input, dx: Output, count: Int, dropout: Dropout) {
    let draw = dropout.draw
    elements(count) { first, n in native.dropoutBackward(dy + first, dx + first, n, first, draw) }
  }

  /// y = g a + (1 - g) b with g = sigmoid(gateLogits), which is saved in `gate`.
  public static func gatedMix(
    _ gateLogits: Input, a: Input, b: Input, into y: Output, gate: Output, count: Int
  ) {
    elements(count) { first, n in
      native.gatedMix(gateLogits + first, a + first, b + first, y + first, gate + first, n)
    }
  }

  /// Accumulates the derivatives of `gatedMix` into all three.
  public static func gatedMixBackward(
    _ gate: Input, a: Input, b: Input, dy: Input, dGateLogits: Output, da: Output, db: Output, count: Int
  ) {
    elements(count) { first, n in
      native.gatedMixBackward(
        gate + first, a + first, b + first, dy + first, dGateLogits + first, da + first, db + first, n)
    }
  }
}
