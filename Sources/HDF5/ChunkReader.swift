import Compression
import StomicsCore

/// Reads the stored chunks of a dataset and unpacks them, on all threads.
struct ChunkReader {
  private let dataset: H5Dataset
  private let grid: ChunkGrid
  private let elementBytes: Int
  /// Whether chunks that reach beyond the shape passed no filter.
  private let rawEdges: Bool

  init(_ dataset: H5Dataset, grid: ChunkGrid, rawEdges: Bool) {
    self.dataset = dataset
    self.grid = grid
    self.rawEdges = rawEdges
    elementBytes = dataset.type.fileBytes
  }

  private static let blockSize = 8

  /// Puts the chunks where they belong in `output`, row-major.
  func read(_ entries: [ChunkIndex.Entry], into output: UnsafeMutableRawBufferPointer) throws {
    if !H5Filter.allAreKnown(dataset.filters) {
      let foreign = try ForeignFilters(dataset, grid: grid)
      let own = ChunkUnpacker(filters: dataset.filters, elementBytes: elementBytes, chunkBytes: chunkBytes)
      for entry in entries {
        let packed = try dataset.context.bytes.bytes(at: dataset.context.place(of: entry.address), count: entry.bytes)
        let needed = dataset.filters.enumerated().filter { entry.mask >> UInt32(min(31, $0.offset)) & 1 == 0 }
        if H5Filter.allAreKnown(needed.map(\.element)) {
          // The filter could not make this chunk smaller and left it out.
          try place(packed, of: entry, with: own, into: output)
          continue
        }
        let chunk = try foreign.unpack(packed, skipped: entry.mask)
        chunk.withUnsafeBytes { grid.place(of: entry.index).copy(from: $0, to: output, elementBytes: elementBytes) }
      }
      return
    }
    let blocks = (entries.count + ChunkReader.blockSize - 1) / ChunkReader.blockSize
    var errors = [Malformed?](repeating: nil, count: blocks)
    let base = dataset.context.superblock.base
    let (file, filters) = (dataset.context.bytes, dataset.filters)
    errors.withUnsafeMutableBufferPointer { errors in
      // Every block writes only its own chunks' elements and its own error.
      nonisolated(unsafe) let errors = errors
      nonisolated(unsafe) let output = output
      parallelFor(blocks) { block in
        let unpacker = ChunkUnpacker(filters: filters, elementBytes: elementBytes, chunkBytes: chunkBytes)
        let range = block * ChunkReader.blockSize..<min(entries.count, (block + 1) * ChunkReader.blockSize)
        do {
          for entry in entries[range] {
            let packed = try file.bytes(at: entry.address + base, count: entry.bytes)
            try place(packed, of: entry, with: unpacker, into: output)
          }
        } catch {
          errors[block] = error as? Malformed ?? Malformed("a chunk: \(error)")
        }
      }
    }
    if let error = errors.lazy.compactMap({ $0 }).first { throw error }
  }

  private var chunkBytes: Int { grid.elementsPerChunk * elementBytes }

  private func place(
    _ packed: [UInt8], of entry: ChunkIndex.Entry, with unpacker: ChunkUnpacker,
    into output: UnsafeMutableRawBufferPointer
  ) throws {
    let place = grid.place(of: entry.index)
    let mask = rawEdges && place.isPartial ? UInt32.max : entry.mask
    if let run = place.contiguousRun(elementBytes: elementBytes) {
      // A whole chunk that is one run of the output is unpacked right there.
      try unpacker.unpack(packed, skipped: mask, into: .init(rebasing: output[run]))
      return
    }
    try unpacker.unpack(packed, skipped: mask, into: unpacker.scratch)
    place.copy(from: UnsafeRawBufferPointer(unpacker.scratch), to: output, elementBytes: elementBytes)
  }
}

/// Undoes the filters of chunks; one a thread.
final class ChunkUnpacker {
  private let filters: [H5Filter]
  private let elementBytes: Int
  private let chunkBytes: Int
  private let inflater = Inflater()
  private var scratchMemory: UnsafeMutableRawBufferPointer?
  private var betweenMemory: UnsafeMutableRawBufferPointer?

  init(filters: [H5Filter], elementBytes: Int, chunkBytes: Int) {
    self.filters = filters
    self.elementBytes = elementBytes
    self.chunkBytes = chunkBytes
  }

  deinit {
    scratchMemory?.deallocate()
    betweenMemory?.deallocate()
  }

  /// Where a chunk goes that is not one run of the output; made when it is first needed.
  var scratch: UnsafeMutableRawBufferPointer { memory(\.scratchMemory, chunkBytes) }
  /// Room for what lies between two filters, twice.
  private var between: UnsafeMutableRawBufferPointer { memory(\.betweenMemory, 2 * (chunkBytes + 4 * filters.count)) }

  private func memory(
    _ place: ReferenceWritableKeyPath<ChunkUnpacker, UnsafeMutableRawBufferPointer?>, _ count: Int
  ) -> UnsafeMutableRawBufferPointer {
    if let made = self[keyPath: place] { return made }
    let made = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
    self[keyPath: place] = made
    return made
  }

  /// Unpacks a chunk that must come to just `output.count` bytes.
  /// - Parameter skipped: a bit for every filter that was left out.
  func unpack(_ packed: [UInt8], skipped: UInt32, into output: UnsafeMutableRawBufferPointer) throws {
    let active = filters.enumerated().filter { skipped >> UInt32(min(31, $0.offset)) & 1 == 0 }.map(\.element)
    try packed.withUnsafeBytes { packed in
      var current = packed
      var half = 0
      for (place, filter) in active.enumerated().reversed() {
        // What the filter was given: the chunk, and the checksums of filters before it.
        let before = chunkBytes + 4 * active[..<place].count { $0 == .fletcher32 }
        if filter == .fletcher32 {
          current = try Fletcher32.verified(current)
          continue
        }
        let target: UnsafeMutableRawBufferPointer
        if place == 0 {
          target = output
        } else {
          let start = half * between.count / 2
          target = UnsafeMutableRawBufferPointer(rebasing: between[start..<start + before])
          half = 1 - half
        }
        try undo(filter, current, into: target)
        current = UnsafeRawBufferPointer(target)
      }
      guard current.count == output.count else {
        throw Malformed("a chunk of \(current.count) bytes where \(output.count) were expected")
      }
      if current.baseAddress != UnsafeRawPointer(output.baseAddress) { output.copyMemory(from: current) }
    }
  }

  private func undo(
    _ filter: H5Filter, _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws {
    do {
      switch filter {
      case .deflate: try inflater.inflateZlib(input, into: output)
      case .lzf:
        // The filter leaves a chunk that would not shrink as it is, and marks that in the mask.
        try LZF.inflate(input, into: output)
      case .shuffle(let size):
        guard input.count == output.count else {
          throw Malformed("a chunk of \(input.count) bytes where \(output.count) were expected")
        }
        // h5py leaves the size to the library, which writes the element's.
        Shuffle.undo(input, elementSize: size > 0 && size <= output.count ? size : elementBytes, into: output)
      case .fletcher32, .other: throw Malformed("filters in an order that is not understood")
      }
    } catch let error as CompressionError {
      throw Malformed("a chunk: \(error.description)")
    }
  }
}

/// The checksum filter of HDF5.
/// - Source: HDF5 library, H5checksum.c `H5_checksum_fletcher32`: sums of 16-bit words, the first byte the higher.
enum Fletcher32 {
  /// The bytes before the checksum at their end.
  static func verified(_ bytes: UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer {
    guard bytes.count >= 4 else { throw Malformed("a chunk too short for its checksum") }
    let content = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 4)])
    let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: content.count, as: UInt32.self))
    let sum = checksum(content)
    // Files of library versions before 1.6.3 hold the bytes of each half exchanged.
    let exchanged = (sum & 0x00ff_00ff) << 8 | (sum & 0xff00_ff00) >> 8
    guard stored == sum || stored == exchanged else { throw Malformed("the checksum of a chunk is wrong") }
    return content
  }

  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var low: UInt64 = 0
    var high: UInt64 = 0
    let words = bytes.count / 2
    var word = 0
    while word < words {
      let stop = min(words, word + 360)
      while word < stop {
        low += UInt64(bytes[2 * word]) << 8 | UInt64(bytes[2 * word + 1])
        high += low
        word += 1
      }
      low = (low & 0xffff) + (low >> 16)
      high = (high & 0xffff) + (high >> 16)
    }
    if bytes.count % 2 == 1 {
      low += UInt64(bytes[bytes.count - 1]) << 8
      high += low
    }
    for _ in 0..<4 {
      low = (low & 0xffff) + (low >> 16)
      high = (high & 0xffff) + (high >> 16)
    }
    return UInt32(truncatingIfNeeded: high << 16 | low)
  }
}
