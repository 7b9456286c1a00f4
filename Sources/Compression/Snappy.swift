/// The raw Snappy block format, which Parquet pages are packed with by default: reading only.
///
/// Source: github.com/google/snappy, format_description.txt.
public enum Snappy {
  /// The most bytes that one packed byte can unpack to: three bytes announce a copy of 64.
  public static let largestRatio = 22

  /// The unpacked size that a stream announces in its first bytes; a claim until `inflate` has succeeded.
  /// - Throws: `CompressionError.damaged`
  public static func announcedSize(_ input: UnsafeRawBufferPointer) throws -> Int {
    var position = 0
    return try size(input, &position)
  }

  /// Unpacks a stream into exactly `output`.
  /// - Throws: `CompressionError` where the stream is damaged or holds more or fewer bytes than `output` takes.
  public static func inflate(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws {
    let damaged = CompressionError.damaged(format: "snappy")
    var source = 0
    let announced = try size(input, &source)
    guard announced == output.count else {
      throw CompressionError.wrongSize(format: "snappy", expected: output.count, found: announced)
    }
    var target = 0
    while source < input.count {
      let tag = Int(input[source])
      source += 1
      if tag & 3 == 0 {
        var count = tag >> 2 + 1
        if count > 60 {
          let extra = count - 60
          guard source + extra <= input.count else { throw damaged }
          count = littleEndian(input, source, extra) + 1
          source += extra
        }
        guard count <= input.count - source, count <= output.count - target else { throw damaged }
        BlockCopy.literal(input, source, to: output, target, count)
        source += count
        target += count
      } else {
        // A copy: of 4 to 11 bytes from up to 2047 back, or of 1 to 64 with the distance in two or four bytes.
        let extra = tag & 3 == 3 ? 4 : tag & 3
        guard source + extra <= input.count else { throw damaged }
        var distance = littleEndian(input, source, extra)
        var count = tag >> 2 + 1
        if extra == 1 {
          distance += (tag >> 5) << 8
          count = tag >> 2 & 7 + 4
        }
        source += extra
        guard distance > 0, distance <= target, count <= output.count - target else { throw damaged }
        BlockCopy.earlier(output, target, distance, count)
        target += count
      }
    }
    guard target == output.count else { throw damaged }
  }

  private static func size(_ input: UnsafeRawBufferPointer, _ position: inout Int) throws -> Int {
    var value = 0
    for shift in stride(from: 0, to: 35, by: 7) {
      guard position < input.count else { break }
      let byte = Int(input[position])
      position += 1
      value |= (byte & 127) << shift
      if byte < 128 { return value }
    }
    throw CompressionError.damaged(format: "snappy")
  }

  @inline(__always)
  private static func littleEndian(_ input: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Int {
    var value = 0
    for k in 0..<count { value |= Int(input[start + k]) << (8 * k) }
    return value
  }
}

/// The two moves of the block formats of the LZ77 family; their callers have checked every bound.
enum BlockCopy {
  /// Copies bytes of the input.
  @inline(__always)
  static func literal(
    _ input: UnsafeRawBufferPointer, _ source: Int, to output: UnsafeMutableRawBufferPointer, _ target: Int,
    _ count: Int
  ) {
    UnsafeMutableRawBufferPointer(rebasing: output[target..<target + count]).copyMemory(
      from: UnsafeRawBufferPointer(rebasing: input[source..<source + count]))
  }

  /// Copies bytes written before, from `distance` back; a run may reach into itself and then repeats.
  @inline(__always)
  static func earlier(_ output: UnsafeMutableRawBufferPointer, _ target: Int, _ distance: Int, _ count: Int) {
    let start = target - distance
    var done = 0
    if distance >= 8 {
      while done + 8 <= count {
        let word = output.loadUnaligned(fromByteOffset: start + done, as: UInt64.self)
        output.storeBytes(of: word, toByteOffset: target + done, as: UInt64.self)
        done += 8
      }
    }
    while done < count {
      output[target + done] = output[start + done]
      done += 1
    }
  }
}
