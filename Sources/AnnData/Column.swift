/// One column of `obs` or `var`.
public indirect enum Column: Sendable, Equatable {
  case numeric(NumericArray)
  case strings([String])
  case categorical(Categorical)
  /// Integers or booleans, some missing (`mask` is true there); `nullable-integer`, `nullable-boolean`.
  case nullableNumeric(NumericArray, mask: [Bool])
  /// Strings, some missing; `nullable-string-array`.
  case nullableStrings([String?])
  /// Values this program does not interpret (complex numbers), one a row, kept in the file they came from.
  case opaque(OpaqueElement, count: Int)

  public var count: Int {
    switch self {
    case .numeric(let values): values.count
    case .strings(let values): values.count
    case .categorical(let values): values.codes.count
    case .nullableNumeric(let values, _): values.count
    case .nullableStrings(let values): values.count
    case .opaque(_, let count): count
    }
  }

  /// The rows at the given positions; nil for what only a file holds. Categories stay, used or not.
  public func gathering(_ positions: [Int]) -> Column? {
    switch self {
    case .numeric(let values): return .numeric(values.gathering(positions))
    case .strings(let values): return .strings(positions.map { values[$0] })
    case .categorical(var values):
      let codes = values.codes
      values.codes = positions.map { codes[$0] }
      return .categorical(values)
    case .nullableNumeric(let values, let mask):
      return .nullableNumeric(values.gathering(positions), mask: positions.map { mask[$0] })
    case .nullableStrings(let values): return .nullableStrings(positions.map { values[$0] })
    case .opaque: return nil
    }
  }
}

/// A column of labels from a fixed set, as pandas' Categorical.
public struct Categorical: Sendable, Equatable {
  /// One code a row: a position in `categories`, or -1 where the label is missing.
  public var codes: [Int32]
  /// The labels, as text, in the file's order.
  public var categories: [String]
  /// The categories as the file holds them, where that is not plain strings (numbers, truth values, nullable values):
  /// written back as they were.
  public var typedCategories: Column?
  /// The categories' own values where they are numbers or booleans and not text.
  public var numericCategories: NumericArray? {
    switch typedCategories {
    case .numeric(let values), .nullableNumeric(let values, _): values
    default: nil
    }
  }
  /// Whether the categories' order means something.
  public var ordered: Bool

  public init(
    codes: [Int32], categories: [String], typedCategories: Column? = nil, ordered: Bool = false
  ) {
    self.codes = codes
    self.categories = categories
    self.typedCategories = typedCategories
    self.ordered = ordered
  }

  /// Makes the categories from labels, sorted; nil is missing.
  public init(labels: [String?]) {
    categories = Array(Set(labels.compactMap { $0 })).sorted()
    let position = Dictionary(uniqueKeysWithValues: categories.enumerated().map { ($1, Int32($0)) })
    codes = labels.map { label in label.flatMap { position[$0] } ?? -1 }
    ordered = false
  }

  /// The label of each row, nil where missing.
  public var labels: [String?] { codes.map { $0 < 0 ? nil : categories[Int($0)] } }
}
