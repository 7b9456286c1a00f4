// Layer normalisation of each row (Ba et al. 2016): biased variance, eps 1e-5, then gamma and beta. The forms fused with
// what stands beside it in the models save one pass over memory each.

import StomicsCore

extension Kernels {
  /// y = LN(x) gamma + beta for every row of x `[rows, columns]`; the rows' mean and 1 / deviation are saved, `[rows]`.
  public static func layerNorm(
    _ x: Input, gamma: Input, beta: Input, into y: Output, mean: Output, rstd: Output, rows: Int, columns: Int
  ) {
    parallelRows(rows, blockSize: rowBlock(columns: columns)) { block in
      let r = block.lowerBound
      let t = r * columns
      native.layerNorm(x + t, gamma, beta, y + t, mean + r, rstd + r, block.count, columns)
    }
  }

  /// Accumulates the derivatives of `layerNorm`: dx `[rows, columns]`, dGamma and dBeta `[columns]`.
  public static func layerNormBackward(
    _ x: Input, mean: Input, rstd: Input, gamma: Input, dy: Input, dx: Output, dGamma: Output, dBeta: Output,
    rows: Int, columns: Int
  ) {
    affineBackward(rows: rows, columns: columns, dGamma: dGamma, dBeta: dBeta) { r, t, n, partialGamma, partialBeta in
      native.layerNormBackward(
        x + t, mean + r, rstd + r, gamma, dy + t, dx + t, partialGamma, partialBeta, n, columns)
    }
  }

  /// sum = x + dropout(a), y = LN(sum) gamma + beta; sum is saved, `[rows, columns]`.
  public static func addLayerNorm(
    _ x: Input, a: Input, dropout: Dropout, gamma: Input, beta: Input, sum: Output, into y: Output, mean: Output,
    rstd: Output, rows: Int, columns: Int
  ) {
    let draw = dropout.draw
    parallelRows(rows, blockSize: rowBlock(columns: columns)) { block in
      let r = block.lowerBound
      let t = r * columns
      native.addLayerNorm(
        x + t, a + t, gamma, beta, sum + t, y + t, mean + r, rstd + r, block.count, columns, t, draw)
    }
  }

  /// Accumulates the derivatives of `addLayerNorm`.
  public static func addLayerNormBackward(
    _ sum: Input, mean: Input, rstd: Input, gamma: Input, dy: Input, dropout: Dropout, dx: Output, da: Output,
    dGamma: Output, dBeta: Output, rows: Int, columns: Int
  ) {
    let draw = dropout.draw
    affineBackward(rows: rows, columns: columns, dGamma: dGamma, dBeta: dBeta) { r, t, n, partialGamma, partialBeta in
      native.addLayerNormBackward(
        sum + t, mean + r, rstd + r, gamma, dy + t, dx + t, da + t, partialGamma, partialBeta, n, columns, t, draw)
    }
  }

  /// y = dropout(ELU(LN(x) gamma + beta)) + residual; without a residual nothing is added.
  public static func layerNormELU(
    _ x: Input, gamma: Input, beta: Input, residual: Input?, dropout: Dropout, into y: Output, mean: Output,
    rstd: Output, rows: Int, columns: Int
  ) {
    let draw = dropout.draw
    parallelRows(rows, blockSize: rowBlock(columns: columns)) { block in
      let r = block.lowerBound
      let t = r * columns
      native.layerNormELU(
        x + t, gamma, beta, residual.map { $0 + t }, y + t, mean + r, rstd + r, block.count, columns, t, draw)
    }
  }

  /// Accumulates the derivatives of `layerNormELU`.
  public static func layerNormELUBackward(
    _ x: Input, mean: Input, rstd: Input, gamma: Input, beta: Input, dy: Input, dropout: Dropout, dx: Output,
    dResidual: Output?, dGamma: Output, dBeta: Output, rows: Int, columns: Int
  ) {
    let draw = dropout.draw
    affineBackward(rows: rows, columns: columns, dGamma: dGamma, dBeta: dBeta) { r, t, n, partialGamma, partialBeta in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { scratch in
        guard let scratch = scratch.baseAddress else { return }
        native.layerNormELUBackward(
          x + t, mean + r, rstd + r, gamma, beta, dy + t, dx + t, dResidual.map { $0 + t }, partialGamma, partialBeta,
          scratch, n, columns, t, draw)
      }
    }
  }

  /// Runs a backward pass over blocks of rows, each with its own sums for gamma and beta, and adds these in block order.
  private static func affineBackward(
    rows: Int, columns: Int, dGamma: Output, dBeta: Output,
    _ body: (_ row: Int, _ element: Int, _ rows: Int, _ dGamma: Output, _ dBeta: Output) -> Void
  ) {
    reducingRows(rows, blockSize: rowBlock(columns: columns), width: 2 * columns) { block, partial in
      body(block.lowerBound, block.lowerBound * columns, block.count, partial, partial + columns)
    } finish: { sums in
      for k in 0..<columns {
        dGamma[k] += sums[k]
        dBeta[k] += sums[columns + k]
      }
    }
  }
}
