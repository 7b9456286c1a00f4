import Compression
import Parquet
import StomicsCore
import TestSupport

/// The fixtures that scripts/golden/parquet_fixtures.py wrote.
enum ParquetFixture {
  /// One file for each codec and page version, with a column for each type, encoding and use of nulls; and two files
  /// of other writers with the same values.
  static let everyEncoding = ["none", "snappy", "gzip", "lz4"].flatMap { ["arrow_\($0)_v1", "arrow_\($0)_v2"] }
  static let otherWriters = ["polars", "fastparquet"]
  static let rest = ["types", "unreadable", "zstd", "brotli", "int96", "empty", "hd_pandas", "hd_polars"]

  static func bytes(_ name: String) throws -> [UInt8] {
    try Inflater().inflate(try readFile(Fixtures.path("parquet/\(name).parquet.gz")), format: .gzip)
  }

  static func read(_ name: String, columns: [String]? = nil) throws -> ParquetTable {
    try ParquetTable.read(try bytes(name), name: "\(name).parquet", columns: columns)
  }
}

extension ParquetColumn {
  /// A row as text: nil for a null, and the exact value otherwise.
  func text(_ row: Int) -> String? {
    if let present, !present[row] { return nil }
    return switch values {
    case .int32(let values): "\(values[row])"
    case .int64(let values): "\(values[row])"
    case .float(let values): "\(values[row].bitPattern)"
    case .double(let values): "\(values[row].bitPattern)"
    case .bool(let values): values[row] ? "true" : "false"
    case .strings(let values): values[row]
    }
  }
}
