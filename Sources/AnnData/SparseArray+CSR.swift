import StomicsCore

/// A sparse matrix whose arrays contradict each other.
public struct SparseArrayError: StomicsError, Equatable {
  public let reason: String
  public var kind: ErrorKind { .data }
  public var description: String { "A sparse matrix is damaged: \(reason). Write the file again from its source." }
}

extension SparseArray {
  /// The same matrix with rows compressed, columns ascending and none repeated, as Float.
  ///
  /// Entries stored twice are added up, as scipy does. Linear in the entries; nothing is copied where the file's
  /// form is the wanted one already.
  /// - Throws: `SparseArrayError` where pointers or indices lie outside the matrix.
  public func csrMatrix() throws -> CSRMatrix {
    let major = layout == .csr ? rows : columns
    let minor = layout == .csr ? columns : rows
    try check(major: major, minor: minor)
    let floats = values.floats
    if layout == .csr {
      if isCanonical(major) {
        return CSRMatrix(rows: rows, columns: columns, indptr: indptr, indices: indices, values: floats)
      }
      // Transposing twice sorts each row; repeated entries end up side by side.
      let loose = CSRMatrix(rows: rows, columns: columns, indptr: indptr, indices: indices, values: floats)
      return loose.transposed().transposed().addingRepeated()
    }
    let turned = CSRMatrix(rows: columns, columns: rows, indptr: indptr, indices: indices, values: floats)
    return turned.transposed().addingRepeated()
  }

  private func check(major: Int, minor: Int) throws {
    guard indptr.count == major + 1, indptr.first == 0, indices.count == values.count else {
      throw SparseArrayError(
        reason:
          "\(indptr.count) row pointers, \(indices.count) indices and \(values.count) values for shape (\(rows), \(columns))"
      )
    }
    for i in 0..<major where indptr[i] > indptr[i + 1] {
      throw SparseArrayError(reason: "pointer \(i + 1) is \(indptr[i + 1]), below the one before it (\(indptr[i]))")
    }
    if indptr[major] != indices.count {
      throw SparseArrayError(reason: "the last pointer is \(indptr[major]) and there are \(indices.count) entries")
    }
    var lowest: Int32 = 0
    var highest: Int32 = -1
    for j in indices {
      lowest = min(lowest, j)
      highest = max(highest, j)
    }
    if lowest < 0 || Int(highest) >= minor {
      throw SparseArrayError(reason: "index \(lowest < 0 ? lowest : highest) does not fit shape (\(rows), \(columns))")
    }
  }

  /// Whether each row's indices rise.
  private func isCanonical(_ major: Int) -> Bool {
    for i in 0..<major {
      var previous: Int32 = -1
      var rising = true
      for k in indptr[i]..<indptr[i + 1] {
        rising = rising && indices[k] > previous
        previous = indices[k]
      }
      if !rising { return false }
    }
    return true
  }
}

extension CSRMatrix {
  /// Adds up neighbouring entries of the same column.
  fileprivate func addingRepeated() -> CSRMatrix {
    var repeated = false
    for i in 0..<rows {
      for k in range(ofRow: i).dropFirst() where indices[k] == indices[k - 1] { repeated = true }
    }
    if !repeated { return self }
    var pointers = [0]
    var newIndices: [Int32] = []
    var newValues: [Float] = []
    for i in 0..<rows {
      let start = newIndices.count
      for k in range(ofRow: i) {
        if newIndices.count > start, newIndices[newIndices.count - 1] == indices[k] {
          newValues[newValues.count - 1] += values[k]
        } else {
          newIndices.append(indices[k])
          newValues.append(values[k])
        }
      }
      pointers.append(newIndices.count)
    }
    return CSRMatrix(rows: rows, columns: columns, indptr: pointers, indices: newIndices, values: newValues)
  }
}
