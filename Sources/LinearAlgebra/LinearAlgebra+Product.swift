import COpenBLAS
import StomicsCore

extension LinearAlgebra {
  /// a · b, either of them transposed first where asked.
  public static func product(
    _ a: Matrix, _ b: Matrix, transposingA: Bool = false, transposingB: Bool = false
  ) -> Matrix {
    prepare()
    let (m, k) = transposingA ? (a.columns, a.rows) : (a.rows, a.columns)
    let (inner, n) = transposingB ? (b.columns, b.rows) : (b.rows, b.columns)
    precondition(k == inner, "a product of [\(m), \(k)] and [\(inner), \(n)]")
    var result = Matrix(rows: m, columns: n)
    if m == 0 || n == 0 || k == 0 { return result }
    a.values.withUnsafeBufferPointer { aBuffer in
      b.values.withUnsafeBufferPointer { bBuffer in
        result.values.withUnsafeMutableBufferPointer { buffer in
          guard let pa = aBuffer.baseAddress, let pb = bBuffer.baseAddress, let pc = buffer.baseAddress else { return }
          parallelRows(m, blockSize: blockRows) { block in
            let r = block.lowerBound
            sgemm(
              transposingA ? .transposed : .plain, transposingB ? .transposed : .plain, block.count, n, k,
              pa + (transposingA ? r : r * k), a.columns, pb, b.columns, 0, pc + r * n, n)
          }
        }
      }
    }
    return result
  }

  /// a · b, either of them transposed first where asked.
  public static func product(
    _ a: DoubleMatrix, _ b: DoubleMatrix, transposingA: Bool = false, transposingB: Bool = false
  ) -> DoubleMatrix {
    prepare()
    let (m, k) = transposingA ? (a.columns, a.rows) : (a.rows, a.columns)
    let (inner, n) = transposingB ? (b.columns, b.rows) : (b.rows, b.columns)
    precondition(k == inner, "a product of [\(m), \(k)] and [\(inner), \(n)]")
    var result = DoubleMatrix(rows: m, columns: n)
    if m == 0 || n == 0 || k == 0 { return result }
    a.values.withUnsafeBufferPointer { aBuffer in
      b.values.withUnsafeBufferPointer { bBuffer in
        result.values.withUnsafeMutableBufferPointer { buffer in
          guard let pa = aBuffer.baseAddress, let pb = bBuffer.baseAddress, let pc = buffer.baseAddress else { return }
          parallelRows(m, blockSize: blockRows) { block in
            let r = block.lowerBound
            cblas_dgemm(
              CblasRowMajor, transposingA ? CblasTrans : CblasNoTrans, transposingB ? CblasTrans : CblasNoTrans,
              Int32(block.count), Int32(n), Int32(k), 1, pa + (transposingA ? r : r * k), Int32(a.columns), pb,
              Int32(b.columns), 0, pc + r * n, Int32(n))
          }
        }
      }
    }
    return result
  }
}
