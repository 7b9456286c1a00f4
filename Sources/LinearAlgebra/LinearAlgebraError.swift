import StomicsCore

/// A decomposition that the numbers do not allow.
public enum LinearAlgebraError: StomicsError, Equatable {
  /// A matrix had the wrong shape for the operation.
  case shape(operation: String, found: String, expected: String)
  /// An element is NaN or infinite.
  case notFinite(operation: String, row: Int, column: Int)
  /// The leading minor of this order is not positive: the matrix is not positive definite.
  case notPositiveDefinite(order: Int)
  /// LAPACK's iteration did not converge, or it refused an argument.
  case failed(operation: String, code: Int)

  public var kind: ErrorKind {
    switch self {
    case .shape: .software
    case .notFinite, .notPositiveDefinite: .data
    case .failed: .software
    }
  }

  public var description: String {
    switch self {
    case .shape(let operation, let found, let expected):
      "\(operation): shape \(found), expected \(expected)."
    case .notFinite(let operation, let row, let column):
      "\(operation): the element at row \(row), column \(column) is not a finite number. Remove NaN and infinite values first."
    case .notPositiveDefinite(let order):
      "The matrix is not positive definite (leading minor of order \(order)). Columns may be constant or repeat each other; drop them or add a small ridge."
    case .failed(let operation, let code):
      "\(operation) failed with LAPACK code \(code)."
    }
  }
}
