/// What is wrong with some bytes; the reader of a column adds which file and which column.
struct Damage: Error {
  var detail: String

  init(_ detail: String) { self.detail = detail }
}

/// Reads Thrift's compact protocol, in which Parquet keeps its footer and the heads of its pages.
///
/// Every length is checked against the bytes that are left, and structures may stand 32 deep.
/// Source: thrift-compact-protocol.md of Apache Thrift.
struct ThriftReader {
  /// The types of the protocol as they stand in front of a value; a boolean's type is its value.
  enum Kind: UInt8 {
    case yes = 1
    case no, byte, int16, int32, int64, double, binary, list, set, map, structure, uuid
  }

  /// The number and type of a structure's next value.
  struct Field {
    var id: Int
    var kind: Kind
  }

  private let bytes: [UInt8]
  private(set) var position: Int
  private var depth = 0

  /// Reads from `start` on; `start` lies within the bytes or at their end.
  init(_ bytes: [UInt8], from start: Int = 0) {
    self.bytes = bytes
    position = start
  }

  /// Runs `body` for every field of a structure; it must read the value or `skip` it.
  mutating func structure(_ body: (inout ThriftReader, Field) throws -> Void) throws {
    depth += 1
    defer { depth -= 1 }
    guard depth <= 32 else { throw Damage("its structures stand more than 32 deep") }
    var id = 0
    while true {
      let head = try byte()
      if head == 0 { return }
      let kind = try kind(head & 15)
      id = head >> 4 == 0 ? try zigzag() : id &+ Int(head >> 4)
      try body(&self, Field(id: id, kind: kind))
    }
  }

  /// Runs `body` once for every structure of a list.
  mutating func structures(_ field: Field, _ body: (inout ThriftReader) throws -> Void) throws {
    guard field.kind == .list else { throw wrong(field) }
    let (kind, count) = try listHead()
    guard kind == .structure || count == 0 else { throw wrong(field) }
    for _ in 0..<count { try body(&self) }
  }

  mutating func integer(_ field: Field) throws -> Int {
    switch field.kind {
    case .byte: Int(Int8(bitPattern: try byte()))
    case .int16, .int32, .int64: try zigzag()
    default: throw wrong(field)
    }
  }

  mutating func text(_ field: Field) throws -> String {
    guard field.kind == .binary else { throw wrong(field) }
    let count = try length()
    defer { position += count }
    return String(decoding: bytes[position..<position + count], as: UTF8.self)
  }

  func boolean(_ field: Field) throws -> Bool {
    guard field.kind == .yes || field.kind == .no else { throw wrong(field) }
    return field.kind == .yes
  }

  /// Passes over a value.
  mutating func skip(_ field: Field) throws {
    if field.kind != .yes && field.kind != .no { try skip(field.kind) }
  }

  private mutating func skip(_ kind: Kind) throws {
    depth += 1
    defer { depth -= 1 }
    guard depth <= 32 else { throw Damage("its structures stand more than 32 deep") }
    switch kind {
    case .yes, .no, .byte: _ = try byte()
    case .int16, .int32, .int64: _ = try varint()
    case .double: try advance(8)
    case .uuid: try advance(16)
    case .binary: try advance(try length())
    case .list, .set:
      let (kind, count) = try listHead()
      for _ in 0..<count { try skip(kind) }
    case .map:
      let count = try length()
      if count == 0 { return }
      let kinds = try byte()
      let (key, value) = (try self.kind(kinds >> 4), try self.kind(kinds & 15))
      for _ in 0..<count {
        try skip(key)
        try skip(value)
      }
    case .structure: try structure { reader, field in try reader.skip(field) }
    }
  }

  private mutating func listHead() throws -> (Kind, Int) {
    let head = try byte()
    let count = head >> 4 == 15 ? try length() : Int(head >> 4)
    if count == 0 { return (.byte, 0) }
    guard count <= bytes.count - position else { throw Damage("it ends early") }
    return (try kind(head & 15), count)
  }

  private func kind(_ code: UInt8) throws -> Kind {
    guard let kind = Kind(rawValue: code) else { throw Damage("it holds a value of the unknown type \(code)") }
    return kind
  }

  private func wrong(_ field: Field) -> Damage { Damage("its field \(field.id) is of the type \(field.kind)") }

  private mutating func byte() throws -> UInt8 {
    guard position < bytes.count else { throw Damage("it ends early") }
    position += 1
    return bytes[position - 1]
  }

  private mutating func advance(_ count: Int) throws {
    guard count <= bytes.count - position else { throw Damage("it ends early") }
    position += count
  }

  /// A length in bytes or elements, each of which takes a byte at least.
  private mutating func length() throws -> Int {
    guard let count = Int(exactly: try varint()), count <= bytes.count - position else { throw Damage("it ends early") }
    return count
  }

  private mutating func zigzag() throws -> Int {
    let value = try varint()
    return Int(truncatingIfNeeded: value >> 1) ^ -Int(truncatingIfNeeded: value & 1)
  }

  private mutating func varint() throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      let byte = try byte()
      value |= UInt64(byte & 127) << UInt64(shift)
      if byte < 128 { return value }
    }
    throw Damage("it holds a number of more than 64 bits")
  }
}
