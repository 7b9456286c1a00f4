internal import CHDF5

/// Undoes filters that only libhdf5 has (szip) or finds as plug-ins (zstd, blosc, lz4, …).
///
/// A library filter cannot be called by itself. So a small file is made in memory, with a dataset of one chunk that has
/// the same type, shape and filters; packed chunks are put into it as they are and read back. The library thus never
/// sees the metadata of the file that is read, only the packed bytes of a chunk.
final class ForeignFilters {
  private let dataset: Handle
  private let type: Handle
  private let file: Handle
  private let chunkBytes: Int
  private let rank: Int
  private let hasSzip: Bool

  /// Filters of the library itself that trust a chunk's content: they are not given any.
  private static let refused: Set<Int> = [5, 6]
  private static let szip = 4

  /// Counts the files in memory; only changed inside the library's lock.
  private nonisolated(unsafe) static var made = 0

  /// Whether the library has a filter, or finds it as a plug-in (HDF5_PLUGIN_PATH).
  static func canUndo(_ id: Int) -> Bool {
    !refused.contains(id) && H5Library.locked { H5Zfilter_avail(H5Z_filter_t(truncatingIfNeeded: id)) > 0 }
  }

  /// - Throws: `H5Error.missingFilter`, or `Malformed` where the library does not take the filters so.
  init(_ source: H5Dataset, grid: ChunkGrid) throws {
    for case .other(let id, let name, _) in source.filters where !ForeignFilters.canUndo(id) {
      throw H5Error.missingFilter(path: source.path, id: id, name: name, file: source.file)
    }
    hasSzip = source.filters.contains { if case .other(ForeignFilters.szip, _, _) = $0 { true } else { false } }
    let made = try H5Library.locked {
      () throws -> (file: Handle, dataset: Handle, type: Handle) in
      func open(_ id: hid_t, _ close: @escaping (hid_t) -> herr_t) throws -> Handle {
        guard let handle = Handle(id, close) else {
          throw Malformed("its filters are not understood: \(H5Library.errorText())")
        }
        return handle
      }
      ForeignFilters.made += 1
      let access = try open(H5Pcreate(stomics_h5p_file_access()), H5Pclose)
      H5Pset_fapl_core(access.id, 1 << 20, false)
      // A name of its own: plug-ins may hold on to an earlier file.
      let name = "stomics-filters-\(ForeignFilters.made)"
      let file = try open(H5Fcreate(name, stomics_h5f_trunc(), hid_t(H5P_DEFAULT), access.id), H5Fclose)
      let plist = try open(H5Pcreate(stomics_h5p_dataset_create()), H5Pclose)
      let extent = grid.chunk.map { hsize_t($0) }
      H5Pset_chunk(plist.id, Int32(extent.count), extent)
      for filter in source.filters {
        let (id, values) = filter.libraryFilter
        guard H5Pset_filter(plist.id, H5Z_filter_t(truncatingIfNeeded: id), 0, values.count, values) >= 0 else {
          throw Malformed("the filter \(filter.name) is not understood: \(H5Library.errorText())")
        }
      }
      let space = try open(H5Screate_simple(Int32(extent.count), extent, nil), H5Sclose)
      let type =
        source.type.usesHeap
        ? Handle(H5Tcreate(H5T_OPAQUE, source.type.fileBytes), H5Tclose) : source.type.libraryType()
      guard let type else { throw Malformed("filters over \(source.type.name)") }
      let dataset = try open(
        H5Dcreate2(file.id, "chunk", type.id, space.id, hid_t(H5P_DEFAULT), plist.id, hid_t(H5P_DEFAULT)), H5Dclose)
      return (file, dataset, type)
    }
    (file, dataset, type) = made
    chunkBytes = grid.elementsPerChunk * source.type.fileBytes
    rank = grid.chunk.count
  }

  /// The unpacked bytes of a chunk.
  /// - Parameter skipped: a bit for every filter that was left out.
  func unpack(_ packed: [UInt8], skipped: UInt32) throws -> [UInt8] {
    if hasSzip, skipped == 0 {
      // The filter takes as much memory as the chunk's head says.
      let claimed = packed.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      guard packed.count > 4, claimed == chunkBytes else { throw Malformed("a chunk that claims \(claimed) bytes") }
    }
    return try H5Library.locked {
      let origin = [hsize_t](repeating: 0, count: rank)
      guard H5Dwrite_chunk(dataset.id, hid_t(H5P_DEFAULT), skipped, origin, packed.count, packed) >= 0 else {
        throw Malformed("a chunk: \(H5Library.errorText())")
      }
      return try [UInt8](unsafeUninitializedCapacity: chunkBytes) { buffer, initialised in
        guard
          H5Dread(dataset.id, type.id, hid_t(H5S_ALL), hid_t(H5S_ALL), hid_t(H5P_DEFAULT), buffer.baseAddress) >= 0
        else { throw Malformed("a chunk: \(H5Library.errorText())") }
        initialised = chunkBytes
      }
    }
  }
}

extension H5Filter {
  /// Its number and its settings, as the library takes them.
  fileprivate var libraryFilter: (id: Int, values: [UInt32]) {
    switch self {
    case .deflate(let level): (1, [UInt32(clamping: level)])
    case .shuffle(let bytes): (2, [UInt32(clamping: bytes)])
    case .fletcher32: (3, [])
    case .lzf: (32000, [])
    // Bitshuffle puts three settings of its own before those it is given, also where they are there already.
    case .other(let id, _, let values): (id, id == 32008 ? Array(values.dropFirst(3)) : values)
    }
  }
}
