/// A dense row-major matrix of Double, shape `[rows, columns]`, for statistics and decompositions.
public struct DoubleMatrix: Sendable, Equatable {
  public let rows: Int
  public let columns: Int
  /// The elements, row after row.
  public var values: [Double]

  public init(rows: Int, columns: Int, repeating value: Double = 0) {
    precondition(rows >= 0 && columns >= 0, "a matrix has no negative size")
    self.rows = rows
    self.columns = columns
    values = [Double](repeating: value, count: rows * columns)
  }

  public init(rows: Int, columns: Int, values: [Double]) {
    precondition(values.count == rows * columns, "\(values.count) values for a [\(rows), \(columns)] matrix")
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  @inlinable
  public subscript(row: Int, column: Int) -> Double {
    get {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns)
      return values[row * columns + column]
    }
    set {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns)
      values[row * columns + column] = newValue
    }
  }
}
