import COpenBLAS
import Kernels
import StomicsCore

extension LinearAlgebra {
  /// Elements that are read.
  public typealias Input = UnsafePointer<Float>
  /// Elements that are written or added to.
  public typealias Output = UnsafeMutablePointer<Float>

  /// Rows a block of a product works on.
  static let blockRows = 256

  /// y = x wᵀ + bias: a linear layer.
  /// - Parameters:
  ///   - x: `[rows, inputs]`; w: `[outputs, inputs]`; bias: `[outputs]` or nil; y: `[rows, outputs]`
  public static func linear(
    _ x: Input, w: Input, bias: Input?, into y: Output, rows: Int, inputs: Int, outputs: Int
  ) {
    if Kernels.hasFastProducts {
      Kernels.linear(x, w: w, bias: bias, into: y, rows: rows, inputs: inputs, outputs: outputs)
    } else {
      BLASLinear.linear(x, w: w, bias: bias, into: y, rows: rows, inputs: inputs, outputs: outputs)
    }
  }

  /// Accumulates dx += dy w, the derivative of `linear` by its input.
  public static func linearInputGradient(
    _ dy: Input, w: Input, dx: Output, rows: Int, inputs: Int, outputs: Int
  ) {
    if Kernels.hasFastProducts {
      Kernels.linearInputGradient(dy, w: w, dx: dx, rows: rows, inputs: inputs, outputs: outputs)
    } else {
      BLASLinear.linearInputGradient(dy, w: w, dx: dx, rows: rows, inputs: inputs, outputs: outputs)
    }
  }

  /// Accumulates dw += dyᵀ x, the derivative of `linear` by its weights; dy `[rows, outputs]`, x `[rows, inputs]`.
  public static func linearWeightGradient(
    _ dy: Input, x: Input, dw: Output, rows: Int, inputs: Int, outputs: Int
  ) {
    if Kernels.hasFastProducts {
      Kernels.linearWeightGradient(dy, x: x, dw: dw, rows: rows, inputs: inputs, outputs: outputs)
    } else {
      BLASLinear.linearWeightGradient(dy, x: x, dw: dw, rows: rows, inputs: inputs, outputs: outputs)
    }
  }
}

/// The linear layer's products on OpenBLAS, for processors the kernels have no fast products for.
enum BLASLinear {
  typealias Input = LinearAlgebra.Input
  typealias Output = LinearAlgebra.Output

  static func linear(_ x: Input, w: Input, bias: Input?, into y: Output, rows: Int, inputs: Int, outputs: Int) {
    LinearAlgebra.prepare()
    parallelRows(rows, blockSize: LinearAlgebra.blockRows) { block in
      let r = block.lowerBound
      if let bias { for i in block { (y + i * outputs).update(from: bias, count: outputs) } }
      LinearAlgebra.sgemm(
        .plain, .transposed, block.count, outputs, inputs, x + r * inputs, inputs, w, inputs, bias == nil ? 0 : 1,
        y + r * outputs, outputs)
    }
  }

  static func linearInputGradient(_ dy: Input, w: Input, dx: Output, rows: Int, inputs: Int, outputs: Int) {
    LinearAlgebra.prepare()
    parallelRows(rows, blockSize: LinearAlgebra.blockRows) { block in
      let r = block.lowerBound
      LinearAlgebra.sgemm(
        .plain, .plain, block.count, inputs, outputs, dy + r * outputs, outputs, w, inputs, 1, dx + r * inputs, inputs)
    }
  }

  static func linearWeightGradient(_ dy: Input, x: Input, dw: Output, rows: Int, inputs: Int, outputs: Int) {
    LinearAlgebra.prepare()
    parallelRows(outputs, blockSize: 64) { block in
      let o = block.lowerBound
      LinearAlgebra.sgemm(
        .transposed, .plain, block.count, inputs, rows, dy + o, outputs, x, inputs, 1, dw + o * inputs, inputs)
    }
  }
}

extension LinearAlgebra {
  enum Form { case plain, transposed }

  /// c = op(a) op(b) + beta c, shape `[m, n]`, inner size k; leading dimensions are row lengths.
  static func sgemm(
    _ formA: Form, _ formB: Form, _ m: Int, _ n: Int, _ k: Int, _ a: Input, _ lda: Int, _ b: Input, _ ldb: Int,
    _ beta: Float, _ c: Output, _ ldc: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, formA == .plain ? CblasNoTrans : CblasTrans, formB == .plain ? CblasNoTrans : CblasTrans,
      Int32(m), Int32(n), Int32(k), 1, a, Int32(lda), b, Int32(ldb), beta, c, Int32(ldc))
  }
}
