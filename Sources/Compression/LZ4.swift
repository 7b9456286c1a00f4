/// The LZ4 block format without a frame (`LZ4_RAW` of Parquet): reading only.
///
/// Source: github.com/lz4/lz4, doc/lz4_Block_format.md.
public enum LZ4 {
  /// The most bytes that one packed byte can unpack to: a further length byte adds up to 255.
  public static let largestRatio = 255

  /// Unpacks one block into exactly `output`.
  /// - Throws: `CompressionError` where the block is damaged or holds more or fewer bytes than `output` takes.
  public static func inflate(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws {
    let damaged = CompressionError.damaged(format: "lz4")
    var source = 0
    var target = 0
    while source < input.count {
      let token = Int(input[source])
      source += 1
      let literals = try length(token >> 4, input, &source)
      guard literals <= input.count - source, literals <= output.count - target else { throw damaged }
      BlockCopy.literal(input, source, to: output, target, literals)
      source += literals
      target += literals
      // The last sequence ends behind its literals.
      if source == input.count { break }
      guard source + 2 <= input.count else { throw damaged }
      let distance = Int(input[source]) | Int(input[source + 1]) << 8
      source += 2
      let count = try length(token & 15, input, &source) + 4
      guard distance > 0, distance <= target, count <= output.count - target else { throw damaged }
      BlockCopy.earlier(output, target, distance, count)
      target += count
    }
    guard target == output.count else {
      throw CompressionError.wrongSize(format: "lz4", expected: output.count, found: target)
    }
  }

  /// A length of 15 goes on in the bytes that follow, up to the first below 255.
  @inline(__always)
  private static func length(_ nibble: Int, _ input: UnsafeRawBufferPointer, _ source: inout Int) throws -> Int {
    var length = nibble
    if nibble < 15 { return length }
    while true {
      guard source < input.count else { throw CompressionError.damaged(format: "lz4") }
      let byte = Int(input[source])
      source += 1
      length += byte
      if byte < 255 { return length }
    }
  }
}
