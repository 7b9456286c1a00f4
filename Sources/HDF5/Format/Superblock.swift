/// The head of a file: where everything else starts.
/// - Source: HDF5 File Format Specification 3.0, II.A.
struct Superblock {
  var widths = FieldWidths()
  /// Where addresses count from: the superblock's own place, behind a user block.
  var base: Int
  /// Address of the root group's object header.
  var root: Int
  /// Address of the header that holds further settings of the file.
  var extensionHeader: Int?
  /// Where the file should end, counted from its first byte.
  var end: Int

  static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

  /// Where the signature stands: at 0, 512, 1024, 2048 …, since a file may carry another header before it.
  static func find(in bytes: FileBytes) -> Int? {
    var offset = 0
    while offset <= bytes.size - 8 {
      if (try? bytes.bytes(at: offset, count: 8)) == signature { return offset }
      offset = offset == 0 ? 512 : offset * 2
    }
    return nil
  }

  init(_ bytes: FileBytes, at start: Int) throws {
    var reader = ByteReader(try bytes.bytes(at: start, count: min(128, bytes.size - start)))
    try reader.skip(8)
    base = start
    let version = try reader.expectVersion(0...3, of: "a superblock")
    var storedBase: Int?
    if version >= 2 {
      try Superblock.readWidths(&reader, &widths)
      try reader.skip(1)
      storedBase = try reader.address(widths)
      extensionHeader = try reader.address(widths)
      end = try reader.address(widths) ?? 0
      guard let root = try reader.address(widths) else { throw Malformed("no root group") }
      self.root = root
      let whole = ByteReader(try bytes.bytes(at: start, count: reader.position + 4))
      _ = try whole.verified("the superblock")
    } else {
      try reader.skip(4)
      try Superblock.readWidths(&reader, &widths)
      try reader.skip(1 + 2 + 2 + 4 + (version == 1 ? 4 : 0))
      storedBase = try reader.address(widths)
      _ = try reader.address(widths)
      end = try reader.address(widths) ?? 0
      _ = try reader.address(widths)
      // The root group's entry: the place of its name, then its header.
      try reader.skip(widths.address)
      guard let root = try reader.address(widths) else { throw Malformed("no root group") }
      self.root = root
    }
    // A user block put before a finished file moves all of it.
    let moved = start.subtractingReportingOverflow(storedBase ?? start)
    let shifted = end.addingReportingOverflow(moved.partialValue)
    guard !moved.overflow, !shifted.overflow else { throw Malformed("a superblock with addresses beyond all bounds") }
    end = shifted.partialValue
  }

  private static func readWidths(_ reader: inout ByteReader, _ widths: inout FieldWidths) throws {
    widths = FieldWidths(address: try reader.byte(), length: try reader.byte())
    guard [2, 4, 8].contains(widths.address), [2, 4, 8].contains(widths.length) else {
      throw Malformed("addresses of \(widths.address) and lengths of \(widths.length) bytes")
    }
  }
}
