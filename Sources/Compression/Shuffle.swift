/// HDF5's byte shuffle: all first bytes of the elements, then all second bytes, and so on.
public enum Shuffle {
  /// Brings shuffled bytes back into elements of `size` bytes. Bytes beyond the last whole element stay as they are.
  public static func undo(
    _ input: UnsafeRawBufferPointer, elementSize size: Int, into output: UnsafeMutableRawBufferPointer
  ) {
    precondition(input.count == output.count && size > 0)
    let count = input.count / size
    switch size {
    case 4: undo(input, count, 4, output)
    case 8: undo(input, count, 8, output)
    default: undo(input, count, size, output)
    }
    for k in count * size..<input.count { output[k] = input[k] }
  }

  @inline(__always)
  private static func undo(
    _ input: UnsafeRawBufferPointer, _ count: Int, _ size: Int, _ output: UnsafeMutableRawBufferPointer
  ) {
    for i in 0..<count {
      for b in 0..<size { output[i * size + b] = input[b * count + i] }
    }
  }

  /// Puts the bytes of elements of `size` bytes into shuffled order.
  public static func apply(
    _ input: UnsafeRawBufferPointer, elementSize size: Int, into output: UnsafeMutableRawBufferPointer
  ) {
    precondition(input.count == output.count && size > 0)
    let count = input.count / size
    for b in 0..<size {
      for i in 0..<count { output[b * count + i] = input[i * size + b] }
    }
    for k in count * size..<input.count { output[k] = input[k] }
  }
}
