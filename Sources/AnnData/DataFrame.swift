import OrderedCollections

/// A table with named rows: `obs`, `var`, or a table inside `uns` or `obsm`.
public struct DataFrame: Sendable, Equatable {
  /// The rows' names: barcodes in `obs`, genes in `var`.
  public var index: [String]
  /// The name of the index dataset in the file; anndata's own is `_index`.
  public var indexName: String
  /// The index as the file holds it, where that is not plain strings (numbers, a factor): written back as it was.
  public var typedIndex: Column?
  /// The columns in the file's order; each has `index.count` rows.
  public var columns: OrderedDictionary<String, Column>

  public init(
    index: [String], indexName: String = "_index", columns: OrderedDictionary<String, Column> = [:]
  ) {
    self.index = index
    self.indexName = indexName
    self.columns = columns
  }

  /// Number of rows.
  public var count: Int { index.count }

  public subscript(name: String) -> Column? {
    get { columns[name] }
    set {
      precondition(
        newValue.map { $0.count == index.count } ?? true, "column '\(name)' has another length than the table")
      columns[name] = newValue
    }
  }

  /// The rows at the given positions. Columns that only a file holds (`Column.opaque`) cannot be cut and are left out.
  public func gathering(_ positions: [Int]) -> DataFrame {
    var result = DataFrame(
      index: positions.map { index[$0] }, indexName: indexName,
      columns: columns.compactMapValues { $0.gathering(positions) })
    result.typedIndex = typedIndex?.gathering(positions)
    return result
  }

  /// The names of the columns that only a file holds.
  var opaqueColumns: [String] {
    columns.compactMap { name, column in if case .opaque = column { name } else { nil } }
  }
}
