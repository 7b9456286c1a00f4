import Compression
import Testing

@Suite struct InflaterTests {
  @Test func whatIsPackedUnpacks() throws {
    let bytes = (0..<100_000).map { UInt8($0 % 251) }
    for format in [DeflateFormat.zlib, .gzip] {
      let packed = try Deflater(level: 6).deflate(bytes, format: format)
      #expect(packed.count < bytes.count / 10)
      #expect(try Inflater().inflate(packed, format: format) == bytes)
    }
  }
}
