import CKernels
import Glibc

extension Reference {
  /// Mean and 1 / deviation of one row: biased variance, eps 1e-5.
  private static func statistics(_ x: Input, _ columns: Int) -> (mean: Float, rstd: Float) {
    var sum: Float = 0
    for k in 0..<columns { sum += x[k] }
    let mean = sum / Float(columns)
    var squares: Float = 0
    for k in 0..<columns { squares += (x[k] - mean) * (x[k] - mean) }
    return (mean, 1 / (squares / Float(columns) + 1e-5).squareRoot())
  }

  static func layerNorm(
    _ x: Input, _ gamma: Input, _ beta: Input, _ y: Output, _ mean: Output, _ rstd: Output, _ rows: Int,
    _ columns: Int
  ) {
    for i in 0..<rows {
      let row = x + i * columns
      let (m, r) = statistics(row, columns)
      mean[i] = m
      rstd[i] = r
      for k in 0..<columns { y[i * columns + k] = (row[k] - m) * r * gamma[k] + beta[k] }
    }
  }

  /// The derivative of one normalised row: d = rstd (g - mean(g) - x̂ mean(g x̂)) with g = dz gamma; adds to dGamma, dBeta.
  private static func rowBackward(
    _ x: Input, _ mean: Float, _ rstd: Float, _ gamma: Input, _ columns: Int, _ dGamma: Output, _ dBeta: Output,
    dz: (Int) -> Float, result: (Int, Float) -> Void
  ) {
    var sum: Float = 0
    var weighted: Float = 0
    for k in 0..<columns {
      let normal = (x[k] - mean) * rstd
      let d = dz(k)
      dGamma[k] += d * normal
      dBeta[k] += d
      sum += d * gamma[k]
      weighted += d * gamma[k] * normal
    }
    sum /= Float(columns)
    weighted /= Float(columns)
    for k in 0..<columns {
      let normal = (x[k] - mean) * rstd
      result(k, rstd * (dz(k) * gamma[k] - sum - normal * weighted))
    }
  }

  static func layerNormBackward(
    _ x: Input, _ mean: Input, _ rstd: Input, _ gamma: Input, _ dy: Input, _ dx: Output, _ dGamma: Output,
    _ dBeta: Output, _ rows: Int, _ columns: Int
  ) {
    for i in 0..<rows {
      let t = i * columns
      rowBackward(x + t, mean[i], rstd[i], gamma, columns, dGamma, dBeta) {
        dy[t + $0]
      } result: {
        dx[t + $0] += $1
      }
    }
  }

  static func addLayerNorm(
    _ x: Input, _ a: Input, _ gamma: Input, _ beta: Input, _ sum: Output, _ y: Output, _ mean: Output,
    _ rstd: Output, _ rows: Int, _ columns: Int, _ first: Int, _ draw: stomics_draw
  ) {
    for t in 0..<rows * columns { sum[t] = x[t] + a[t] * draw.factor(first + t) }
    layerNorm(sum, gamma, beta, y, mean, rstd, rows, columns)
  }

  static func addLayerNormBackward(
    _ sum: Input, _ mean: Input, _ rstd: Input, _ gamma: Input, _ dy: Input, _ dx: Output, _ da: Output,
    _ dGamma: Output, _ dBeta: Output, _ rows: Int, _ columns: Int, _ first: Int, _ draw: stomics_draw
  ) {
    for i in 0..<rows {
      let t = i * columns
      rowBackward(sum + t, mean[i], rstd[i], gamma, columns, dGamma, dBeta) {
        dy[t + $0]
      } result: {
        dx[t + $0] += $1
        da[t + $0] += $1 * draw.factor(first + t + $0)
      }
    }
  }

  static func layerNormELU(
    _ x: Input, _ gamma: Input, _ beta: Input, _ residual: Input?, _ y: Output, _ mean: Output, _ rstd: Output,
    _ rows: Int, _ columns: Int, _ first: Int, _ draw: stomics_draw
  ) {
    layerNorm(x, gamma, beta, y, mean, rstd, rows, columns)
    for t in 0..<rows * columns {
      let elu = y[t] > 0 ? y[t] : expm1f(y[t])
      y[t] = elu * draw.factor(first + t)
    }
    if let residual { for t in 0..<rows * columns { y[t] += residual[t] } }
  }

  static func layerNormELUBackward(
    _ x: Input, _ mean: Input, _ rstd: Input, _ gamma: Input, _ beta: Input, _ dy: Input, _ dx: Output,
    _ dResidual: Output?, _ dGamma: Output, _ dBeta: Output, _ scratch: Output, _ rows: Int, _ columns: Int,
    _ first: Int,
    _ draw: stomics_draw
  ) {
    for i in 0..<rows {
      let t = i * columns
      let m = mean[i]
      let r = rstd[i]
      for k in 0..<columns {
        let z = (x[t + k] - m) * r * gamma[k] + beta[k]
        scratch[k] = dy[t + k] * draw.factor(first + t + k) * (z > 0 ? 1 : expf(z))
      }
      rowBackward(x + t, m, r, gamma, columns, dGamma, dBeta) {
        scratch[$0]
      } result: {
        dx[t + $0] += $1
      }
    }
    if let dResidual { for t in 0..<rows * columns { dResidual[t] += dy[t] } }
  }
}
