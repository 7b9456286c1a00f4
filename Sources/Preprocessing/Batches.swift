import AnnData
import StomicsCore

/// The spots divided by a column of obs, for choosing genes that vary within batches and not between them.
public struct Batches: Sendable, Equatable {
  /// The column.
  public let column: String
  /// The batches that occur: numbers in their order, other names in the order of their bytes, as numpy sorts them.
  public let names: [String]
  /// The rows of each batch, ascending.
  public let rows: [[Int]]

  /// - Throws: `AnnDataError` where there is no such column of labels; `PreprocessingError` where a spot has no batch, or a
  ///   batch a single spot.
  public init(_ column: String, of adata: AnnData) throws {
    let labels = try adata.labels(column)
    if let spot = labels.codes.firstIndex(where: { $0 < 0 }) {
      throw PreprocessingError.noBatch(
        column: column, spots: labels.codes.count { $0 < 0 }, first: adata.obs.index[spot])
    }
    var members = [[Int]](repeating: [], count: labels.categories.count)
    for (row, code) in labels.codes.enumerated() { members[Int(code)].append(row) }
    let order = Self.order(labels, isNumeric: adata.obs[column].map(Self.isNumeric) ?? false)
      .filter { !members[$0].isEmpty }
    for batch in order where members[batch].count < 2 {
      throw PreprocessingError.smallBatch(
        column: column, batch: labels.categories[batch], spot: adata.obs.index[members[batch][0]])
    }
    self.column = column
    names = order.map { labels.categories[$0] }
    rows = order.map { members[$0] }
  }

  private static func isNumeric(_ column: Column) -> Bool {
    switch column {
    case .numeric, .nullableNumeric: true
    default: false
    }
  }

  private static func order(_ labels: Categorical, isNumeric: Bool) -> [Int] {
    let names = labels.categories
    // Labels made of numbers have their order already.
    if isNumeric { return Array(names.indices) }
    if let numbers = labels.numericCategories?.doubles { return names.indices.sorted { numbers[$0] < numbers[$1] } }
    return names.indices.sorted { names[$0].utf8.lexicographicallyPrecedes(names[$1].utf8) }
  }
}

extension CSRMatrix {
  /// The given rows with all columns.
  func selecting(rows: [Int]) -> CSRMatrix {
    selecting(rows: rows, newColumn: (0..<Int32(columns)).map { $0 }, columnCount: columns)
  }
}
