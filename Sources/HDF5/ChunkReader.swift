internal import CHDF5
import Compression
import StomicsCore

/// Reads a chunked dataset: raw chunks under the library's lock, unpacked in parallel outside it.
struct ChunkReader {
  private let dataset: H5Dataset
  private let grid: ChunkGrid
  private let elementBytes: Int

  /// Nil where the chunks need a filter that only the library may have, or the sizes do not fit each other.
  init?(_ dataset: H5Dataset, chunk: [Int]) throws {
    guard dataset.canUnpackChunks else { return nil }
    self.dataset = dataset
    elementBytes = dataset.type.fileBytes
    guard let grid = ChunkGrid(shape: dataset.shape, chunk: chunk) else {
      throw H5Error.damaged(
        path: dataset.path, detail: "chunks of \(chunk) for a shape of \(dataset.shape)", file: dataset.file)
    }
    self.grid = grid
    // A stored chunk takes some bytes for its entry in the index, so their number is bounded too; so is what one
    // unpacked chunk may take, though a chunk may be larger than its dataset.
    let chunkBytes = grid.elementsPerChunk.multipliedReportingOverflow(by: elementBytes)
    if grid.count > max(1 << 16, dataset.fileSize / 8) || chunkBytes.overflow
      || chunkBytes.partialValue > max(64 << 20, dataset.fileSize.multipliedReportingOverflow(by: 1032).partialValue)
    {
      throw H5Error.implausibleSize(
        path: dataset.path, claim: "\(grid.count) chunks of \(grid.elementsPerChunk) elements",
        fileSize: dataset.fileSize, file: dataset.file)
    }
  }

  /// One chunk as the file holds it.
  private struct Packed {
    var index: Int
    /// Nil where the chunk was never written.
    var bytes: [UInt8]?
    /// A bit for every filter that was left out.
    var skipped: UInt32
  }

  private static let batchBytes = 16 << 20

  /// Fills `output` with the dataset's elements, row-major.
  func read(into output: UnsafeMutableRawBufferPointer) throws {
    let fill = try fillValue()
    var next = 0
    while next < grid.count {
      let batch = try loadBatch(from: &next)
      try unpack(batch, fill: fill, into: output)
    }
  }

  private func loadBatch(from next: inout Int) throws -> [Packed] {
    try H5Library.locked {
      var batch: [Packed] = []
      var total = 0
      while next < grid.count, total < ChunkReader.batchBytes {
        let packed = try loadChunk(next)
        total += packed.bytes?.count ?? 0
        batch.append(packed)
        next += 1
      }
      return batch
    }
  }

  private func loadChunk(_ index: Int) throws -> Packed {
    let offset = grid.origin(of: index).map { hsize_t($0) }
    var stored: hsize_t = 0
    if H5Dget_chunk_storage_size(dataset.handle.id, offset, &stored) < 0 {
      let error = dataset.failure("find a chunk of")
      guard error.description.contains("chunk storage is not allocated") else { throw error }
      stored = 0
    }
    if stored == 0 { return Packed(index: index, bytes: nil, skipped: 0) }
    guard stored <= hsize_t(dataset.fileSize) else {
      throw H5Error.implausibleSize(
        path: dataset.path, claim: "a chunk of \(stored) bytes", fileSize: dataset.fileSize, file: dataset.file)
    }
    var skipped: UInt32 = 0
    let bytes = try [UInt8](unsafeUninitializedCapacity: Int(stored)) { buffer, initialised in
      try dataset.check(
        H5Dread_chunk(dataset.handle.id, hid_t(H5P_DEFAULT), offset, &skipped, buffer.baseAddress), "read a chunk of")
      initialised = Int(stored)
    }
    return Packed(index: index, bytes: bytes, skipped: skipped)
  }

  private func unpack(_ batch: [Packed], fill: [UInt8], into output: UnsafeMutableRawBufferPointer) throws {
    let blockSize = 8
    let blocks = (batch.count + blockSize - 1) / blockSize
    var errors = [CompressionError?](repeating: nil, count: blocks)
    errors.withUnsafeMutableBufferPointer { errors in
      // Every block writes only its own chunks' elements and its own error.
      nonisolated(unsafe) let errors = errors
      parallelFor(blocks) { block in
        let unpacker = ChunkUnpacker(
          filters: dataset.filters, elementBytes: elementBytes, chunkBytes: grid.elementsPerChunk * elementBytes)
        for packed in batch[block * blockSize..<min(batch.count, (block + 1) * blockSize)] {
          do {
            try place(packed, with: unpacker, fill: fill, into: output)
          } catch {
            errors[block] = error as? CompressionError ?? .damaged(format: "chunk")
            return
          }
        }
      }
    }
    if let error = errors.lazy.compactMap({ $0 }).first {
      throw H5Error.damaged(path: dataset.path, detail: error.description, file: dataset.file)
    }
  }

  private func place(
    _ packed: Packed, with unpacker: ChunkUnpacker, fill: [UInt8], into output: UnsafeMutableRawBufferPointer
  ) throws {
    let place = grid.place(of: packed.index)
    if let run = place.contiguousRun(elementBytes: elementBytes), packed.bytes != nil {
      // A whole chunk that is one run of the output is unpacked right there.
      try unpacker.unpack(packed.bytes ?? [], skipped: packed.skipped, into: .init(rebasing: output[run]))
      return
    }
    if let bytes = packed.bytes {
      try unpacker.unpackToScratch(bytes, skipped: packed.skipped)
    } else {
      unpacker.fillScratch(fill)
    }
    place.copy(from: UnsafeRawBufferPointer(unpacker.scratch), to: output, elementBytes: elementBytes)
  }

  /// The value of elements that were never written, in the file's type; zeros where it cannot be had.
  private func fillValue() throws -> [UInt8] {
    var value = [UInt8](repeating: 0, count: elementBytes)
    // The library gives a value of the type's size in memory, which is the file's except for references to the heap.
    switch dataset.type {
    case .integer, .float, .enumeration, .fixedString: break
    default: return value
    }
    H5Library.locked {
      guard let plist = Handle(H5Dget_create_plist(dataset.handle.id), H5Pclose),
        let type = Handle(H5Dget_type(dataset.handle.id), H5Tclose), H5Tget_size(type.id) == elementBytes
      else { return }
      if H5Pget_fill_value(plist.id, type.id, &value) < 0 { value = [UInt8](repeating: 0, count: elementBytes) }
    }
    return value
  }
}

/// Undoes the filters of chunks; one a thread.
private final class ChunkUnpacker {
  private let filters: [H5Filter]
  private let elementBytes: Int
  private let inflater = Inflater()
  /// Where a chunk goes that is not one run of the output.
  let scratch: UnsafeMutableRawBufferPointer
  private let shuffled: UnsafeMutableRawBufferPointer

  init(filters: [H5Filter], elementBytes: Int, chunkBytes: Int) {
    self.filters = filters
    self.elementBytes = elementBytes
    scratch = .allocate(byteCount: chunkBytes, alignment: 16)
    shuffled = .allocate(byteCount: chunkBytes, alignment: 16)
  }

  deinit {
    scratch.deallocate()
    shuffled.deallocate()
  }

  func unpackToScratch(_ packed: [UInt8], skipped: UInt32) throws {
    try unpack(packed, skipped: skipped, into: scratch)
  }

  func fillScratch(_ value: [UInt8]) {
    for k in 0..<scratch.count { scratch[k] = value[k % value.count] }
  }

  /// Unpacks a chunk that must come to just `output.count` bytes.
  func unpack(_ packed: [UInt8], skipped: UInt32, into output: UnsafeMutableRawBufferPointer) throws {
    let active = filters.enumerated().filter { skipped >> UInt32($0.offset) & 1 == 0 }.map(\.element)
    try packed.withUnsafeBytes { packed in
      var shuffle: Int?
      var compression: H5Filter?
      for filter in active {
        switch filter {
        case .shuffle(let size) where compression == nil && shuffle == nil:
          // h5py leaves the size to the library, which writes the element's.
          shuffle = size > 0 && size <= output.count ? size : elementBytes
        case .deflate, .lzf:
          guard compression == nil else { throw CompressionError.damaged(format: "filter pipeline") }
          compression = filter
        default: throw CompressionError.damaged(format: "filter pipeline")
        }
      }
      let target = shuffle == nil ? output : UnsafeMutableRawBufferPointer(rebasing: shuffled[..<output.count])
      switch compression {
      case .deflate: try inflater.inflateZlib(packed, into: target)
      case .lzf: try LZF.inflate(packed, into: target)
      default:
        guard packed.count == target.count else {
          throw CompressionError.wrongSize(format: "chunk", expected: target.count, found: packed.count)
        }
        target.copyMemory(from: packed)
      }
      if let shuffle { Shuffle.undo(UnsafeRawBufferPointer(target), elementSize: shuffle, into: output) }
    }
  }
}
