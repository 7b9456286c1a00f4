internal import CHDF5

extension H5Dataset {
  /// All elements, row-major, as one type of number.
  ///
  /// Fastest where the file holds just that type; otherwise the library converts, clipping what does not fit.
  /// - Throws: `H5Error`: not numbers, damaged, compressed by an unknown filter, or larger than the file can hold.
  public func read<Number: H5Number>(_: Number.Type) throws -> [Number] {
    switch type {
    case .integer, .float, .enumeration: break
    default: throw wrongType("numbers")
    }
    try boundClaim(memoryBytes: MemoryLayout<Number>.size)
    guard Number.scalar.matches(type) else { return try readConverted(Number.self) }
    return try [Number](unsafeUninitializedCapacity: count) { buffer, initialised in
      try readStorage(into: UnsafeMutableRawBufferPointer(buffer))
      initialised = count
    }
  }

  /// Reads the bytes of the file and lets the library turn them into `Number`.
  private func readConverted<Number: H5Number>(_: Number.Type) throws -> [Number] {
    let width = max(type.fileBytes, MemoryLayout<Number>.size)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count * width, alignment: 16)
    defer { buffer.deallocate() }
    try readStorage(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<(count * type.fileBytes)]))
    try H5Library.locked {
      guard let own = Handle(H5Dget_type(handle.id), H5Tclose) else { throw failure("read the type of") }
      _ = try check(
        H5Tconvert(own.id, Number.scalar.nativeID, count, buffer.baseAddress, nil, hid_t(H5P_DEFAULT)), "convert")
    }
    return Array(buffer.bindMemory(to: Number.self).prefix(count))
  }

  /// All elements as the bytes they have in the file.
  func readBytes() throws -> [UInt8] {
    try boundClaim(memoryBytes: type.fileBytes)
    let total = count * type.fileBytes
    return try [UInt8](unsafeUninitializedCapacity: total) { buffer, initialised in
      try readStorage(into: UnsafeMutableRawBufferPointer(buffer))
      initialised = total
    }
  }

  /// Fills `bytes` with the elements as the file has them.
  func readStorage(into bytes: UnsafeMutableRawBufferPointer) throws {
    precondition(bytes.count == count * type.fileBytes)
    if count == 0 { return }
    if case .chunked(let chunk) = layout, let reader = try ChunkReader(self, chunk: chunk) {
      try reader.read(into: bytes)
    } else if !type.usesHeap {
      try readThroughLibrary(into: bytes)
    } else if layout == .contiguous {
      try RawFile.read(self, into: bytes)
    } else {
      // The library would follow the references, and with them the damage of a damaged file.
      try requireKnownFilters()
      throw wrongType("references to the heap in chunks or in one piece")
    }
  }

  private func readThroughLibrary(into bytes: UnsafeMutableRawBufferPointer) throws {
    try requireKnownFilters()
    try H5Library.locked {
      guard let own = Handle(H5Dget_type(handle.id), H5Tclose) else { throw failure("read the type of") }
      _ = try check(
        H5Dread(handle.id, own.id, hid_t(H5S_ALL), hid_t(H5S_ALL), hid_t(H5P_DEFAULT), bytes.baseAddress), "read")
    }
  }

  /// The name of a filter its chunks went through that nothing here can undo; nil where all can be.
  public var missingFilter: String? {
    if case .chunked = layout, filters.contains(.lzf), canUnpackChunks { return nil }
    return missingInLibrary?.name
  }

  /// Whether `ChunkReader` knows all filters.
  var canUnpackChunks: Bool {
    filters.allSatisfy { filter in
      switch filter {
      case .deflate, .lzf, .shuffle: true
      case .fletcher32, .other: false
      }
    }
  }

  /// Throws where a chunk went through a filter that the library does not have.
  func requireKnownFilters() throws {
    if let (id, name) = missingInLibrary {
      throw H5Error.missingFilter(path: path, id: id, name: name, file: file)
    }
  }

  private var missingInLibrary: (id: Int, name: String)? {
    for filter in filters {
      let id: Int
      switch filter {
      case .deflate, .shuffle, .fletcher32: continue
      case .lzf: id = 32000
      case .other(let other, _): id = other
      }
      if H5Library.locked({ H5Zfilter_avail(H5Z_filter_t(id)) }) <= 0 { return (id, filter.name) }
    }
    return nil
  }

  /// Throws where the claimed number of elements cannot come from the bytes stored.
  ///
  /// Deflate packs at most 1032 to 1. What was never written reads as a fill value: 64 MiB of that are allowed.
  func boundClaim(memoryBytes: Int) throws {
    let claimed = count.multipliedReportingOverflow(by: max(memoryBytes, type.fileBytes))
    let stored = min(storedBytes, fileSize)
    let packing = filters.isEmpty ? 8 : 1032 * 8
    // The factor 8 leaves room for a conversion to a wider type in memory.
    let bound = stored.multipliedReportingOverflow(by: packing)
    let most = (bound.overflow ? Int.max / 2 : bound.partialValue) + 64 << 20
    if claimed.overflow || claimed.partialValue > most {
      throw H5Error.implausibleSize(
        path: path, claim: "\(count) elements of \(type.fileBytes) bytes", fileSize: fileSize, file: file)
    }
  }
}
