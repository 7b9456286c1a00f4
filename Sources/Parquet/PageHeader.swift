/// What stands in front of a page.
struct PageHeader {
  /// 0 data, 1 index, 2 dictionary, 3 data of version 2.
  var type = -1
  var unpackedSize = -1
  var packedSize = -1
  var checksum: UInt32?
  /// Nulls included.
  var values = -1
  var encoding = -1
  var levelEncoding = -1
  // Version 2 only: the levels stand unpacked in front of the values.
  var definitionBytes = 0
  var repetitionBytes = 0
  var isPacked = true

  /// Reads a page's head at `position` and leaves `position` behind it.
  /// - Throws: `Damage`
  init(_ bytes: [UInt8], at position: inout Int) throws {
    var reader = ThriftReader(bytes, from: position)
    try reader.structure { reader, field in
      switch (field.id, field.kind) {
      case (1, _): type = try reader.integer(field)
      case (2, _): unpackedSize = try reader.integer(field)
      case (3, _): packedSize = try reader.integer(field)
      case (4, _): checksum = UInt32(truncatingIfNeeded: try reader.integer(field))
      case (5, .structure), (7, .structure):
        try reader.structure { reader, field in
          switch field.id {
          case 1: values = try reader.integer(field)
          case 2: encoding = try reader.integer(field)
          case 3 where field.kind == .int32: levelEncoding = try reader.integer(field)
          default: try reader.skip(field)
          }
        }
      case (8, .structure):
        try reader.structure { reader, field in
          switch field.id {
          case 1: values = try reader.integer(field)
          case 4: encoding = try reader.integer(field)
          case 5: definitionBytes = try reader.integer(field)
          case 6: repetitionBytes = try reader.integer(field)
          case 7: isPacked = try reader.boolean(field)
          default: try reader.skip(field)
          }
        }
      default: try reader.skip(field)
      }
    }
    position = reader.position
  }
}
