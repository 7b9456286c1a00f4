/// Float buffers that a training step uses again and again: after the first epoch nothing is allocated.
///
/// A request takes the smallest free buffer that is large enough, so that the evaluation of a part of the spots runs in
/// the buffers of the training step. Buffers are aligned to 64 bytes. Not for use from several threads at once.
final class BufferPool {
  private struct Free {
    let capacity: Int
    let buffer: UnsafeMutablePointer<Float>
  }

  /// By capacity, ascending; the last returned first among equals.
  private var free: [Free] = []
  private var capacities: [UnsafeMutablePointer<Float>: Int] = [:]
  /// Floats allocated so far, in use or not.
  private(set) var allocatedCount = 0
  /// Floats of the largest buffer so far.
  private(set) var largest = 0

  /// A buffer of at least `count` floats with unspecified content.
  func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    let place = firstIndex(capacity: count)
    if place < free.count { return free.remove(at: place).buffer }
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: 64)
    let buffer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
    capacities[buffer] = count
    allocatedCount += count
    largest = max(largest, count)
    return buffer
  }

  /// Gives a buffer back for the next `take`.
  func give(_ buffer: UnsafeMutablePointer<Float>) {
    guard let capacity = capacities[buffer] else { preconditionFailure("the buffer is not of this pool") }
    free.insert(Free(capacity: capacity, buffer: buffer), at: firstIndex(capacity: capacity))
  }

  /// The first free buffer that holds `capacity` floats, by bisection.
  private func firstIndex(capacity: Int) -> Int {
    var low = 0
    var high = free.count
    while low < high {
      let middle = (low + high) / 2
      if free[middle].capacity < capacity { low = middle + 1 } else { high = middle }
    }
    return low
  }

  deinit {
    for buffer in capacities.keys { UnsafeMutableRawPointer(buffer).deallocate() }
  }
}
