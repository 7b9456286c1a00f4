import StomicsCore

/// Two sums down each column of a sparse matrix, of terms made from row, column and stored value, in Double.
///
/// The rows are cut into at most 16 blocks, whatever the number of threads, and the blocks' sums are added in order.
struct ColumnPairSums {
  /// `[G]` each.
  private(set) var first: [Double]
  private(set) var second: [Double]

  @inline(__always)
  init(_ matrix: CSRMatrix, _ term: (_ row: Int, _ column: Int, _ value: Double) -> (Double, Double)) {
    let width = matrix.columns
    let size = max(64, (matrix.rows + 15) / 16)
    let blocks = (matrix.rows + size - 1) / size
    var firstParts = [Double](repeating: 0, count: blocks * width)
    var secondParts = firstParts
    matrix.indptr.withUnsafeBufferPointer { indptr in
      matrix.indices.withUnsafeBufferPointer { indices in
        matrix.values.withUnsafeBufferPointer { values in
          firstParts.withUnsafeMutableBufferPointer { firstParts in
            secondParts.withUnsafeMutableBufferPointer { secondParts in
              nonisolated(unsafe) let parts = (firstParts, secondParts)
              parallelRows(matrix.rows, blockSize: size) { rows in
                let offset = rows.lowerBound / size * width
                for row in rows {
                  for k in indptr[row]..<indptr[row + 1] {
                    let column = Int(indices[k])
                    let (a, b) = term(row, column, Double(values[k]))
                    parts.0[offset + column] += a
                    parts.1[offset + column] += b
                  }
                }
              }
            }
          }
        }
      }
    }
    first = [Double](repeating: 0, count: width)
    second = first
    for block in 0..<blocks {
      for j in 0..<width {
        first[j] += firstParts[block * width + j]
        second[j] += secondParts[block * width + j]
      }
    }
  }
}
