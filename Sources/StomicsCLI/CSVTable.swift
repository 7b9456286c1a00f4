import StomicsCore

/// A table of text with a header line (RFC 4180: commas, or another separator, quotes doubled inside quotes).
struct CSVTable {
  let file: String
  let header: [String]
  /// Rows as long as the header.
  let rows: [[String]]

  /// - Throws: `FileError`, `CSVError`
  init(contentsOf path: String, separator: Character = ",") throws {
    let bytes = try readFile(path)
    if bytes.contains(0) { throw CSVError.notText(file: path) }
    try self.init(String(decoding: bytes, as: UTF8.self), file: path, separator: separator)
  }

  init(_ text: String, file: String, separator: Character = ",") throws {
    self.file = file
    var lines = try Self.records(text, file: file, separator: separator)
    guard !lines.isEmpty else { throw CSVError.empty(file: file) }
    header = lines.removeFirst().fields.map { $0.trimmed }
    for line in lines where line.fields.count != header.count {
      throw CSVError.rowLength(file: file, line: line.number, found: line.fields.count, expected: header.count)
    }
    rows = lines.map(\.fields)
  }

  func column(_ name: String) -> [String]? {
    header.firstIndex(of: name).map { i in rows.map { $0[i] } }
  }

  /// A column's numbers; empty fields are NaN. nil where the column is missing or one of its fields is no number.
  func numbers(_ name: String) -> [Double]? {
    guard let texts = column(name) else { return nil }
    var result = [Double]()
    result.reserveCapacity(texts.count)
    for text in texts {
      let text = text.trimmed
      guard let value = text.isEmpty ? .nan : Double(text) else { return nil }
      result.append(value)
    }
    return result
  }

  /// A column that must be there.
  /// - Throws: `CSVError.missingColumns`
  func required(_ name: String) throws -> [String] {
    guard let texts = column(name) else {
      throw CSVError.missingColumns(file: file, wanted: "column '\(name)'", found: header)
    }
    return texts
  }

  /// A column of numbers that must be there; empty fields are NaN.
  /// - Throws: `CSVError.missingColumns`
  func requiredNumbers(_ name: String) throws -> [Double] {
    guard let values = numbers(name) else {
      throw CSVError.missingColumns(file: file, wanted: "column '\(name)' of numbers", found: header)
    }
    return values
  }

  private static func records(
    _ text: String, file: String, separator: Character
  ) throws -> [(number: Int, fields: [String])] {
    var result = [(number: Int, fields: [String])]()
    var fields = [String]()
    var field = ""
    var isQuoted = false
    var line = 1
    var start = 1
    func endLine() {
      fields.append(field)
      field = ""
      if fields.count > 1 || !fields[0].isEmpty { result.append((start, fields)) }
      fields = []
      start = line + 1
    }
    var characters = text.makeIterator()
    var next = characters.next()
    while let character = next {
      next = characters.next()
      if isQuoted {
        if character == "\"" && next == "\"" {
          field.append(character)
          next = characters.next()
        } else if character == "\"" {
          isQuoted = false
        } else {
          if character.isNewline { line += 1 }
          field.append(character)
        }
        continue
      }
      switch character {
      case "\"" where field.isEmpty: isQuoted = true
      case separator:
        fields.append(field)
        field = ""
      case "\n", "\r\n", "\r":
        endLine()
        line += 1
      default: field.append(character)
      }
    }
    if isQuoted { throw CSVError.openQuote(file: file, line: start) }
    if !field.isEmpty || !fields.isEmpty { endLine() }
    return result
  }
}

/// What can be wrong with a table of text.
enum CSVError: StomicsError, Equatable {
  case empty(file: String)
  case notText(file: String)
  case rowLength(file: String, line: Int, found: Int, expected: Int)
  case openQuote(file: String, line: Int)
  case missingColumns(file: String, wanted: String, found: [String])

  var kind: ErrorKind { .data }

  var description: String {
    switch self {
    case .notText(let file): "\(file) is no table of text: name the folder of a run, or a CSV file."
    case .empty(let file): "\(file) is empty; a table with a header line was expected."
    case .rowLength(let file, let line, let found, let expected):
      "Line \(line) of \(file) has \(found) fields, its header has \(expected): the file is damaged or no CSV table."
    case .openQuote(let file, let line): "The quote that opens in line \(line) of \(file) never closes."
    case .missingColumns(let file, let wanted, let found):
      "\(file) has no \(wanted) (columns: \(found.joined(separator: ", ")))."
    }
  }
}

extension String {
  /// Without blanks at either end.
  var trimmed: String {
    var result = self[...]
    while result.first?.isWhitespace == true { result.removeFirst() }
    while result.last?.isWhitespace == true { result.removeLast() }
    return String(result)
  }
}
