/// A view of bytes in memory, checked at every access: the one place of this target that reads through pointers.
///
/// Decoders throw before they would reach past the end; the preconditions here stand behind them.
struct Bytes {
  private let buffer: UnsafeRawBufferPointer

  init(_ buffer: UnsafeRawBufferPointer) { self.buffer = buffer }

  var count: Int { buffer.count }

  subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < buffer.count)
    return buffer[index]
  }

  /// The part of the view in `range`.
  subscript(range: Range<Int>) -> Bytes {
    precondition(range.lowerBound >= 0 && range.upperBound <= buffer.count)
    return Bytes(UnsafeRawBufferPointer(rebasing: buffer[range]))
  }

  /// The little-endian number at a byte offset.
  @inline(__always)
  func load<T: FixedWidthInteger>(_ offset: Int, as type: T.Type) -> T {
    precondition(offset >= 0 && offset <= buffer.count - MemoryLayout<T>.size)
    return T(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: type))
  }

  /// A number of up to 64 bits that begins at a bit offset, least significant bit first; all its bytes lie in the view.
  @inline(__always)
  func bits(_ offset: Int, width: Int) -> UInt64 {
    if width == 0 { return 0 }
    let first = offset >> 3
    let shift = offset & 7
    var value: UInt64
    if first + 9 <= count {
      value = load(first, as: UInt64.self) >> UInt64(shift)
      if shift + width > 64 { value |= UInt64(self[first + 8]) << UInt64(64 - shift) }
    } else {
      value = 0
      for k in 0..<(shift + width + 7) / 8 {
        let place = 8 * k - shift
        let byte = UInt64(self[first + k])
        value |= place < 0 ? byte >> UInt64(-place) : byte << UInt64(place)
      }
    }
    return width == 64 ? value : value & (1 << UInt64(width) - 1)
  }

  /// A number in base 128, least significant digits first.
  func varint(_ position: inout Int) throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      guard position < count else { throw Damage("a page ends early") }
      let byte = self[position]
      position += 1
      value |= UInt64(byte & 127) << UInt64(shift)
      if byte < 128 { return value }
    }
    throw Damage("a page holds a number of more than 64 bits")
  }

  /// A signed number in base 128: 0, -1, 1, -2, …
  func zigzag(_ position: inout Int) throws -> Int64 {
    let value = try varint(&position)
    return Int64(truncatingIfNeeded: value >> 1) ^ -Int64(truncatingIfNeeded: value & 1)
  }

  /// Copies the first bytes of the view over the elements of an array from `start` on.
  func copy<T: BitwiseCopyable>(to values: inout [T], from start: Int) {
    values.withUnsafeMutableBytes { target in
      let size = MemoryLayout<T>.stride
      precondition(start >= 0 && start * size <= target.count && target.count - start * size <= buffer.count)
      let part = UnsafeMutableRawBufferPointer(rebasing: target[(start * size)...])
      part.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[0..<part.count]))
    }
  }
}
