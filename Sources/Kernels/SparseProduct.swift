import StomicsCore

/// A sparse matrix S `[N, G]` prepared once for many products with dense matrices of few columns.
public struct SparseProduct: Sendable {
  public let rows: Int
  public let columns: Int
  private let matrix: CSRMatrix
  private let transposed: CSRMatrix

  public init(_ matrix: CSRMatrix) {
    rows = matrix.rows
    columns = matrix.columns
    self.matrix = matrix
    transposed = matrix.transposed()
  }

  /// out = S · diag(scale) · Wᵀ, shape `[N, H]`.
  /// - Parameters:
  ///   - weights: W, `[H, G]`; width: H
  ///   - scale: `[G]`, or nil for ones
  public func multiply(
    weights: UnsafePointer<Float>, width H: Int, scale: UnsafePointer<Float>?, into out: UnsafeMutablePointer<Float>
  ) {
    var packed = [Float](repeating: 0, count: columns * H)
    for h in 0..<H {
      for g in 0..<columns { packed[g * H + h] = weights[h * columns + g] * (scale?[g] ?? 1) }
    }
    packed.withUnsafeBufferPointer { buffer in
      guard let packed = buffer.baseAddress else { return }
      SparseProduct.product(matrix, packed, H, out)
    }
  }

  /// m = (Sᵀ · dY)ᵀ, shape `[H, G]`, with dY `[N, H]`; overwrites m.
  public func transposedProduct(
    gradient dY: UnsafePointer<Float>, width H: Int, into m: UnsafeMutablePointer<Float>
  ) {
    var product = [Float](repeating: 0, count: columns * H)
    product.withUnsafeMutableBufferPointer { buffer in
      guard let product = buffer.baseAddress else { return }
      SparseProduct.product(transposed, dY, H, product)
      for h in 0..<H {
        for g in 0..<columns { m[h * columns + g] = product[g * H + h] }
      }
    }
  }

  /// out = matrix · x for x `[columns, width]`.
  private static func product(
    _ matrix: CSRMatrix, _ x: UnsafePointer<Float>, _ width: Int, _ out: UnsafeMutablePointer<Float>
  ) {
    parallelRows(matrix.rows, blockSize: 64) { rows in
      for i in rows {
        let row = out + i * width
        for k in 0..<width { row[k] = 0 }
        for e in matrix.range(ofRow: i) {
          let value = matrix.values[e]
          let source = x + Int(matrix.indices[e]) * width
          for k in 0..<width { row[k] += value * source[k] }
        }
      }
    }
  }
}
