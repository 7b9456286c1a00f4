/// Float buffers that a training step uses again and again: after the first epoch nothing is allocated.
///
/// Buffers are aligned to 64 bytes. Not for use from several threads at once.
final class BufferPool {
  private var free: [Int: [UnsafeMutablePointer<Float>]] = [:]
  private var owned: [UnsafeMutablePointer<Float>] = []
  /// Floats allocated so far, in use or not: what tests look at.
  private(set) var allocatedCount = 0
  /// Floats of the largest buffer so far.
  private(set) var largest = 0

  /// A buffer of at least `count` floats with unspecified content.
  func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    if let buffer = free[count]?.popLast() { return buffer }
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: 64)
    let buffer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
    owned.append(buffer)
    allocatedCount += count
    largest = max(largest, count)
    return buffer
  }

  /// Gives a buffer of `count` floats back for the next `take`.
  func give(_ buffer: UnsafeMutablePointer<Float>, count: Int) {
    free[count, default: []].append(buffer)
  }

  deinit {
    for buffer in owned { UnsafeMutableRawPointer(buffer).deallocate() }
  }
}
