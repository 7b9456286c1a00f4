/// A dense row-major matrix of Float, shape `[rows, columns]`.
///
/// It does not broadcast, transpose lazily or hold strides: a row is one contiguous run of memory.
public struct Matrix: Sendable, Equatable {
  public let rows: Int
  public let columns: Int
  /// The elements, row after row: `rows * columns` of them.
  public var values: [Float]

  /// A matrix holding `value` everywhere.
  public init(rows: Int, columns: Int, repeating value: Float = 0) {
    precondition(rows >= 0 && columns >= 0, "a matrix has no negative size")
    self.rows = rows
    self.columns = columns
    values = [Float](repeating: value, count: rows * columns)
  }

  /// Wraps row-major elements; `values.count` must equal `rows * columns`.
  public init(rows: Int, columns: Int, values: [Float]) {
    precondition(values.count == rows * columns, "\(values.count) values for a [\(rows), \(columns)] matrix")
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  @inlinable
  public subscript(row: Int, column: Int) -> Float {
    get {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns)
      return values[row * columns + column]
    }
    set {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns)
      values[row * columns + column] = newValue
    }
  }

  /// One row, `[columns]`.
  @inlinable
  public func row(_ index: Int) -> ArraySlice<Float> {
    values[index * columns..<(index + 1) * columns]
  }

  /// The given rows, in the given order.
  public func gatheringRows(_ indices: [Int]) -> Matrix {
    var result = [Float]()
    result.reserveCapacity(indices.count * columns)
    for i in indices { result.append(contentsOf: row(i)) }
    return Matrix(rows: indices.count, columns: columns, values: result)
  }
}
