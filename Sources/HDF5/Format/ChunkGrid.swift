/// How a dataset's shape is cut into chunks: all of one shape, those at the border reaching beyond it.
struct ChunkGrid {
  let shape: [Int]
  let chunk: [Int]
  /// Chunks along each axis.
  private let counts: [Int]
  let count: Int
  let elementsPerChunk: Int

  /// Nil where the chunks' shape has another rank, a zero, or too many elements to count.
  init?(shape: [Int], chunk: [Int]) {
    guard shape.count == chunk.count, !shape.isEmpty, chunk.allSatisfy({ $0 > 0 }) else { return nil }
    var elements = 1
    for extent in chunk {
      let (product, overflow) = elements.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= 1 << 40 else { return nil }
      elements = product
    }
    self.shape = shape
    self.chunk = chunk
    counts = zip(shape, chunk).map { ($0 - 1) / $1 + 1 }
    // The product of the extents fits (`Dataspace`), so that of the chunks does.
    count = shape.contains(0) ? 0 : counts.reduce(1, *)
    elementsPerChunk = elements
  }

  /// A chunk's place along each axis, counted in chunks; the last axis runs fastest.
  func coordinates(of index: Int) -> [Int] {
    var rest = index
    var coordinates = shape
    for axis in shape.indices.reversed() {
      coordinates[axis] = rest % counts[axis]
      rest /= counts[axis]
    }
    return coordinates
  }

  /// The number of the chunk at these places along the axes; nil outside the shape.
  func index(of coordinates: [Int]) -> Int? {
    var index = 0
    for axis in shape.indices {
      guard coordinates[axis] >= 0, coordinates[axis] < counts[axis] else { return nil }
      index = index * counts[axis] + coordinates[axis]
    }
    return index
  }

  /// The first element's position of a chunk.
  func origin(of index: Int) -> [Int] { zip(coordinates(of: index), chunk).map(*) }

  /// Where a chunk's elements belong in the whole array.
  func place(of index: Int) -> Place {
    let origin = origin(of: index)
    var extent = chunk
    for axis in shape.indices { extent[axis] = min(chunk[axis], shape[axis] - origin[axis]) }
    return Place(shape: shape, chunk: chunk, origin: origin, extent: extent)
  }

  struct Place {
    let shape: [Int]
    let chunk: [Int]
    let origin: [Int]
    /// The part of the chunk that lies inside the shape.
    let extent: [Int]

    /// Whether a part of the chunk lies outside the shape.
    var isPartial: Bool { extent != chunk }

    /// The bytes of the whole array that are this chunk, where they are one run and the chunk is whole.
    func contiguousRun(elementBytes: Int) -> Range<Int>? {
      guard extent == chunk else { return nil }
      // One run: full extent along all axes behind the first that has more than one element.
      guard let first = chunk.firstIndex(where: { $0 > 1 }) ?? chunk.indices.last else { return nil }
      for axis in chunk.indices.dropFirst(first + 1) where chunk[axis] != shape[axis] { return nil }
      let start = firstElement * elementBytes
      return start..<start + chunk.reduce(1, *) * elementBytes
    }

    /// Copies the part inside the shape from the unpacked chunk to the whole array, run by run.
    func copy(from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer, elementBytes: Int) {
      let last = shape.count - 1
      let runBytes = extent[last] * elementBytes
      guard runBytes > 0, let source = source.baseAddress, let target = target.baseAddress else { return }
      var position = [Int](repeating: 0, count: shape.count)
      while true {
        var whole = origin
        for axis in position.indices { whole[axis] += position[axis] }
        (target + offset(of: whole, in: shape) * elementBytes)
          .copyMemory(from: source + offset(of: position, in: chunk) * elementBytes, byteCount: runBytes)
        // The next run: count up all axes but the last.
        var axis = last - 1
        while axis >= 0 {
          position[axis] += 1
          if position[axis] < extent[axis] { break }
          position[axis] = 0
          axis -= 1
        }
        if axis < 0 { return }
      }
    }

    /// The position of its first element in the whole array, counted row-major.
    var firstElement: Int { offset(of: origin, in: shape) }
    /// How many of its elements lie inside the shape.
    var elements: Int { extent.reduce(1, *) }

    private func offset(of position: [Int], in shape: [Int]) -> Int {
      var offset = 0
      for axis in shape.indices { offset = offset * shape[axis] + position[axis] }
      return offset
    }
  }
}
