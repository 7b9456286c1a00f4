import CKernels
import Glibc

extension Reference {
  static func gelu(_ x: Input, _ y: Output, _ count: Int, _ first: Int, _ draw: stomics_draw) {
    for t in 0..<count {
      let value = 0.5 * x[t] * (1 + erff(x[t] * 0.707_106_78))
      y[t] = value * draw.factor(first + t)
    }
  }

  static func geluBackward(_ x: Input, _ dy: Input, _ dx: Output, _ count: Int, _ first: Int, _ draw: stomics_draw) {
    for t in 0..<count {
      let cumulative = 0.5 * (1 + erff(x[t] * 0.707_106_78))
      let density = 0.398_942_28 * expf(-0.5 * x[t] * x[t])
      dx[t] += dy[t] * draw.factor(first + t) * (cumulative + x[t] * density)
    }
  }

  static func dropout(_ x: Input, _ y: Output, _ count: Int, _ first: Int, _ draw: stomics_draw) {
    for t in 0..<count { y[t] = x[t] * draw.factor(first + t) }
  }

  static func dropoutBackward(_ dy: Input, _ dx: Output, _ count: Int, _ first: Int, _ draw: stomics_draw) {
    for t in 0..<count { dx[t] += dy[t] * draw.factor(first + t) }
  }

  static func gatedMix(_ logits: Input, _ a: Input, _ b: Input, _ y: Output, _ gate: Output, _ count: Int) {
    for t in 0..<count {
      let g = 1 / (1 + expf(-logits[t]))
      gate[t] = g
      y[t] = g * a[t] + (1 - g) * b[t]
    }
  }

  static func gatedMixBackward(
    _ gate: Input, _ a: Input, _ b: Input, _ dy: Input, _ dLogits: Output, _ da: Output, _ db: Output, _ count: Int
  ) {
    for t in 0..<count {
      let g = gate[t]
      dLogits[t] += dy[t] * (a[t] - b[t]) * g * (1 - g)
      da[t] += dy[t] * g
      db[t] += dy[t] * (1 - g)
    }
  }
}
