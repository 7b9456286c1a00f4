import AnnData
import StomicsCore

/// An embedding read from a file, with the barcodes of its rows where it has them.
struct Embedding {
  let file: String
  let rowCount: Int
  let columns: Int
  private let barcodes: [String]?
  private let values: NumericArray

  /// Headers of a column of barcodes, which may be numbers.
  private static let indexNames: Set<String> = [
    "", "index", "barcode", "barcodes", "spot", "spot_id", "cell", "cell_id",
  ]

  /// - Parameter list: a text file with the barcode of each row
  /// - Throws: `FileError`, `InputError`, `CSVError`, `EmbeddingError`
  init(_ path: String, barcodes list: String?) throws {
    file = path
    let lower = path.lowercased()
    var own: [String]?
    if lower.hasSuffix(".csv") || lower.hasSuffix(".tsv") || lower.hasSuffix(".txt") {
      let table = try CSVTable(contentsOf: path, separator: lower.hasSuffix(".csv") ? "," : "\t")
      let hasNames =
        Self.indexNames.contains(table.header[0].lowercased()) || table.rows.contains { Double($0[0]) == nil }
      let first = hasNames ? 1 : 0
      own = hasNames ? table.rows.map { $0[0] } : nil
      rowCount = table.rows.count
      columns = table.header.count - first
      var numbers = [Float]()
      numbers.reserveCapacity(rowCount * columns)
      for (i, row) in table.rows.enumerated() {
        for j in first..<row.count {
          guard let value = Float(row[j]) else {
            throw EmbeddingError.noNumber(row[j], row: i, column: table.header[j], file: path)
          }
          numbers.append(value)
        }
      }
      values = .float32(numbers)
    } else {
      let array = try NPYFile.read(path)
      (rowCount, columns) = (array.shape[0], array.shape[1])
      values = array.values
    }
    if columns == 0 || rowCount == 0 { throw EmbeddingError.empty(rows: rowCount, columns: columns, file: path) }
    if let place = values.doubles.firstIndex(where: { !$0.isFinite }) {
      throw EmbeddingError.noNumber(
        "\(values.doubles[place])", row: place / columns, column: "\(place % columns)", file: path)
    }
    if let list {
      let lines = try readFile(list).split(separator: UInt8(ascii: "\n")).map { line in
        String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
      }
      if lines.count != rowCount {
        throw EmbeddingError.barcodeCount(found: lines.count, rows: rowCount, list: list, file: path)
      }
      own = lines
    }
    barcodes = own
    var seen = Set<String>()
    for barcode in own ?? [] where !seen.insert(barcode).inserted {
      throw EmbeddingError.repeated(barcode, file: list ?? path)
    }
  }

  /// For each spot its row, nil where it has none.
  /// - Throws: `EmbeddingError` where numbers or barcodes do not fit.
  func rows(of spots: [String], slice: String) throws -> [Int?] {
    guard let barcodes else {
      if rowCount != spots.count {
        throw EmbeddingError.rowCount(found: rowCount, spots: spots.count, file: file, slice: slice)
      }
      return Array(0..<rowCount)
    }
    let places = Dictionary(uniqueKeysWithValues: barcodes.enumerated().map { ($1, $0) })
    let rows = spots.map { places[$0] }
    if rows.allSatisfy({ $0 == nil }) {
      throw EmbeddingError.noCommonBarcodes(
        rows: Array(barcodes.prefix(2)), spots: Array(spots.prefix(2)), file: file, slice: slice)
    }
    return rows
  }

  /// The rows in a new order; nil is a row of zeros.
  func gathering(_ rows: [Int?]) -> DenseArray {
    func gathered<Value: Numeric>(_ values: [Value]) -> [Value] {
      rows.flatMap { row in
        row.map { Array(values[$0 * columns..<($0 + 1) * columns]) } ?? [Value](repeating: 0, count: columns)
      }
    }
    if case .float64(let wide) = values {
      return DenseArray(shape: [rows.count, columns], values: .float64(gathered(wide)))
    }
    return DenseArray(shape: [rows.count, columns], values: .float32(gathered(values.floats)))
  }
}

/// What can keep an embedding out of a slice.
enum EmbeddingError: StomicsError {
  case keyExists(key: String, file: String)
  case missingRows(count: Int, spots: Int, examples: [String], file: String)
  case rowCount(found: Int, spots: Int, file: String, slice: String)
  case barcodeCount(found: Int, rows: Int, list: String, file: String)
  case repeated(String, file: String)
  case noCommonBarcodes(rows: [String], spots: [String], file: String, slice: String)
  case noNumber(String, row: Int, column: String, file: String)
  case empty(rows: Int, columns: Int, file: String)

  var kind: ErrorKind {
    if case .keyExists = self { return .usage }
    return .data
  }

  var description: String {
    switch self {
    case .keyExists(let key, let file):
      "obsm/\(key) is in \(file) already: give another --key, or replace it with --overwrite."
    case .missingRows(let count, let spots, let examples, let file):
      "\(file) has no row for \(count) of the slice's \(spots) spots (\(examples.joined(separator: ", "))\(count > examples.count ? ", …" : "")). Leave these spots out with --missing drop, or fill them with --missing zero."
    case .rowCount(let found, let spots, let file, let slice):
      "\(file) has \(found) rows, \(slice) has \(spots) spots, and nothing says which belong together. Give the barcodes of the rows with --barcodes, or a table with barcodes in its first column."
    case .barcodeCount(let found, let rows, let list, let file):
      "\(list) has \(found) lines for the \(rows) rows of \(file); one a row was expected."
    case .repeated(let barcode, let file): "\(file) names '\(barcode)' twice; a spot has one row."
    case .noCommonBarcodes(let rows, let spots, let file, let slice):
      "no barcode of \(file) (\(rows.joined(separator: ", ")), …) is a spot of \(slice) (\(spots.joined(separator: ", ")), …)."
    case .noNumber(let text, let row, let column, let file):
      "row \(row + 1) of \(file), column \(column), holds '\(text)'; a finite number was expected."
    case .empty(let rows, let columns, let file): "\(file) holds \(rows) rows of \(columns) numbers: nothing to import."
    }
  }
}
