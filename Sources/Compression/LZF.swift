/// The LZF format, which h5py offers as a chunk filter: reading only.
public enum LZF {
  /// Unpacks an LZF stream into exactly `output`.
  /// - Throws: `CompressionError` where the stream is damaged or holds more or fewer bytes than `output` takes.
  /// - Source: liblzf, lzf_d.c: a control byte below 32 announces that many + 1 literal bytes, any other a copy of
  ///   (control >> 5) + 2 bytes from up to 8192 bytes back.
  public static func inflate(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws {
    let damaged = CompressionError.damaged(format: "lzf")
    var source = 0
    var target = 0
    while source < input.count {
      let control = Int(input[source])
      source += 1
      if control < 32 {
        let count = control + 1
        guard source + count <= input.count, target + count <= output.count else { throw damaged }
        for k in 0..<count { output[target + k] = input[source + k] }
        source += count
        target += count
      } else {
        var count = control >> 5
        if count == 7 {
          guard source < input.count else { throw damaged }
          count += Int(input[source])
          source += 1
        }
        count += 2
        guard source < input.count else { throw damaged }
        let start = target - ((control & 31) << 8) - Int(input[source]) - 1
        source += 1
        guard start >= 0, target + count <= output.count else { throw damaged }
        // Byte by byte: the copied run may reach into itself.
        for k in 0..<count { output[target + k] = output[start + k] }
        target += count
      }
    }
    guard target == output.count else {
      throw CompressionError.wrongSize(format: "lzf", expected: output.count, found: target)
    }
  }
}
