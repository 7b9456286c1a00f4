import StomicsCore

/// What can be wrong with a Parquet file; every case names the file and, where there is one, the column.
public enum ParquetError: StomicsError, Equatable {
  case notParquet(file: String, looksLike: String?)
  case truncated(file: String, size: Int)
  /// `column` is nil where the whole file is encrypted.
  case encrypted(column: String?, file: String)
  case missingColumn(String, available: [String], file: String)
  case nested(column: String, file: String)
  case unsupportedType(column: String, type: String, file: String)
  case unsupportedCodec(column: String, codec: String, file: String)
  case unsupportedEncoding(column: String, encoding: String, file: String)
  /// A column is of another type than its reader needs.
  case wrongType(column: String, found: String, expected: String, file: String)
  /// The file claims more rows or bytes than a file of its size can hold.
  case implausibleSize(column: String?, claim: String, fileSize: Int, file: String)
  /// `column` is nil where the footer is damaged.
  case damaged(column: String?, detail: String, file: String)

  public var kind: ErrorKind { .data }

  public var description: String {
    switch self {
    case .notParquet(let file, let looksLike):
      return "\(file) is not a Parquet file"
        + (looksLike.map { ": it looks like \($0)" } ?? " (it does not begin with PAR1)")
    case .truncated(let file, let size):
      return "\(file) is truncated: it begins as a Parquet file, but its \(size) bytes do not end as one. "
        + "Copy or download it again."
    case .encrypted(let column, let file):
      return "\(column.map { "column '\($0)' of " } ?? "")\(file) is encrypted, which this program cannot undo. "
        + "Write it again without encryption."
    case .missingColumn(let name, let available, let file):
      return "column '\(name)' not found in \(file) (found: \(list(available)))."
        + didYouMean(name, among: available)
    case .nested(let column, let file):
      return "column '\(column)' of \(file) is nested (a list, map or struct), which this program does not read. "
        + rewrite("read_table(path).drop_columns(['\(column)'])")
    case .unsupportedType(let column, let type, let file):
      return "column '\(column)' of \(file) is of the type \(type), which this program does not read. "
        + rewrite("read_table(path).drop_columns(['\(column)'])")
    case .unsupportedCodec(let column, let codec, let file):
      return "column '\(column)' of \(file) is compressed with \(codec), which this program cannot unpack. "
        + rewrite("read_table(path)")
    case .unsupportedEncoding(let column, let encoding, let file):
      return "column '\(column)' of \(file) has the encoding \(encoding), which this program does not read. "
        + rewrite("read_table(path)")
    case .wrongType(let column, let found, let expected, let file):
      return "column '\(column)' of \(file) holds \(found) where \(expected) were expected"
    case .implausibleSize(let column, let claim, let fileSize, let file):
      return "\(column.map { "column '\($0)' of " } ?? "")\(file) claims \(claim), "
        + "which a file of \(fileSize) bytes cannot hold: the file is damaged"
    case .damaged(let column, let detail, let file):
      return (column.map { "column '\($0)' of \(file)" } ?? "the footer of \(file)") + " is damaged: \(detail)"
    }
  }

  /// The line of Python that makes a file this program reads.
  private func rewrite(_ table: String) -> String {
    "Write it again, in Python: import pyarrow.parquet as pq; pq.write_table(pq.\(table), new_path, compression='snappy')"
  }

  private func list(_ names: [String]) -> String {
    if names.isEmpty { return "no columns" }
    return names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", … \(names.count) in all" : "")
  }
}
