/// The hybrid of runs and bit-packed groups that holds levels, dictionary codes and booleans.
///
/// Source: Encodings.md of Apache Parquet, "Run Length Encoding / Bit-Packing Hybrid (RLE = 3)".
enum RunDecoder {
  /// Reads `count` numbers of `width` bits (0 to 32).
  /// - Throws: `Damage` where the bytes end before
  static func decode(_ bytes: Bytes, width: Int, count: Int) throws -> [UInt32] {
    var values: [UInt32] = []
    values.reserveCapacity(count)
    var position = 0
    while values.count < count {
      let left = count - values.count
      let head = try bytes.varint(&position)
      if head & 1 == 0 {
        let size = (width + 7) / 8
        guard position + size <= bytes.count else { throw Damage("a run of a page ends early") }
        let value = UInt32(truncatingIfNeeded: bytes.bits(8 * position, width: 8 * size))
        guard width == 32 || value >> UInt32(width) == 0 else {
          throw Damage("a run of \(width)-bit numbers holds \(value)")
        }
        position += size
        let length = Int(clamping: head >> 1)
        guard length > 0 else { throw Damage("a page holds a run of no values") }
        values.append(contentsOf: repeatElement(value, count: min(left, length)))
      } else {
        // Groups of eight numbers; writers may leave out the padding of the last one.
        let length = Int(clamping: head >> 1)
        guard length > 0 else { throw Damage("a page holds a run of no values") }
        let used = min(left, length > left / 8 ? left : 8 * length)
        guard (used * width + 7) / 8 <= bytes.count - position else { throw Damage("a run of a page ends early") }
        let start = values.count
        values.append(contentsOf: repeatElement(0, count: used))
        values.withUnsafeMutableBufferPointer { values in
          for k in 0..<used {
            values[start + k] = UInt32(truncatingIfNeeded: bytes.bits(8 * position + k * width, width: width))
          }
        }
        position += min(bytes.count - position, length > left / 8 ? (used * width + 7) / 8 : length * width)
      }
    }
    return values
  }

  /// Reads definition levels 0 (null) and 1 (present): nil where all values are present.
  /// - Throws: `Damage` where the bytes end before
  static func present(_ bytes: Bytes, count: Int) throws -> [Bool]? {
    // The usual column without nulls is one run.
    var position = 0
    let head = try bytes.varint(&position)
    if head & 1 == 0, head >> 1 >= UInt64(count), position < bytes.count, bytes[position] == 1 { return nil }
    let levels = try decode(bytes, width: 1, count: count)
    return levels.allSatisfy { $0 == 1 } ? nil : levels.map { $0 == 1 }
  }
}
