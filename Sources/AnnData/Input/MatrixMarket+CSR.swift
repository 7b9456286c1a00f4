extension MatrixMarket {
  /// The matrix with its columns as rows, compressed by them: barcodes x features of a file of features x barcodes.
  ///
  /// Linear in the entries; entries given twice stay so, and add up wherever they are used.
  func columnsAsRows() -> SparseArray {
    compressed(major: columnIndices, majorCount: columns, minor: rowIndices, minorCount: rows)
  }

  /// The matrix compressed by its own rows: barcodes x features of a file that has them that way round.
  func rowsAsRows() -> SparseArray {
    compressed(major: rowIndices, majorCount: rows, minor: columnIndices, minorCount: columns)
  }

  private func compressed(major: [Int32], majorCount: Int, minor: [Int32], minorCount: Int) -> SparseArray {
    let pointers = MatrixMarket.pointers(major, count: majorCount)
    var isSorted = true
    for k in major.indices.dropFirst()
    where major[k] < major[k - 1] || (major[k] == major[k - 1] && minor[k] < minor[k - 1]) {
      isSorted = false
      break
    }
    if isSorted {
      return SparseArray(
        layout: .csr, rows: majorCount, columns: minorCount, indptr: pointers, indices: minor, values: values)
    }
    // Sorted by the minor index and then, keeping that order, by the major one.
    let byMinor = MatrixMarket.order(Array(minor.indices), by: minor, MatrixMarket.pointers(minor, count: minorCount))
    let order = MatrixMarket.order(byMinor, by: major, pointers)
    return SparseArray(
      layout: .csr, rows: majorCount, columns: minorCount, indptr: pointers, indices: order.map { minor[$0] },
      values: values.gathering(order))
  }

  /// Where each index's entries begin: `count + 1` pointers.
  private static func pointers(_ indices: [Int32], count: Int) -> [Int] {
    var pointers = [Int](repeating: 0, count: count + 1)
    for index in indices { pointers[Int(index) + 1] += 1 }
    for k in 0..<count { pointers[k + 1] += pointers[k] }
    return pointers
  }

  /// The positions reordered by their index; those of one index keep their order.
  private static func order(_ positions: [Int], by indices: [Int32], _ pointers: [Int]) -> [Int] {
    var next = pointers
    var result = [Int](repeating: 0, count: positions.count)
    for position in positions {
      let index = Int(indices[position])
      result[next[index]] = position
      next[index] += 1
    }
    return result
  }
}
