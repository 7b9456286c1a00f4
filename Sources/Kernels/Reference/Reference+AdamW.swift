import CKernels

extension Reference {
  static func adamW(_ p: Output, _ g: Input, _ m: Output, _ v: Output, _ count: Int, _ s: stomics_adam_step) {
    for t in 0..<count {
      m[t] += (g[t] - m[t]) * s.fresh1
      v[t] = v[t] * s.beta2 + g[t] * g[t] * s.fresh2
      p[t] = p[t] * s.keep - s.step_size * (m[t] / (v[t].squareRoot() * s.inverse_root_correction + s.epsilon))
    }
  }
}
