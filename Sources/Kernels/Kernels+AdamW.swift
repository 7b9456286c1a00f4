import CKernels

extension Kernels {
  /// One step of AdamW over a flat block of parameters, in PyTorch's order: p *= 1 - lr·decay; m, v; then
  /// p -= lr / (1 - β₁ᵗ) · m / (√v / √(1 - β₂ᵗ) + ε).
  /// - Parameters:
  ///   - m, v: `[count]`, the running moments, 0 before the first step
  ///   - step: t, 1 at the first step
  /// - Source: Loshchilov and Hutter 2019, algorithm 2, as torch.optim.AdamW orders it.
  public static func adamW(
    _ parameters: Output, gradients: Input, m: Output, v: Output, count: Int, learningRate: Double,
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double, step: Int
  ) {
    precondition(step >= 1, "the first step is step 1")
    let settings = stomics_adam_step(
      learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay, step: step)
    elements(count) { first, n in
      native.adamW(parameters + first, gradients + first, m + first, v + first, n, settings)
    }
  }
}

extension stomics_adam_step {
  /// The constants of one step, rounded once from Double.
  init(learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, step: Int) {
    self.init(
      keep: Float(1 - learningRate * weightDecay), fresh1: Float(1 - beta1), beta2: Float(beta2),
      fresh2: Float(1 - beta2), step_size: Float(learningRate / (1 - stomics_adam_step.power(beta1, step))),
      inverse_root_correction: Float(1 / (1 - stomics_adam_step.power(beta2, step)).squareRoot()),
      epsilon: Float(epsilon))
  }

  /// base to the power of a whole number, by squaring: the same bits on every machine.
  private static func power(_ base: Double, _ exponent: Int) -> Double {
    var result = 1.0
    var square = base
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result *= square }
      square *= square
      rest >>= 1
    }
    return result
  }
}
