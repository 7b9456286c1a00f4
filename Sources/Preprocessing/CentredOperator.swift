import StomicsCore

/// Eight vectors side by side: element r holds the r-th entries of all of them.
typealias VectorBlock = [SIMD8<Double>]

/// C = S - 1 sᵀ: a sparse matrix with its column means taken off, never made dense; and one of CᵀC `[G, G]` and CCᵀ
/// `[N, N]`, whichever is smaller.
struct CentredOperator {
  private let sparse: CSRMatrix
  private let transposed: CSRMatrix
  /// Column means s, `[G]`.
  private let means: [Double]
  /// Whether the products run over genes (CᵀC) or over spots (CCᵀ).
  let overGenes: Bool

  init(_ sparse: CSRMatrix) {
    self.sparse = sparse
    transposed = sparse.transposed()
    means = ColumnSums(sparse) { Identity() }.sum.map { $0 / Double(max(sparse.rows, 1)) }
    overGenes = sparse.columns <= sparse.rows
  }

  /// The size of the smaller product.
  var order: Int { overGenes ? sparse.columns : sparse.rows }

  /// The sum of C's squares: N - 1 times the total variance.
  var totalSquares: Double {
    var total = 0.0
    let sums = ColumnSums(sparse) { Identity() }
    for j in means.indices { total += sums.squares[j] - Double(sparse.rows) * means[j] * means[j] }
    return total
  }

  /// One application of the smaller product.
  func product(_ block: VectorBlock) -> VectorBlock {
    overGenes ? toGenes(toSpots(block)) : toSpots(toGenes(block))
  }

  /// C v: `[G]` to `[N]`.
  func toSpots(_ v: VectorBlock) -> VectorBlock {
    var shift = SIMD8<Double>.zero
    for j in v.indices { shift += v[j] * means[j] }
    return CentredOperator.multiply(sparse, v) { _ in shift }
  }

  /// Cᵀ y: `[N]` to `[G]`.
  func toGenes(_ y: VectorBlock) -> VectorBlock {
    var total = SIMD8<Double>.zero
    for value in y { total += value }
    return CentredOperator.multiply(transposed, y) { total * means[$0] }
  }

  /// Sparse times block, less `shift(row)` in each row.
  @inline(__always)
  private static func multiply(
    _ matrix: CSRMatrix, _ block: VectorBlock, _ shift: (Int) -> SIMD8<Double>
  ) -> VectorBlock {
    VectorBlock(unsafeUninitializedCapacity: matrix.rows) { out, count in
      nonisolated(unsafe) let out = out
      matrix.indptr.withUnsafeBufferPointer { indptr in
        matrix.indices.withUnsafeBufferPointer { indices in
          matrix.values.withUnsafeBufferPointer { values in
            block.withUnsafeBufferPointer { block in
              parallelRows(matrix.rows, blockSize: 128) { rows in
                for i in rows {
                  var sum = SIMD8<Double>.zero
                  for k in indptr[i]..<indptr[i + 1] {
                    sum += block[Int(indices[k])] * Double(values[k])
                  }
                  out.initializeElement(at: i, to: sum - shift(i))
                }
              }
            }
          }
        }
      }
      count = matrix.rows
    }
  }
}
