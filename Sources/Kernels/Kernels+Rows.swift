import StomicsCore

extension Kernels {
  /// Adds bias `[columns]` to every row of y `[rows, columns]`.
  public static func addBias(_ y: Output, bias: Input, rows: Int, columns: Int) {
    parallelRows(rows, blockSize: rowBlock(columns: columns)) { block in
      native.addBias(y + block.lowerBound * columns, bias, block.count, columns)
    }
  }

  /// Accumulates the column sums of dy `[rows, columns]`: the derivative of a bias.
  public static func columnSums(_ dy: Input, into dBias: Output, rows: Int, columns: Int) {
    reducingRows(rows, blockSize: rowBlock(columns: columns), width: columns) { block, partial in
      native.columnSums(dy + block.lowerBound * columns, partial, block.count, columns)
    } finish: { sums in
      for k in 0..<columns { dBias[k] += sums[k] }
    }
  }

  /// y += x.
  public static func add(_ x: Input, into y: Output, count: Int) {
    elements(count) { first, n in native.add(x + first, y + first, n) }
  }

  /// Sets every element of y to `value`.
  public static func fill(_ y: Output, value: Float, count: Int) {
    elements(count) { first, n in (y + first).update(repeating: value, count: n) }
  }

  /// y[r] = x[indices[r]] for `count` rows of `columns`.
  public static func gatherRows(
    _ x: Input, indices: UnsafePointer<Int32>, count: Int, columns: Int, into y: Output
  ) {
    parallelRows(count, blockSize: rowBlock(columns: columns)) { block in
      for r in block { (y + r * columns).update(from: x + Int(indices[r]) * columns, count: columns) }
    }
  }

  /// dx[indices[r]] += dy[r] for `count` rows of `columns`; no index may appear twice.
  public static func scatterAddRows(
    _ dy: Input, indices: UnsafePointer<Int32>, count: Int, columns: Int, dx: Output
  ) {
    parallelRows(count, blockSize: rowBlock(columns: columns)) { block in
      for r in block { native.add(dy + r * columns, dx + Int(indices[r]) * columns, columns) }
    }
  }

  /// y = [a | b]: the columns of a `[rows, aColumns]`, then those of b `[rows, bColumns]`.
  public static func concatenateColumns(
    _ a: Input, aColumns: Int, b: Input, bColumns: Int, rows: Int, into y: Output
  ) {
    let columns = aColumns + bColumns
    parallelRows(rows, blockSize: rowBlock(columns: columns)) { block in
      for r in block {
        (y + r * columns).update(from: a + r * aColumns, count: aColumns)
        (y + r * columns + aColumns).update(from: b + r * bColumns, count: bColumns)
      }
    }
  }

  /// Accumulates the derivatives of `concatenateColumns` into both parts.
  public static func concatenateColumnsBackward(
    _ dy: Input, aColumns: Int, bColumns: Int, rows: Int, da: Output, db: Output
  ) {
    let columns = aColumns + bColumns
    parallelRows(rows, blockSize: rowBlock(columns: columns)) { block in
      for r in block {
        native.add(dy + r * columns, da + r * aColumns, aColumns)
        native.add(dy + r * columns + aColumns, db + r * bColumns, bColumns)
      }
    }
  }
}
