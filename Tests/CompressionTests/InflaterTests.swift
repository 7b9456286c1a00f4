import Compression
import StomicsCore
import TestSupport
import Testing

@Suite struct InflaterTests {
  static let formats = [DeflateFormat.zlib, .gzip]

  @Test(arguments: formats, [0, 1, 6, 12]) func whatIsPackedUnpacks(_ format: DeflateFormat, _ level: Int) throws {
    for count in [0, 1, 1000, 100_000] {
      let bytes = (0..<count).map { UInt8($0 % 251) }
      let packed = try Deflater(level: level).deflate(bytes, format: format)
      #expect(try Inflater().inflate(packed, format: format) == bytes)
    }
  }

  @Test func membersOfAGzipFileAreJoined() throws {
    let deflater = try Deflater(level: 6)
    let packed =
      deflater.deflate(Array("one ".utf8), format: .gzip) + deflater.deflate(Array("two".utf8), format: .gzip)
    #expect(try Inflater().inflate(packed, format: .gzip) == Array("one two".utf8))
    // Some writers fill up with zeros.
    #expect(try Inflater().inflate(packed + [0, 0, 0], format: .gzip) == Array("one two".utf8))
  }

  @Test(arguments: formats) func damageAndLimitsAreErrors(_ format: DeflateFormat) throws {
    let packed = try Deflater(level: 6).deflate([UInt8](repeating: 65, count: 1_000_000), format: format)
    #expect(throws: CompressionError.damaged(format: format.rawValue)) {
      try Inflater().inflate(Array(packed.dropLast(5)), format: format)
    }
    #expect(throws: CompressionError.tooLarge(format: format.rawValue, limit: 1000)) {
      try Inflater().inflate(packed, format: format, limit: 1000)
    }
    #expect(throws: CompressionError.self) { try Inflater().inflate([1, 2, 3], format: format) }
    #expect(throws: CompressionError.self) { try Inflater().inflate([], format: format) }
    var damaged = packed
    damaged[packed.count / 2] ^= 0xff
    #expect(throws: CompressionError.self) { try Inflater().inflate(damaged, format: format) }
  }

  @Test func unpacksToJustTheSizeThatIsAnnounced() throws {
    let packed = try Deflater(level: 6).deflate([1, 2, 3, 4], format: .zlib)
    func inflate(into count: Int) throws -> [UInt8] {
      var output = [UInt8](repeating: 0, count: count)
      try packed.withUnsafeBytes { packed in
        try output.withUnsafeMutableBytes { try Inflater().inflateZlib(packed, into: $0) }
      }
      return output
    }
    #expect(try inflate(into: 4) == [1, 2, 3, 4])
    #expect(throws: CompressionError.wrongSize(format: "zlib", expected: 5, found: 4)) { try inflate(into: 5) }
    #expect(throws: CompressionError.tooLarge(format: "zlib", limit: 3)) { try inflate(into: 3) }
  }

  @Test func thereIsNoLevel13() {
    #expect(throws: CompressionError.invalidLevel(13)) { try Deflater(level: 13) }
  }
}

@Suite struct ShuffleTests {
  @Test(arguments: [1, 2, 3, 4, 8, 16]) func undoesItself(_ size: Int) {
    let bytes = (0..<size * 1000 + size / 2).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var shuffled = [UInt8](repeating: 0, count: bytes.count)
    var back = shuffled
    bytes.withUnsafeBytes { source in
      shuffled.withUnsafeMutableBytes { Shuffle.apply(source, elementSize: size, into: $0) }
    }
    shuffled.withUnsafeBytes { source in
      back.withUnsafeMutableBytes { Shuffle.undo(source, elementSize: size, into: $0) }
    }
    #expect(back == bytes)
    if size > 1 { #expect(shuffled.prefix(3) == [bytes[0], bytes[size], bytes[2 * size]]) }
  }
}

@Suite struct LZFTests {
  private func inflate(_ packed: [UInt8], _ count: Int) throws -> [UInt8] {
    var output = [UInt8](repeating: 0, count: count)
    try packed.withUnsafeBytes { packed in
      try output.withUnsafeMutableBytes { try LZF.inflate(packed, into: $0) }
    }
    return output
  }

  @Test func literalsAndCopies() throws {
    // "abc", then 3 bytes from 3 back, then 9 + 0 + 2 bytes from 1 back.
    let packed: [UInt8] = [2, 97, 98, 99, 1 << 5, 2, 7 << 5, 2, 0]
    #expect(try inflate(packed, 17) == Array("abcabccccccccccc".utf8) + [99])
  }

  @Test func damageIsAnError() {
    for packed in [[5, 97], [1 << 5], [1 << 5, 9], [7 << 5], [7 << 5, 1], [0, 97, 1 << 5, 200]] as [[UInt8]] {
      #expect(throws: CompressionError.self) { try inflate(packed, 100) }
    }
    #expect(throws: CompressionError.wrongSize(format: "lzf", expected: 5, found: 1)) { try inflate([0, 97], 5) }
    #expect(throws: CompressionError.damaged(format: "lzf")) { try inflate([3, 1, 2, 3, 4], 2) }
  }
}
