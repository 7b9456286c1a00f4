internal import CDeflate

/// Packs bytes into deflate streams with libdeflate; one a thread.
public final class Deflater {
  private let handle: OpaquePointer

  /// - Parameter level: 0 (store) to 12 (smallest); 6 is the usual.
  /// - Throws: `CompressionError.invalidLevel`.
  public init(level: Int = 6) throws {
    guard (0...12).contains(level), let handle = libdeflate_alloc_compressor(Int32(level)) else {
      throw CompressionError.invalidLevel(level)
    }
    self.handle = handle
  }

  deinit { libdeflate_free_compressor(handle) }

  /// Packs the bytes into one stream.
  public func deflate(_ input: UnsafeRawBufferPointer, format: DeflateFormat) -> [UInt8] {
    let capacity =
      switch format {
      case .zlib: libdeflate_zlib_compress_bound(handle, input.count)
      case .gzip: libdeflate_gzip_compress_bound(handle, input.count)
      }
    return [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      count =
        switch format {
        case .zlib: libdeflate_zlib_compress(handle, input.baseAddress, input.count, buffer.baseAddress, capacity)
        case .gzip: libdeflate_gzip_compress(handle, input.baseAddress, input.count, buffer.baseAddress, capacity)
        }
      precondition(count > 0, "libdeflate needs more than the bound it gave")
    }
  }

  /// Packs the bytes into one stream.
  public func deflate(_ input: [UInt8], format: DeflateFormat) -> [UInt8] {
    input.withUnsafeBytes { deflate($0, format: format) }
  }
}
