/// Whole numbers as packed differences (DELTA_BINARY_PACKED), which also hold the lengths of delta-encoded strings.
///
/// Source: Encodings.md of Apache Parquet, "Delta Encoding (DELTA_BINARY_PACKED = 5)".
enum DeltaDecoder {
  /// Reads `count` numbers and leaves `position` behind their last block; differences wrap around as the writer's did.
  /// - Throws: `Damage` where the bytes break the format or hold another number of values
  static func decode(_ bytes: Bytes, _ position: inout Int, count: Int) throws -> [Int64] {
    if count == 0 && position == bytes.count { return [] }
    let blockSize = try bytes.varint(&position)
    let parts = try bytes.varint(&position)
    let total = try bytes.varint(&position)
    guard blockSize > 0, blockSize <= 1 << 20, blockSize % 128 == 0, parts > 0, blockSize % parts == 0,
      (blockSize / parts) % 32 == 0
    else { throw Damage("delta blocks of \(blockSize) values in \(parts) parts") }
    guard total == UInt64(count) else {
      throw Damage("a delta-encoded page holds \(total) values where \(count) were announced")
    }
    var last = try bytes.zigzag(&position)
    if count == 0 { return [] }
    let perPart = Int(blockSize / parts)
    var values: [Int64] = []
    values.reserveCapacity(count)
    values.append(last)
    while values.count < count {
      let smallest = try bytes.zigzag(&position)
      let widths = position
      guard Int(parts) <= bytes.count - position else { throw Damage("a delta-encoded page ends early") }
      position += Int(parts)
      for part in 0..<Int(parts) where values.count < count {
        let width = Int(bytes[widths + part])
        let used = min(perPart, count - values.count)
        guard width <= 64, (used * width + 7) / 8 <= bytes.count - position else {
          throw Damage("a delta-encoded page ends early")
        }
        for k in 0..<used {
          let difference = Int64(bitPattern: bytes.bits(8 * position + k * width, width: width))
          last = last &+ smallest &+ difference
          values.append(last)
        }
        position += min(bytes.count - position, perPart * width / 8)
      }
    }
    return values
  }

  /// Reads lengths: none is negative, and each fits 31 bits.
  static func lengths(_ bytes: Bytes, _ position: inout Int, count: Int) throws -> [Int] {
    try decode(bytes, &position, count: count).map { length in
      guard length >= 0, length <= Int64(Int32.max) else { throw Damage("a string of \(length) bytes") }
      return Int(length)
    }
  }
}
