import StomicsCore

/// A table read from a Parquet file.
///
/// Flat columns of booleans, whole and floating-point numbers, and strings; every encoding of format version 2;
/// pages that are not compressed or compressed with snappy, gzip or raw LZ4. Dates, times and decimals come as the whole
/// numbers that are stored. Nested columns, decimals in bytes, 96-bit times, other codecs and encrypted files are errors.
public struct ParquetTable: Sendable {
  public let file: String
  public let rowCount: Int
  public let columns: [ParquetColumn]

  public var columnNames: [String] { columns.map(\.name) }

  /// Reads a table, its columns in parallel.
  /// - Parameter columns: the names of the columns to read, in the order of the result; all in the file's order when nil.
  ///   A column that is not read may be of any type and compression.
  /// - Throws: `ParquetError`, or `FileError` where the file cannot be read
  public static func read(_ path: String, columns names: [String]? = nil) throws -> ParquetTable {
    try read(try ParquetFile(path), names)
  }

  /// Reads a table from the bytes of a file.
  /// - Parameters:
  ///   - name: what errors call the file
  ///   - columns: as above
  /// - Throws: `ParquetError`
  public static func read(_ bytes: [UInt8], name: String, columns names: [String]? = nil) throws -> ParquetTable {
    try read(ParquetFile(bytes, name: name), names)
  }

  /// The column of that name.
  /// - Throws: `ParquetError.missingColumn`
  public func column(_ name: String) throws -> ParquetColumn {
    guard let column = columns.first(where: { $0.name == name }) else {
      throw ParquetError.missingColumn(name, available: columnNames, file: file)
    }
    return column
  }

  /// A column of numbers, a null as NaN.
  /// - Throws: `ParquetError.missingColumn`, `ParquetError.wrongType`
  public func doubles(_ name: String) throws -> [Double] {
    let column = try column(name)
    guard let doubles = column.doubles else {
      throw ParquetError.wrongType(column: name, found: column.typeName, expected: "numbers", file: file)
    }
    return doubles
  }

  /// A column of strings, a null as "".
  /// - Throws: `ParquetError.missingColumn`, `ParquetError.wrongType`
  public func strings(_ name: String) throws -> ParquetStrings {
    let column = try column(name)
    guard case .strings(let strings) = column.values else {
      throw ParquetError.wrongType(column: name, found: column.typeName, expected: "strings", file: file)
    }
    return strings
  }

  private static func read(_ file: ParquetFile, _ names: [String]?) throws -> ParquetTable {
    let footer = try file.footer()
    let metadata: Metadata
    do {
      metadata = try Metadata(footer.bytes)
    } catch let damage as Damage {
      throw ParquetError.damaged(column: nil, detail: damage.detail, file: file.path)
    }
    if metadata.isEncrypted { throw ParquetError.encrypted(column: nil, file: file.path) }
    let chosen = try choose(names, of: metadata, file: file.path)
    try checkSizes(chosen, of: metadata, file: file)
    let readers = try chosen.map { try ColumnReader($0, of: metadata, in: file, end: footer.start) }
    return ParquetTable(file: file.path, rowCount: metadata.rows, columns: try readAll(readers))
  }

  private static func choose(_ names: [String]?, of metadata: Metadata, file: String) throws -> [Metadata.Column] {
    guard let names else { return metadata.columns }
    let available = metadata.columns.map(\.field.name)
    return try names.map { name in
      guard let index = available.firstIndex(of: name) else {
        throw ParquetError.missingColumn(name, available: available, file: file)
      }
      return metadata.columns[index]
    }
  }

  /// A run of equal values takes a few bytes, so a file may hold many more rows than bytes: writers put 20,000 equal
  /// values into a page of some 40 bytes, which is half of what is allowed here beyond the first 32 million values. The
  /// chunks never overlap, so all their bytes together are bounded by the file.
  private static func checkSizes(_ columns: [Metadata.Column], of metadata: Metadata, file: ParquetFile) throws {
    func refuse(_ column: String?, _ claim: String) -> ParquetError {
      .implausibleSize(column: column, claim: claim, fileSize: file.size, file: file.path)
    }
    let (cells, overflow) = metadata.rows.multipliedReportingOverflow(by: max(1, columns.count))
    let most = (1 << 25) + 1024 * file.boundedSize
    guard !overflow, metadata.rows <= 1 << 31, cells <= most else {
      throw refuse(nil, "\(metadata.rows) rows of \(columns.count) columns")
    }
    for column in columns {
      var sum = 0
      for group in metadata.rowGroups {
        let size = group.chunks[column.chunk].packedSize
        guard size >= 0, size <= file.size - sum else { throw refuse(column.field.name, "more bytes than there are") }
        sum += size
      }
    }
  }

  /// The large columns are begun first, so that the threads end together.
  private static func readAll(_ readers: [ColumnReader]) throws -> [ParquetColumn] {
    let order = readers.indices.sorted { (-readers[$0].packedSize, $0) < (-readers[$1].packedSize, $1) }
    var results = [Result<ParquetColumn, any Error>?](repeating: nil, count: readers.count)
    results.withUnsafeMutableBufferPointer { results in
      // Every block writes only the result of its own column.
      nonisolated(unsafe) let results = results
      parallelFor(order.count) { k in results[order[k]] = Result { try readers[order[k]].read() } }
    }
    return try results.compactMap { try $0?.get() }
  }
}
