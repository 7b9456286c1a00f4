import StomicsCore

extension H5Dataset {
  /// All elements, row-major, as one type of number.
  ///
  /// Fastest where the file holds just that type; otherwise what does not fit is clipped.
  /// - Throws: `H5Error`: not numbers, damaged, compressed by an unknown filter, or larger than the file can hold.
  public func read<Number: H5Number>(_: Number.Type) throws -> [Number] {
    guard let form = NumberForm(type) else { throw wrongType("numbers") }
    let scalar = Number.scalar
    guard !scalar.matches(type) else {
      return try context.describing(path) {
        try requirePlausible()
        return try [Number](unsafeUninitializedCapacity: count) { buffer, initialised in
          try readStorage(into: UnsafeMutableRawBufferPointer(buffer))
          initialised = count
        }
      }
    }
    let stored = try readBytes()
    return [Number](unsafeUninitializedCapacity: count) { buffer, initialised in
      stored.withUnsafeBytes { form.convert($0, count: count, to: scalar, UnsafeMutableRawBufferPointer(buffer)) }
      initialised = count
    }
  }

  /// All elements as the bytes they have in the file.
  public func readBytes() throws -> [UInt8] {
    try context.describing(path) {
      try requirePlausible()
      let total = count * type.fileBytes
      return try [UInt8](unsafeUninitializedCapacity: total) { buffer, initialised in
        try readStorage(into: UnsafeMutableRawBufferPointer(buffer))
        initialised = total
      }
    }
  }

  /// All elements as strings, row-major: of fixed or varying length, ASCII or UTF-8. Null strings are empty; bytes that
  /// are no UTF-8 are replaced by U+FFFD.
  public func readStrings() throws -> [String] {
    switch type {
    case .fixedString(let width, let form):
      return try readBytes().withUnsafeBytes { records in
        (0..<count).map { form.text(UnsafeRawBufferPointer(rebasing: records[$0 * width..<($0 + 1) * width])) }
      }
    case .variableString:
      let references = try readBytes()
      return try context.describing(path) {
        try references.withUnsafeBytes { references in
          var room = TextRoom(context)
          return try (0..<count).map {
            try room.take(try context.heap.string(references, at: $0 * GlobalHeap.referenceBytes))
          }
        }
      }
    default: throw wrongType("strings")
    }
  }

  /// The name of a filter its chunks went through that nothing here can undo; nil where all can be.
  public var missingFilter: String? {
    for case .other(let id, let name, _) in filters where !ForeignFilters.canUndo(id) {
      return name.isEmpty ? "filter \(id)" : name
    }
    return nil
  }
}

/// Bounds the text that references may lead to: every string lies in the file once.
struct TextRoom {
  private var left: Int

  init(_ context: FileContext) { left = context.size }

  mutating func take(_ text: String) throws -> String {
    left -= text.utf8.count
    guard left >= 0 else { throw Malformed("more text than the file has room for") }
    return text
  }
}

/// Reads a long stretch of a file in blocks, on all threads.
enum FileBlocks {
  static func read(_ file: FileBytes, at start: Int, into bytes: UnsafeMutableRawBufferPointer) throws {
    let blockBytes = 8 << 20
    let blocks = max(1, (bytes.count + blockBytes - 1) / blockBytes)
    var errors = [Malformed?](repeating: nil, count: blocks)
    errors.withUnsafeMutableBufferPointer { errors in
      // Every block writes only its own bytes and its own error.
      nonisolated(unsafe) let errors = errors
      nonisolated(unsafe) let bytes = bytes
      parallelFor(blocks) { block in
        let range = block * blockBytes..<min(bytes.count, (block + 1) * blockBytes)
        do {
          try file.read(at: start + range.lowerBound, into: UnsafeMutableRawBufferPointer(rebasing: bytes[range]))
        } catch {
          errors[block] = error as? Malformed ?? Malformed("\(error)")
        }
      }
    }
    if let error = errors.lazy.compactMap({ $0 }).first { throw error }
  }
}
