import Compression
import Testing

/// The formats of Parquet pages; the files of other writers stand among the fixtures of ParquetTests.
@Suite struct SnappyTests {
  private func inflate(_ packed: [UInt8], _ count: Int) throws -> [UInt8] {
    try unpack(packed, count, Snappy.inflate)
  }

  @Test func literalsAndCopies() throws {
    // 20 bytes: "abc", 4 from 3 back, 5 from 1 back with two bytes of distance, 8 from 8 back with four.
    let packed: [UInt8] = [20, 2 << 2, 97, 98, 99, 0 << 2 | 1, 3, 4 << 2 | 2, 1, 0, 7 << 2 | 3, 8, 0, 0, 0]
    #expect(try inflate(packed, 20) == Array("abcabcaaaaaabcaaaaaa".utf8))
    #expect(try packed.withUnsafeBytes(Snappy.announcedSize) == 20)
    #expect(try inflate([0], 0).isEmpty)
  }

  @Test func longLiterals() throws {
    for count in [60, 61, 256, 257, 70_000] {
      let bytes = (0..<count).map { UInt8($0 % 251) }
      var size: [UInt8] = []
      var rest = count
      while rest >= 128 {
        size.append(UInt8(rest & 127) | 128)
        rest >>= 7
      }
      size.append(UInt8(rest))
      let extra = count <= 60 ? 0 : count <= 256 ? 1 : count <= 65536 ? 2 : 3
      let tag = extra == 0 ? UInt8((count - 1) << 2) : UInt8((59 + extra) << 2)
      let length = (0..<extra).map { UInt8(truncatingIfNeeded: (count - 1) >> (8 * $0)) }
      #expect(try inflate(size + [tag] + length + bytes, count) == bytes)
    }
  }

  @Test func damageIsAnError() throws {
    let damaged: [[UInt8]] = [
      [], [0x80], [255, 255, 255, 255, 255], [4, 3 << 2, 1, 2, 3], [4, 60 << 2], [4, 63 << 2, 255, 255, 255, 255],
      [5, 0, 7, 1, 0], [5, 0, 7, 1, 2], [5, 0, 7, 1], [5, 0, 7, 2, 1], [5, 0, 7, 3, 1, 0, 0], [5, 0, 7, 5, 1],
    ]
    for packed in damaged {
      #expect(throws: CompressionError.self, "\(packed)") { try inflate(packed, Int(packed.first ?? 0)) }
    }
    #expect(throws: CompressionError.wrongSize(format: "snappy", expected: 9, found: 4)) {
      try inflate([4, 3 << 2, 1, 2, 3, 4], 9)
    }
  }
}

@Suite struct LZ4Tests {
  private func inflate(_ packed: [UInt8], _ count: Int) throws -> [UInt8] { try unpack(packed, count, LZ4.inflate) }

  @Test func literalsAndCopies() throws {
    // "abc" and 4 + 3 bytes from 3 back, then "xy".
    #expect(try inflate([3 << 4 | 3, 97, 98, 99, 3, 0, 2 << 4, 120, 121], 12) == Array("abcabcabcaxy".utf8))
    // 15 + 255 + 2 literals; a copy of 4 + 15 + 1 bytes from 1 back, and no literals at the end.
    let long = [UInt8](repeating: 65, count: 272)
    #expect(
      try inflate([15 << 4 | 15, 255, 2] + long + [1, 0, 1, 0], 292) == long + [UInt8](repeating: 65, count: 20))
    #expect(try inflate([0], 0).isEmpty)
  }

  @Test func damageIsAnError() throws {
    for packed in [[16], [15 << 4], [15 << 4, 255], [16, 1, 0, 0], [16, 1, 2, 0], [16, 1, 1], [16 | 15, 1, 1, 0]]
      as [[UInt8]]
    {
      #expect(throws: CompressionError.self, "\(packed)") { try inflate(packed, 100) }
    }
    #expect(throws: CompressionError.wrongSize(format: "lz4", expected: 5, found: 1)) { try inflate([16, 1], 5) }
    #expect(throws: CompressionError.damaged(format: "lz4")) { try inflate([2 << 4, 1, 2], 1) }
  }
}

@Suite struct ChecksumTests {
  @Test func theUsualCheckValue() {
    #expect(Array("123456789".utf8).withUnsafeBytes(Checksum.crc32) == 0xcbf4_3926)
    #expect([UInt8]().withUnsafeBytes(Checksum.crc32) == 0)
  }
}

private func unpack(
  _ packed: [UInt8], _ count: Int, _ inflate: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) throws -> Void
) throws -> [UInt8] {
  var output = [UInt8](repeating: 0, count: count)
  try packed.withUnsafeBytes { packed in
    try output.withUnsafeMutableBytes { try inflate(packed, $0) }
  }
  return output
}
