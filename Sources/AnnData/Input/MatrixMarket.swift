import StomicsCore

/// The entries of a Matrix Market file of coordinates, as they stand in it.
///
/// Format: https://math.nist.gov/MatrixMarket/formats.html. Read are the fields integer, real and pattern (each entry 1)
/// of general matrices; others are refused with the reason.
struct MatrixMarket {
  let file: String
  let rows: Int
  let columns: Int
  /// Row and column of each entry, from 0.
  private(set) var rowIndices: [Int32]
  private(set) var columnIndices: [Int32]
  /// float32, or float64 where float32 would round a whole number.
  private(set) var values: NumericArray
  /// The comment lines above the size line, without their percent signs.
  let comments: [String]

  /// Lines are cut into blocks of about so many bytes that are read side by side.
  private static let blockSize = 1 << 22

  /// - Throws: `InputError` naming the first line that is wrong.
  init(_ bytes: [UInt8], file: String) throws {
    self.file = file
    var header = MatrixMarketHeader(bytes, file: file)
    try header.read()
    (rows, columns, comments) = (header.rows, header.columns, header.comments)
    // Memory is taken for the lines that are there, not for those that are announced.
    let blocks = MatrixMarket.blocks(bytes, from: header.end)
    let counts = MatrixMarket.entryCounts(bytes, blocks)
    let total = counts.reduce(0, +)
    guard total == header.entries else {
      throw InputError.content(
        found: "has \(total) \(total == 1 ? "line" : "lines") of entries",
        expected: "the number in its size line (line \(header.line)), "
          + "\(header.entries),", file: file)
    }
    var scan = EntryScan(header: header, blocks: blocks, counts: counts)
    let floats = try scan.read(bytes, as: Float.self, file: file)
    (rowIndices, columnIndices) = (scan.rowIndices, scan.columnIndices)
    values = scan.needsDouble ? .float64(try scan.read(bytes, as: Double.self, file: file)) : .float32(floats)
  }

  private static func blocks(_ bytes: [UInt8], from start: Int) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var start = start
    while start < bytes.count {
      var end = min(start + blockSize, bytes.count)
      while end < bytes.count, bytes[end - 1] != InputText.newline { end += 1 }
      result.append(start..<end)
      start = end
    }
    return result
  }

  /// The number of lines with something on them in each block; comments are allowed between entries.
  private static func entryCounts(_ bytes: [UInt8], _ blocks: [Range<Int>]) -> [Int] {
    var counts = [Int](repeating: 0, count: blocks.count)
    bytes.withUnsafeBufferPointer { bytes in
      counts.withUnsafeMutableBufferPointer { counts in
        nonisolated(unsafe) let (bytes, counts) = (bytes, counts)
        parallelFor(blocks.count) { block in
          var count = 0
          var line = LineCursor(bytes, blocks[block])
          while line.next() { count += 1 }
          counts[block] = count
        }
      }
    }
    return counts
  }
}

/// The lines above the entries: banner, comments, size.
struct MatrixMarketHeader {
  private let bytes: [UInt8]
  private let file: String
  private(set) var rows = 0
  private(set) var columns = 0
  private(set) var entries = 0
  private(set) var isPattern = false
  private(set) var comments: [String] = []
  /// Where the entries begin, and the number of the size line.
  private(set) var end = 0
  private(set) var line = 0

  init(_ bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  mutating func read() throws {
    try readBanner(nextLine() ?? "")
    while let text = nextLine() {
      let words = text.split(whereSeparator: \.isWhitespace)
      if words.isEmpty { continue }
      if text.hasPrefix("%") {
        comments.append(String(text.drop { $0 == "%" }))
        continue
      }
      let sizes = words.compactMap { Int($0) }
      guard words.count == 3, sizes.count == 3, sizes.allSatisfy({ $0 >= 0 }),
        max(sizes[0], sizes[1]) <= Int(Int32.max)
      else {
        throw InputError.line(
          line, found: text, expected: "the size of the matrix (rows, columns and number of entries)", file: file)
      }
      (rows, columns, entries) = (sizes[0], sizes[1], sizes[2])
      return
    }
    throw InputError.content(
      found: "ends after \(line) \(line == 1 ? "line" : "lines")", expected: "the size of the matrix", file: file)
  }

  private mutating func readBanner(_ text: String) throws {
    let words = text.split(whereSeparator: \.isWhitespace).map { $0.lowercased() }
    func refuse(_ expected: String) -> InputError { .line(1, found: text, expected: expected, file: file) }
    guard words.first == "%%matrixmarket" else { throw refuse("'%%MatrixMarket matrix coordinate …'") }
    guard words.count == 5, words[1] == "matrix" else {
      throw refuse("'%%MatrixMarket matrix coordinate integer general'")
    }
    guard words[2] == "coordinate" else {
      throw refuse("a sparse matrix ('coordinate'; dense ones, 'array', are not read)")
    }
    guard ["integer", "real", "double", "pattern"].contains(words[3]) else {
      throw refuse("counts ('integer', 'real' or 'pattern')")
    }
    guard words[4] == "general" else {
      throw refuse("'general' (a matrix of features x barcodes is not square, so it has no symmetry)")
    }
    isPattern = words[3] == "pattern"
  }

  private mutating func nextLine() -> String? {
    guard end < bytes.count else { return nil }
    let stop = bytes[end...].firstIndex(of: InputText.newline) ?? bytes.count
    let text = String(decoding: bytes[end..<stop], as: UTF8.self)
    end = min(stop + 1, bytes.count)
    line += 1
    return text.hasSuffix("\r") ? String(text.dropLast()) : text
  }
}
