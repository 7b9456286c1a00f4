internal import CHDF5
import Compression
import StomicsCore

/// Writes a chunked dataset: chunks are packed in parallel, then handed to the library as they are.
struct ChunkWriter {
  private let dataset: H5OutputDataset
  private let chunkBytes: Int
  private let grid: ChunkGrid
  private let elementBytes: Int
  private let level: Int

  init(_ dataset: H5OutputDataset, chunk: [Int], elementBytes: Int, level: Int) throws {
    guard let grid = ChunkGrid(shape: dataset.shape, chunk: chunk) else {
      preconditionFailure("chunks of \(chunk) for a shape of \(dataset.shape)")
    }
    self.dataset = dataset
    self.grid = grid
    self.elementBytes = elementBytes
    self.level = level
    chunkBytes = grid.elementsPerChunk * elementBytes
  }

  private static let targetBytes = 256 << 10

  /// A chunk that is one run of the row-major array: about 256 KiB, or the whole array where that is smaller.
  static func chunkShape(_ shape: [Int], elementBytes: Int) -> [Int] {
    var chunk = [Int](repeating: 1, count: shape.count)
    var room = max(1, targetBytes / elementBytes)
    for axis in shape.indices.reversed() {
      chunk[axis] = max(1, min(shape[axis], room))
      if chunk[axis] < shape[axis] { break }
      room = max(1, room / max(1, shape[axis]))
    }
    return chunk
  }

  private static let batchChunks = 64

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var start = 0
    while start < grid.count {
      let batch = start..<min(grid.count, start + ChunkWriter.batchChunks)
      let packed = try pack(batch, of: bytes)
      try H5Library.locked {
        for (index, chunk) in zip(batch, packed) {
          let offset = grid.origin(of: index).map { hsize_t($0) }
          try dataset.check(
            H5Dwrite_chunk(dataset.handle.id, hid_t(H5P_DEFAULT), 0, offset, chunk.count, chunk), "write")
        }
      }
      start = batch.upperBound
    }
  }

  private func pack(_ batch: Range<Int>, of bytes: UnsafeRawBufferPointer) throws -> [[UInt8]] {
    _ = try Deflater(level: level)
    var packed = [[UInt8]](repeating: [], count: batch.count)
    let blockSize = 4
    packed.withUnsafeMutableBufferPointer { packed in
      // Every block writes only its own chunks.
      nonisolated(unsafe) let packed = packed
      nonisolated(unsafe) let bytes = bytes
      parallelFor((batch.count + blockSize - 1) / blockSize) { block in
        guard let deflater = try? Deflater(level: level) else { return }
        let plain = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkBytes, alignment: 16)
        let shuffled = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkBytes, alignment: 16)
        defer {
          plain.deallocate()
          shuffled.deallocate()
        }
        for k in block * blockSize..<min(batch.count, (block + 1) * blockSize) {
          gather(batch.lowerBound + k, of: bytes, into: plain)
          var source = UnsafeRawBufferPointer(plain)
          if elementBytes > 1 {
            Shuffle.apply(source, elementSize: elementBytes, into: shuffled)
            source = UnsafeRawBufferPointer(shuffled)
          }
          packed[k] = deflater.deflate(source, format: .zlib)
        }
      }
    }
    return packed
  }

  /// Copies one chunk out of the whole array; beyond its border the chunk is filled with zeros.
  private func gather(_ index: Int, of bytes: UnsafeRawBufferPointer, into chunk: UnsafeMutableRawBufferPointer) {
    // The chunk is one run of the array, so all that can be missing is its end.
    let start = grid.place(of: index).firstElement * elementBytes
    let count = min(chunk.count, grid.place(of: index).elements * elementBytes)
    chunk.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
    if count < chunk.count {
      UnsafeMutableRawBufferPointer(rebasing: chunk[count...]).initializeMemory(as: UInt8.self, repeating: 0)
    }
  }
}
