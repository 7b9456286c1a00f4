/// Where a dataset's elements lie.
/// - Source: HDF5 File Format Specification 3.0, IV.A.2.i.
enum Storage {
  case compact([UInt8])
  /// Nil where nothing was written yet.
  case contiguous(address: Int?)
  /// `rawEdges`: chunks that reach beyond the shape passed no filter.
  case chunked(chunk: [Int], ChunkIndex.Kind, rawEdges: Bool, address: Int?)
  /// Composed of other datasets.
  case virtual

  init(_ reader: inout ByteReader, _ widths: FieldWidths) throws {
    let version = try reader.expectVersion(1...5, of: "a layout")
    if version <= 2 {
      self = try Storage.old(&reader, widths)
      return
    }
    switch try reader.byte() {
    case 0: self = .compact(try reader.array(try reader.integer(2)))
    case 1: self = .contiguous(address: try reader.address(widths))
    case 2 where version == 3:
      let rank = try Storage.chunkRank(try reader.byte())
      let address = try reader.address(widths)
      let chunk = try (0..<rank).map { _ in try reader.integer(4) }
      self = .chunked(chunk: chunk, .tree1, rawEdges: false, address: address)
    case 2:
      let flags = try reader.byte()
      let rank = try Storage.chunkRank(try reader.byte())
      let width = try reader.byte()
      var chunk = try (0..<rank + 1).map { _ in try reader.integer(width) }
      chunk.removeLast()
      let kind = try ChunkIndex.Kind(&reader, flags: flags, widths)
      self = .chunked(chunk: chunk, kind, rawEdges: flags & 1 != 0, address: try reader.address(widths))
    case 3: self = .virtual
    case let other: throw Malformed("a layout of the unknown class \(other)")
    }
  }

  private static func old(_ reader: inout ByteReader, _ widths: FieldWidths) throws -> Storage {
    let rank = try reader.byte()
    let kind = try reader.byte()
    try reader.skip(5)
    guard rank <= 33 else { throw Malformed("a layout of rank \(rank)") }
    switch kind {
    case 0:
      try reader.skip(4 * rank)
      return .compact(try reader.array(try reader.integer(4)))
    case 1: return .contiguous(address: try reader.address(widths))
    case 2:
      let address = try reader.address(widths)
      let chunk = try (0..<chunkRank(rank)).map { _ in try reader.integer(4) }
      return .chunked(chunk: chunk, .tree1, rawEdges: false, address: address)
    case let other: throw Malformed("a layout of the unknown class \(other)")
    }
  }

  /// The stored rank counts an element's bytes as one axis more.
  private static func chunkRank(_ stored: Int) throws -> Int {
    guard (2...33).contains(stored) else { throw Malformed("chunks of rank \(stored - 1)") }
    return stored - 1
  }
}

/// The value of elements that were never written.
/// - Source: HDF5 File Format Specification 3.0, IV.A.2.e and f.
enum FillValue {
  /// The bytes of one element; nil where the file names none, which means zeros.
  static func read(_ header: ObjectHeader, _ file: FileContext) throws -> [UInt8]? {
    if var reader = try header.first(.fillValue, in: file) {
      let version = try reader.expectVersion(1...3, of: "a fill value")
      if version < 3 {
        try reader.skip(2)
        if try reader.byte() == 0 { return nil }
      } else if try reader.byte() & 0x20 == 0 {
        return nil
      }
      let size = try reader.integer(4)
      // The older form writes -1 for the default.
      return size == 0 || size == Int(UInt32.max) ? nil : try reader.array(size)
    }
    guard var reader = try header.first(.oldFillValue, in: file) else { return nil }
    let size = try reader.integer(4)
    return size == 0 ? nil : try reader.array(size)
  }
}

extension H5Filter {
  /// Reads the steps that chunks passed through.
  /// - Source: HDF5 File Format Specification 3.0, IV.A.2.l.
  static func pipeline(_ reader: inout ByteReader) throws -> [H5Filter] {
    let version = try reader.expectVersion(1...2, of: "a filter pipeline")
    let count = try reader.byte()
    guard count <= 32 else { throw Malformed("a pipeline of \(count) filters") }
    if version == 1 { try reader.skip(6) }
    return try (0..<count).map { _ in
      let id = try reader.integer(2)
      let nameBytes = version == 1 || id >= 256 ? try reader.integer(2) : 0
      try reader.skip(2)
      let valueCount = try reader.integer(2)
      let name = try reader.text(version == 1 ? (nameBytes + 7) & ~7 : nameBytes)
      let values = try (0..<valueCount).map { _ in UInt32(try reader.unsigned(4)) }
      if version == 1, valueCount % 2 == 1 { try reader.skip(4) }
      return H5Filter(id: id, name: name, values: values)
    }
  }

  private init(id: Int, name: String, values: [UInt32]) {
    let first = values.first.map(Int.init) ?? 0
    switch id {
    case 1: self = .deflate(level: first)
    case 2: self = .shuffle(elementBytes: first)
    case 3: self = .fletcher32
    case 32000: self = .lzf
    default: self = .other(id: id, name: H5Filter.knownName(id) ?? name, values: values)
    }
  }

  /// Registered filters whose own names say little or are missing.
  private static func knownName(_ id: Int) -> String? {
    switch id {
    case 4: "szip"
    case 5: "n-bit"
    case 6: "scale-offset"
    case 305: "LZO"
    case 307: "bzip2"
    case 32001: "blosc"
    case 32004: "lz4"
    case 32008: "bitshuffle"
    case 32013: "zfp"
    case 32015: "zstd"
    case 32026: "blosc2"
    default: nil
    }
  }
}
