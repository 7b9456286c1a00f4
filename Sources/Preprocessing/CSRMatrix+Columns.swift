import StomicsCore

/// Sums down the columns of a sparse matrix, in Double.
///
/// The rows are cut into at most 16 blocks, whatever the number of threads, and the blocks' sums are added in order.
struct ColumnSums {
  /// `[G]`: stored values above 0.
  var positive: [Int]
  /// `[G]`: sum and sum of squares.
  var sum: [Double]
  var squares: [Double]

  private static let blocks = 16

  /// Sums `transform(value)` over the rows; zeros count as zeros, so `transform(0)` must be 0.
  /// - Parameter makeTransform: called once a block, so that a transform may remember.
  init<Transform: ValueTransform>(_ matrix: CSRMatrix, _ makeTransform: () -> Transform) {
    let width = matrix.columns
    let size = max(64, (matrix.rows + Self.blocks - 1) / Self.blocks)
    let count = (matrix.rows + size - 1) / size
    var partSum = [Double](repeating: 0, count: count * width)
    var partSquares = partSum
    var partPositive = [Int32](repeating: 0, count: count * width)
    matrix.indptr.withUnsafeBufferPointer { indptr in
      matrix.indices.withUnsafeBufferPointer { indices in
        matrix.values.withUnsafeBufferPointer { values in
          partSum.withUnsafeMutableBufferPointer { partSum in
            partSquares.withUnsafeMutableBufferPointer { partSquares in
              partPositive.withUnsafeMutableBufferPointer { partPositive in
                nonisolated(unsafe) let parts = (partSum, partSquares, partPositive)
                parallelRows(matrix.rows, blockSize: size) { rows in
                  var transform = makeTransform()
                  let offset = rows.lowerBound / size * width
                  for k in indptr[rows.lowerBound]..<indptr[rows.upperBound] {
                    let value = transform(values[k])
                    let j = offset + Int(indices[k])
                    parts.0[j] += value
                    parts.1[j] += value * value
                    parts.2[j] += value > 0 ? 1 : 0
                  }
                }
              }
            }
          }
        }
      }
    }
    sum = [Double](repeating: 0, count: width)
    squares = sum
    positive = [Int](repeating: 0, count: width)
    for block in 0..<count {
      for j in 0..<width {
        sum[j] += partSum[block * width + j]
        squares[j] += partSquares[block * width + j]
        positive[j] += Int(partPositive[block * width + j])
      }
    }
  }

  /// Mean and variance (ddof 1) of each column over `rows` rows. A variance below the rounding of the sums is 0.
  func moments(rows: Int) -> (means: [Double], variances: [Double]) {
    let n = Double(rows)
    var means = [Double](repeating: 0, count: sum.count)
    var variances = means
    for j in sum.indices {
      let mean = rows == 0 ? 0 : sum[j] / n
      let spread = squares[j] - n * mean * mean
      means[j] = mean
      variances[j] = rows < 2 || spread <= 1e-13 * squares[j] ? 0 : spread / (n - 1)
    }
    return (means, variances)
  }
}

/// A function of one value that keeps 0 at 0.
protocol ValueTransform {
  mutating func callAsFunction(_ value: Float) -> Double
}

struct Identity: ValueTransform {
  func callAsFunction(_ value: Float) -> Double { Double(value) }
}

extension CSRMatrix {
  /// The given rows in order and the columns that `newColumn` maps to 0 or more (rising with the old number); stored
  /// zeros are left out. Parallel; linear in the entries.
  func selecting(rows rowList: [Int], newColumn: [Int32], columnCount: Int) -> CSRMatrix {
    var pointers = [Int](repeating: 0, count: rowList.count + 1)
    let blockSize = 256
    return indices.withUnsafeBufferPointer { indices in
      values.withUnsafeBufferPointer { values in
        newColumn.withUnsafeBufferPointer { newColumn in
          pointers.withUnsafeMutableBufferPointer { pointers in
            nonisolated(unsafe) let pointers = pointers
            parallelRows(rowList.count, blockSize: blockSize) { block in
              for r in block {
                var kept = 0
                for k in range(ofRow: rowList[r]) {
                  kept += newColumn[Int(indices[k])] >= 0 && values[k] != 0 ? 1 : 0
                }
                pointers[r + 1] = kept
              }
            }
          }
          for r in rowList.indices { pointers[r + 1] += pointers[r] }
          let total = pointers[rowList.count]
          var newValues: [Float] = []
          let newIndices = [Int32](unsafeUninitializedCapacity: total) { outIndices, indexCount in
            newValues = [Float](unsafeUninitializedCapacity: total) { outValues, valueCount in
              nonisolated(unsafe) let out = (outIndices, outValues)
              parallelRows(rowList.count, blockSize: blockSize) { block in
                for r in block {
                  var place = pointers[r]
                  for k in range(ofRow: rowList[r]) {
                    let j = newColumn[Int(indices[k])]
                    if j >= 0 && values[k] != 0 {
                      out.0[place] = j
                      out.1[place] = values[k]
                      place += 1
                    }
                  }
                }
              }
              valueCount = total
            }
            indexCount = total
          }
          return CSRMatrix(
            rows: rowList.count, columns: columnCount, indptr: pointers, indices: newIndices, values: newValues)
        }
      }
    }
  }

  /// The sum and the number of positive values of each row, over the columns where `included`.
  func rowSums(included: [Bool]? = nil) -> (sums: [Double], positive: [Int32]) {
    var sums = [Double](repeating: 0, count: rows)
    var positive = [Int32](repeating: 0, count: rows)
    sums.withUnsafeMutableBufferPointer { sums in
      positive.withUnsafeMutableBufferPointer { positive in
        nonisolated(unsafe) let out = (sums, positive)
        parallelRows(rows, blockSize: 256) { block in
          for i in block {
            var sum = 0.0
            var count: Int32 = 0
            for k in range(ofRow: i) where included?[Int(indices[k])] ?? true {
              sum += Double(values[k])
              count += values[k] > 0 ? 1 : 0
            }
            out.0[i] = sum
            out.1[i] = count
          }
        }
      }
    }
    return (sums, positive)
  }

  /// The same pattern with other values, made row by row in parallel.
  func mappingRows(_ body: (_ row: Int, _ values: Slice<UnsafeMutableBufferPointer<Float>>) -> Void) -> CSRMatrix {
    var result = self
    result.values.withUnsafeMutableBufferPointer { values in
      nonisolated(unsafe) let values = values
      parallelRows(rows, blockSize: 256) { block in
        for i in block { body(i, values[range(ofRow: i)]) }
      }
    }
    return result
  }
}
