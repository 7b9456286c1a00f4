/// How wide a file's addresses and lengths are, in bytes.
struct FieldWidths: Equatable {
  var address = 8
  var length = 8
}

/// Goes through bytes in order, every step checked; numbers are little-endian, as all metadata of HDF5.
struct ByteReader {
  private let bytes: [UInt8]
  private(set) var position: Int
  let end: Int

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    position = 0
    end = bytes.count
  }

  private init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  var remaining: Int { end - position }

  private mutating func advance(_ count: Int) throws -> Int {
    guard count >= 0, count <= end - position else { throw Malformed("a record ends early") }
    defer { position += count }
    return position
  }

  mutating func skip(_ count: Int) throws { _ = try advance(count) }

  /// An unsigned number of up to 8 bytes.
  mutating func unsigned(_ width: Int) throws -> UInt64 {
    guard width <= 8 else { throw Malformed("a number of \(width) bytes") }
    let start = try advance(width)
    var value: UInt64 = 0
    for k in (0..<width).reversed() { value = value << 8 | UInt64(bytes[start + k]) }
    return value
  }

  /// An unsigned number that fits Int.
  mutating func integer(_ width: Int) throws -> Int {
    guard let value = Int(exactly: try unsigned(width)) else { throw Malformed("a number beyond all bounds") }
    return value
  }

  mutating func byte() throws -> Int { Int(bytes[try advance(1)]) }

  /// An address, counted from the file's base; nil for the one that means "nowhere".
  mutating func address(_ widths: FieldWidths) throws -> Int? {
    let value = try unsigned(widths.address)
    if value == UInt64.max >> UInt64(64 - 8 * widths.address) { return nil }
    guard let address = Int(exactly: value) else { throw Malformed("an address beyond all bounds") }
    return address
  }

  mutating func length(_ widths: FieldWidths) throws -> Int { try integer(widths.length) }

  mutating func array(_ count: Int) throws -> [UInt8] {
    let start = try advance(count)
    return Array(bytes[start..<start + count])
  }

  /// A reader of the next `count` bytes; this one goes on behind them.
  mutating func part(_ count: Int) throws -> ByteReader {
    let start = try advance(count)
    return ByteReader(bytes, start..<start + count)
  }

  /// Text up to a NUL, which is passed.
  mutating func text() throws -> String {
    guard let stop = bytes[position..<end].firstIndex(of: 0) else { throw Malformed("a name without an end") }
    defer { position = stop + 1 }
    return String(decoding: bytes[position..<stop], as: UTF8.self)
  }

  /// Text in `count` bytes, up to a NUL where there is one.
  mutating func text(_ count: Int) throws -> String {
    let start = try advance(count)
    let field = bytes[start..<start + count]
    return String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
  }

  mutating func expect(_ signature: String) throws {
    let found = try array(signature.utf8.count)
    guard found.elementsEqual(signature.utf8) else { throw Malformed("no \(signature) where one should be") }
  }

  mutating func expectVersion(_ versions: ClosedRange<Int>, of what: String) throws -> Int {
    let version = try byte()
    guard versions.contains(version) else { throw Malformed("\(what) of version \(version)") }
    return version
  }

  /// Checks that the last four of all its bytes are the checksum of those before them, and leaves them out.
  func verified(_ what: String) throws -> ByteReader {
    var tail = ByteReader(bytes, max(position, end - 4)..<end)
    guard end - position >= 4, Lookup3.hash(bytes[position..<end - 4]) == UInt32(try tail.unsigned(4)) else {
      throw Malformed("the checksum of \(what) is wrong")
    }
    return ByteReader(bytes, position..<end - 4)
  }
}
