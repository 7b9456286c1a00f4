/// A dataset of a file that is read: an array of any rank, or a single value, or nothing.
public final class H5Dataset: H5Object {
  /// The type of its elements in the file.
  public let type: H5Type
  /// Its extent along each axis; empty for a single value.
  public let shape: [Int]
  /// Whether it has an empty dataspace: no value at all.
  public let isNull: Bool
  /// What its chunks pass through when written, in that order.
  public let filters: [H5Filter]
  /// Number of elements.
  public let count: Int

  let storage: Storage
  let fillValue: [UInt8]?
  private let largest: [Int?]
  private let liesElsewhere: Bool
  private lazy var chunkEntries = Result { try readChunkEntries() }

  init(_ context: FileContext, described header: ObjectHeader, path: String) throws {
    guard var typeMessage = try header.first(.datatype, in: context) else {
      throw Malformed("a dataset without a type")
    }
    guard var spaceMessage = try header.first(.dataspace, in: context) else {
      throw Malformed("a dataset without a shape")
    }
    guard var layoutMessage = try header.first(.layout, in: context) else {
      throw Malformed("a dataset without a layout")
    }
    type = try H5Type(&typeMessage, context)
    let space = try Dataspace(&spaceMessage, context.widths)
    (shape, largest, isNull, count) = (space.shape, space.largest, space.isNull, space.count)
    storage = try Storage(&layoutMessage, context.widths)
    if var pipeline = try header.first(.filters, in: context) {
      filters = try H5Filter.pipeline(&pipeline)
    } else {
      filters = []
    }
    let bytes = try FillValue.read(header, context)
    fillValue = bytes?.count == type.fileBytes && !type.usesHeap ? bytes : nil
    liesElsewhere = header.messages.contains { $0.kind == .externalFiles }
    super.init(context, header, path: path)
  }

  public var layout: H5Layout {
    if liesElsewhere { return .elsewhere }
    switch storage {
    case .compact: return .compact
    case .contiguous: return .contiguous
    case .chunked(let chunk, _, _, _): return .chunked(chunk)
    case .virtual: return .elsewhere
    }
  }

  /// Bytes it takes in the file; strings of varying length lie elsewhere and are not counted. 0 where that is unknown.
  public var storedBytes: Int {
    switch storage {
    case .compact(let bytes): bytes.count
    case .contiguous(let address): address == nil ? 0 : min(fileSize, byteCount ?? 0)
    case .chunked: ((try? chunkEntries.get()) ?? []).reduce(0) { min(fileSize, $0 + $1.bytes) }
    case .virtual: 0
    }
  }

  /// Bytes of all elements as the file has them; nil beyond all bounds.
  private var byteCount: Int? {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: type.fileBytes)
    return overflow ? nil : bytes
  }

  func wrongType(_ expected: String) -> H5Error {
    .unexpectedType(path: path, expected: expected, found: type.name, file: file)
  }

  // MARK: Chunks

  private func readChunkEntries() throws -> [ChunkIndex.Entry] {
    guard case .chunked(let chunk, let kind, _, let address) = storage else { return [] }
    let grid = try chunkGrid(chunk)
    let index = ChunkIndex(
      file: context, grid: grid, largest: largest, plainBytes: grid.elementsPerChunk * type.fileBytes,
      isFiltered: !filters.isEmpty)
    let entries = try index.entries(kind, at: address).sorted { $0.index < $1.index }
    for (a, b) in zip(entries, entries.dropFirst()) where a.index == b.index {
      throw Malformed("two chunks at one place")
    }
    return entries
  }

  private func chunkGrid(_ chunk: [Int]) throws -> ChunkGrid {
    guard let grid = ChunkGrid(shape: shape, chunk: chunk) else {
      throw Malformed("chunks of \(chunk) for a shape of \(shape)")
    }
    let (bytes, overflow) = grid.elementsPerChunk.multipliedReportingOverflow(by: type.fileBytes)
    guard grid.count <= ChunkIndex.mostChunks(context), !overflow, bytes <= 1 << 40 else {
      throw Malformed("\(grid.count) chunks of \(grid.elementsPerChunk) elements")
    }
    return grid
  }

  // MARK: Elements

  /// Throws where the claimed elements cannot come from the bytes that are stored, before any memory is taken for them.
  func requirePlausible() throws {
    guard let claimed = byteCount else { throw implausible }
    switch storage {
    case .compact(let bytes): if bytes.count < claimed { throw implausible }
    case .contiguous(nil): try context.allowUnwritten(claimed, of: header.address)
    case .contiguous(let address?):
      let start = try context.place(of: address)
      if claimed > fileSize - start { throw implausible }
    case .chunked(let chunk, _, let rawEdges, _):
      let grid = try chunkGrid(chunk)
      let chunkBytes = grid.elementsPerChunk * type.fileBytes
      var written = 0
      for entry in try chunkEntries.get() {
        // Deflate packs at most 1032 to 1, lzf 264 to 3; plug-ins may do better.
        let ratio = filters.isEmpty ? 1 : H5Filter.allAreKnown(filters) ? 1032 : 1 << 16
        let (most, overflow) = entry.bytes.multipliedReportingOverflow(by: ratio)
        let isPlain = filters.isEmpty || (rawEdges && grid.place(of: entry.index).isPartial)
        guard entry.bytes <= fileSize, overflow || chunkBytes <= most + 64, !isPlain || entry.bytes == chunkBytes else {
          throw Malformed("a chunk of \(entry.bytes) bytes for \(chunkBytes)")
        }
        written += grid.place(of: entry.index).elements * type.fileBytes
      }
      if written < claimed { try context.allowUnwritten(claimed - written, of: header.address) }
    case .virtual: break
    }
  }

  private var implausible: H5Error {
    .implausibleSize(
      path: path, claim: "\(count) elements of \(type.fileBytes) bytes", fileSize: fileSize, file: file)
  }

  /// Fills `bytes` with the elements as the file has them.
  func readStorage(into bytes: UnsafeMutableRawBufferPointer) throws {
    precondition(bytes.count == count * type.fileBytes)
    if count == 0 { return }
    guard !liesElsewhere else { throw H5Error.elsewhere(path: path, file: file) }
    switch storage {
    case .compact(let stored): bytes.copyBytes(from: stored.prefix(bytes.count))
    case .contiguous(nil): fill(bytes)
    case .contiguous(let address?):
      try FileBlocks.read(context.bytes, at: context.place(of: address), into: bytes)
    case .chunked(let chunk, _, let rawEdges, _):
      let grid = try chunkGrid(chunk)
      let entries = try chunkEntries.get()
      if entries.count < grid.count { fill(bytes) }
      try ChunkReader(self, grid: grid, rawEdges: rawEdges).read(entries, into: bytes)
    case .virtual: throw H5Error.elsewhere(path: path, file: file)
    }
  }

  private func fill(_ bytes: UnsafeMutableRawBufferPointer) {
    guard let value = fillValue, value.contains(where: { $0 != 0 }) else {
      bytes.initializeMemory(as: UInt8.self, repeating: 0)
      return
    }
    for k in bytes.indices { bytes[k] = value[k % value.count] }
  }
}

/// How a dataset's elements lie in the file.
public enum H5Layout: Sendable, Equatable {
  case contiguous
  case compact
  /// Cut into blocks of this shape.
  case chunked([Int])
  /// In other files, or composed of other datasets.
  case elsewhere
}

/// A step that chunks pass through on their way to the file.
public enum H5Filter: Sendable, Equatable {
  case deflate(level: Int)
  case shuffle(elementBytes: Int)
  case fletcher32
  case lzf
  case other(id: Int, name: String, values: [UInt32])

  /// The name for people.
  public var name: String {
    switch self {
    case .deflate(let level): "gzip \(level)"
    case .shuffle: "shuffle"
    case .fletcher32: "fletcher32"
    case .lzf: "lzf"
    case .other(let id, let name, _): name.isEmpty ? "filter \(id)" : name
    }
  }

  /// Whether this module undoes all of them itself.
  static func allAreKnown(_ filters: [H5Filter]) -> Bool {
    filters.allSatisfy { if case .other = $0 { false } else { true } }
  }
}
