import StomicsCore

/// Eight vectors side by side: element r holds the r-th entries of all of them.
typealias VectorBlock = [SIMD8<Double>]

/// C = S - 1 sᵀ: a sparse matrix with its column means taken off, those of each slice by themselves, never made dense; and
/// one of CᵀC `[G, G]` and CCᵀ `[N, N]`, whichever is smaller.
struct CentredOperator {
  private let sparse: CSRMatrix
  private let transposed: CSRMatrix
  private let slices: [Range<Int>]
  /// Column means s of every slice, `[slices][G]`.
  private let means: [[Double]]
  /// The sum of C's squares: of one slice, N - 1 times the total variance.
  let totalSquares: Double
  /// Whether the products run over genes (CᵀC) or over spots (CCᵀ).
  let overGenes: Bool

  /// - Parameter matrix: a constant offset of a slice's column drops out of C, so its sparse part alone is looked at.
  init(_ matrix: StandardisedMatrix) {
    let sparse = matrix.sparse
    self.sparse = sparse
    transposed = sparse.transposed()
    slices = matrix.slices
    var means = [[Double]]()
    var total = 0.0
    for range in matrix.slices {
      let part = range.count == sparse.rows ? sparse : sparse.gatheringRows(Array(range))
      let sums = ColumnSums(part) { Identity() }
      let own = sums.sum.map { $0 / Double(max(range.count, 1)) }
      for j in own.indices { total += sums.squares[j] - Double(range.count) * own[j] * own[j] }
      means.append(own)
    }
    self.means = means
    totalSquares = total
    overGenes = sparse.columns <= sparse.rows
  }

  /// The size of the smaller product.
  var order: Int { overGenes ? sparse.columns : sparse.rows }

  /// One application of the smaller product.
  func product(_ block: VectorBlock) -> VectorBlock {
    overGenes ? toGenes(toSpots(block)) : toSpots(toGenes(block))
  }

  /// C v: `[G]` to `[N]`.
  func toSpots(_ v: VectorBlock) -> VectorBlock {
    var shifts = [SIMD8<Double>]()
    for (range, means) in zip(slices, means) {
      var shift = SIMD8<Double>.zero
      for j in v.indices { shift += v[j] * means[j] }
      shifts += [SIMD8<Double>](repeating: shift, count: range.count)
    }
    return CentredOperator.multiply(sparse, v) { shifts[$0] }
  }

  /// Cᵀ y: `[N]` to `[G]`.
  func toGenes(_ y: VectorBlock) -> VectorBlock {
    let totals = slices.map { range in
      var total = SIMD8<Double>.zero
      for i in range { total += y[i] }
      return total
    }
    return CentredOperator.multiply(transposed, y) { j in
      var shift = SIMD8<Double>.zero
      for (total, means) in zip(totals, means) { shift += total * means[j] }
      return shift
    }
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
