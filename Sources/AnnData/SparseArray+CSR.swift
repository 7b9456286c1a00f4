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
  /// Entries stored twice are added up, as scipy does. Compressed columns are turned once, unsorted rows are sorted in
  /// place; nothing is copied where the file's form is the wanted one already.
  /// - Throws: `SparseArrayError` where pointers or indices lie outside the matrix.
  public func csrMatrix() throws -> CSRMatrix {
    if let flaw { throw SparseArrayError(reason: flaw) }
    let floats = values.floats
    if layout == .csr {
      if isCanonical(rows) {
        return CSRMatrix(rows: rows, columns: columns, indptr: indptr, indices: indices, values: floats)
      }
      var loose = CSRMatrix(rows: rows, columns: columns, indptr: indptr, indices: indices, values: floats)
      loose.sortRows()
      return loose.addingRepeated()
    }
    let turned = CSRMatrix(rows: columns, columns: rows, indptr: indptr, indices: indices, values: floats)
    return turned.transposed().addingRepeated()
  }

  /// What makes the matrix unusable, in words; nil for a sound one. Unsorted and repeated indices are sound.
  var flaw: String? {
    let (major, minor) = layout == .csr ? (rows, columns) : (columns, rows)
    if indptr.count != major + 1 { return "\(indptr.count) pointers for a length of \(major)" }
    if indices.count != values.count { return "\(indices.count) indices for \(values.count) values" }
    if indptr[0] != 0 || indptr[major] != indices.count {
      return "the pointers run from \(indptr[0]) to \(indptr[major]) over \(indices.count) entries"
    }
    for i in 0..<major where indptr[i] > indptr[i + 1] {
      return "pointer \(i + 1) is \(indptr[i + 1]), below the one before it (\(indptr[i]))"
    }
    // Negative indices are large as unsigned numbers; the largest is found without a branch, so fast.
    var largest: UInt32 = 0
    for index in indices { largest = max(largest, UInt32(bitPattern: index)) }
    if !indices.isEmpty, largest >= UInt32(minor) {
      return "index \(Int32(bitPattern: largest)) does not fit shape (\(rows), \(columns))"
    }
    return nil
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
  /// Brings each row's entries into the order of their columns; repeated ones end up side by side, in the file's order.
  fileprivate mutating func sortRows() {
    var keys: [UInt64] = []
    var old: [Float] = []
    for i in 0..<rows {
      let entries = range(ofRow: i)
      if entries.dropFirst().allSatisfy({ indices[$0 - 1] <= indices[$0] }) { continue }
      // Column and place in one number: sorting that is fast, and equal columns stay in order.
      keys.removeAll(keepingCapacity: true)
      old.removeAll(keepingCapacity: true)
      for (place, k) in entries.enumerated() {
        keys.append(UInt64(UInt32(bitPattern: indices[k])) << 32 | UInt64(place))
        old.append(values[k])
      }
      keys.sort()
      for (k, key) in zip(entries, keys) {
        indices[k] = Int32(truncatingIfNeeded: key >> 32)
        values[k] = old[Int(key & 0xFFFF_FFFF)]
      }
    }
  }

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

extension CSRMatrix {
  /// The non-zero elements of a dense row-major array, NaN among them; no second dense array is made.
  init(nonzerosOf dense: NumericArray, rows: Int, columns: Int) {
    switch dense {
    case .int8(let v): self.init(scanning: v, 0, rows, columns) { Float($0) }
    case .int16(let v): self.init(scanning: v, 0, rows, columns) { Float($0) }
    case .int32(let v): self.init(scanning: v, 0, rows, columns) { Float($0) }
    case .int64(let v): self.init(scanning: v, 0, rows, columns) { Float($0) }
    case .uint8(let v): self.init(scanning: v, 0, rows, columns) { Float($0) }
    case .uint16(let v): self.init(scanning: v, 0, rows, columns) { Float($0) }
    case .uint32(let v): self.init(scanning: v, 0, rows, columns) { Float($0) }
    case .uint64(let v): self.init(scanning: v, 0, rows, columns) { Float($0) }
    case .float16(let v): self.init(scanning: v, 0, rows, columns) { Float($0) }
    case .float32(let v): self.init(scanning: v, 0, rows, columns) { $0 }
    case .float64(let v): self.init(scanning: v, 0, rows, columns) { Float($0) }
    case .bool(let v): self.init(scanning: v, false, rows, columns) { $0 ? 1 : 0 }
    }
  }

  private init<T: Equatable>(
    scanning dense: [T], _ zero: T, _ rows: Int, _ columns: Int, _ convert: (T) -> Float
  ) {
    precondition(dense.count == rows * columns)
    var indptr = [0]
    indptr.reserveCapacity(rows + 1)
    var total = 0
    for i in 0..<rows {
      for value in dense[i * columns..<(i + 1) * columns] where value != zero { total += 1 }
      indptr.append(total)
    }
    var indices = [Int32](repeating: 0, count: total)
    var kept = [Float](repeating: 0, count: total)
    var next = 0
    for i in 0..<rows {
      let start = i * columns
      for j in 0..<columns where dense[start + j] != zero {
        indices[next] = Int32(j)
        kept[next] = convert(dense[start + j])
        next += 1
      }
    }
    self.init(rows: rows, columns: columns, indptr: indptr, indices: indices, values: kept)
  }

  /// The first stored entry that is NaN or infinite; nil where all are finite. One pass over the values.
  public var firstNotFinite: (row: Int, column: Int)? {
    // A finite number times zero is zero; anything else spoils the sum, and the loop has no branch.
    var sum: Float = 0
    for value in values { sum += value * 0 }
    guard sum != 0 || sum.isNaN, let place = values.firstIndex(where: { !$0.isFinite }) else { return nil }
    // The row is the first that ends behind the place.
    var low = 0
    var high = rows
    while low < high {
      let middle = (low + high) / 2
      if indptr[middle + 1] <= place { low = middle + 1 } else { high = middle }
    }
    return (low, Int(indices[place]))
  }
}
