/// A sparse matrix of Float in compressed sparse rows, shape `[rows, columns]`.
///
/// Row i's entries are `indices[k]`, `values[k]` for k in `indptr[i]..<indptr[i + 1]`, with column indices ascending
/// and none repeated.
public struct CSRMatrix: Sendable, Equatable {
  public let rows: Int
  public let columns: Int
  public var indptr: [Int]
  public var indices: [Int32]
  public var values: [Float]

  /// Wraps the three arrays. Their lengths are checked; that column indices ascend and lie in range is the caller's promise.
  public init(rows: Int, columns: Int, indptr: [Int], indices: [Int32], values: [Float]) {
    precondition(indptr.count == rows + 1, "indptr has \(indptr.count) entries for \(rows) rows")
    precondition(indices.count == values.count && indptr[rows] == indices.count)
    self.rows = rows
    self.columns = columns
    self.indptr = indptr
    self.indices = indices
    self.values = values
  }

  /// Matrices of the same columns, at least one, each below the one before.
  public init(stacking parts: [CSRMatrix]) {
    precondition(
      !parts.isEmpty && parts.allSatisfy { $0.columns == parts[0].columns }, "stacked matrices share columns")
    var pointers = [0]
    for part in parts {
      let entries = pointers[pointers.count - 1]
      pointers += part.indptr.dropFirst().map { $0 + entries }
    }
    self.init(
      rows: pointers.count - 1, columns: parts[0].columns, indptr: pointers, indices: parts.flatMap(\.indices),
      values: parts.flatMap(\.values))
  }

  /// The number of stored entries.
  public var nonzeroCount: Int { indices.count }

  /// The stored share of all elements, 0 to 1.
  public var density: Double {
    rows == 0 || columns == 0 ? 0 : Double(nonzeroCount) / (Double(rows) * Double(columns))
  }

  /// The positions of row i's entries in `indices` and `values`.
  @inlinable
  public func range(ofRow i: Int) -> Range<Int> { indptr[i]..<indptr[i + 1] }

  /// The element at (row, column), 0 where nothing is stored. Takes time logarithmic in the row's length.
  public subscript(row: Int, column: Int) -> Float {
    var low = indptr[row]
    var high = indptr[row + 1]
    while low < high {
      let middle = (low + high) / 2
      if indices[middle] < Int32(column) { low = middle + 1 } else { high = middle }
    }
    return low < indptr[row + 1] && indices[low] == Int32(column) ? values[low] : 0
  }

  /// The transpose, shape `[columns, rows]`, by counting: linear in the stored entries.
  public func transposed() -> CSRMatrix {
    var pointers = [Int](repeating: 0, count: columns + 1)
    for j in indices { pointers[Int(j) + 1] += 1 }
    for j in 0..<columns { pointers[j + 1] += pointers[j] }
    var next = pointers
    var newIndices = [Int32](repeating: 0, count: nonzeroCount)
    var newValues = [Float](repeating: 0, count: nonzeroCount)
    for i in 0..<rows {
      for k in range(ofRow: i) {
        let j = Int(indices[k])
        newIndices[next[j]] = Int32(i)
        newValues[next[j]] = values[k]
        next[j] += 1
      }
    }
    return CSRMatrix(rows: columns, columns: rows, indptr: pointers, indices: newIndices, values: newValues)
  }

  /// The given rows, in the given order.
  public func gatheringRows(_ rowIndices: [Int]) -> CSRMatrix {
    var pointers = [0]
    pointers.reserveCapacity(rowIndices.count + 1)
    for i in rowIndices { pointers.append(pointers[pointers.count - 1] + indptr[i + 1] - indptr[i]) }
    var newIndices = [Int32]()
    var newValues = [Float]()
    newIndices.reserveCapacity(pointers[rowIndices.count])
    newValues.reserveCapacity(pointers[rowIndices.count])
    for i in rowIndices {
      newIndices.append(contentsOf: indices[range(ofRow: i)])
      newValues.append(contentsOf: values[range(ofRow: i)])
    }
    return CSRMatrix(
      rows: rowIndices.count, columns: columns, indptr: pointers, indices: newIndices, values: newValues)
  }

  /// The given columns, each at most once, numbered anew in the given order.
  public func gatheringColumns(_ columnIndices: [Int]) -> CSRMatrix {
    var position = [Int32](repeating: -1, count: columns)
    for (new, old) in columnIndices.enumerated() { position[old] = Int32(new) }
    let ascending = zip(columnIndices, columnIndices.dropFirst()).allSatisfy { $0 < $1 }
    var pointers = [0]
    pointers.reserveCapacity(rows + 1)
    var newIndices = [Int32]()
    var newValues = [Float]()
    for i in 0..<rows {
      let start = newIndices.count
      for k in range(ofRow: i) {
        let j = position[Int(indices[k])]
        if j >= 0 {
          newIndices.append(j)
          newValues.append(values[k])
        }
      }
      if !ascending {
        let order = (start..<newIndices.count).sorted { newIndices[$0] < newIndices[$1] }
        let sortedIndices = order.map { newIndices[$0] }
        let sortedValues = order.map { newValues[$0] }
        newIndices.replaceSubrange(start..., with: sortedIndices)
        newValues.replaceSubrange(start..., with: sortedValues)
      }
      pointers.append(newIndices.count)
    }
    return CSRMatrix(
      rows: rows, columns: columnIndices.count, indptr: pointers, indices: newIndices, values: newValues)
  }

  /// The same matrix with every element stored; for tests and small results.
  public func dense() -> Matrix {
    var result = Matrix(rows: rows, columns: columns)
    for i in 0..<rows {
      for k in range(ofRow: i) { result[i, Int(indices[k])] = values[k] }
    }
    return result
  }
}
