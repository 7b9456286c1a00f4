internal import CDeflate

/// The two wrappings of a deflate stream met in files.
public enum DeflateFormat: String, Sendable {
  /// HDF5 chunks, PNG.
  case zlib
  /// `.gz` files; may hold several members one after another.
  case gzip
}

/// Unpacks deflate streams with libdeflate; one a thread.
public final class Inflater {
  private let handle: OpaquePointer

  public init() {
    guard let handle = libdeflate_alloc_decompressor() else { preconditionFailure("out of memory") }
    self.handle = handle
  }

  deinit { libdeflate_free_decompressor(handle) }

  /// Unpacks one zlib stream into exactly `output`.
  /// - Throws: `CompressionError` where the stream is damaged or holds more or fewer bytes than `output` takes.
  public func inflateZlib(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws {
    var written = 0
    let result = libdeflate_zlib_decompress(
      handle, input.baseAddress, input.count, output.baseAddress, output.count, &written)
    switch result {
    case LIBDEFLATE_SUCCESS where written == output.count: return
    case LIBDEFLATE_SUCCESS:
      throw CompressionError.wrongSize(format: "zlib", expected: output.count, found: written)
    case LIBDEFLATE_INSUFFICIENT_SPACE: throw CompressionError.tooLarge(format: "zlib", limit: output.count)
    default: throw CompressionError.damaged(format: "zlib")
    }
  }

  /// Unpacks a whole stream of unknown unpacked size; a gzip file's members are joined.
  /// - Parameter limit: the most bytes the result may have.
  /// - Throws: `CompressionError` where the stream is damaged, has bytes behind its end that are no further member, or
  ///   unpacks to more than `limit` bytes.
  public func inflate(_ input: [UInt8], format: DeflateFormat, limit: Int = .max) throws -> [UInt8] {
    var result = [UInt8]()
    var position = 0
    repeat {
      position += try appendMember(of: input, from: position, format: format, limit: limit, to: &result)
    } while format == .gzip && position < input.count && input[position] != 0
    return result
  }

  /// Unpacks the member at `start`, appends it, and says how many bytes of the input it took.
  private func appendMember(
    of input: [UInt8], from start: Int, format: DeflateFormat, limit: Int, to result: inout [UInt8]
  ) throws -> Int {
    let packed = input.count - start
    let room = limit - result.count
    // Deflate packs at most 1032 to 1, so the capacity never outgrows what the input can hold.
    let most = min(room, packed.multipliedReportingOverflow(by: 1032).overflow ? room : packed * 1032 + 64)
    var capacity = min(most, max(64, packed * 4))
    while true {
      var taken = 0
      var written = 0
      var status = LIBDEFLATE_BAD_DATA
      let piece = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        input.withUnsafeBytes { bytes in
          let from = bytes.baseAddress.map { $0 + start }
          switch format {
          case .zlib:
            status = libdeflate_zlib_decompress_ex(
              handle, from, packed, buffer.baseAddress, capacity, &taken, &written)
          case .gzip:
            status = libdeflate_gzip_decompress_ex(
              handle, from, packed, buffer.baseAddress, capacity, &taken, &written)
          }
        }
        count = status == LIBDEFLATE_SUCCESS ? written : 0
      }
      switch status {
      case LIBDEFLATE_SUCCESS:
        if result.isEmpty { result = piece } else { result += piece }
        return taken
      case LIBDEFLATE_INSUFFICIENT_SPACE where capacity < most: capacity = min(most, capacity * 2)
      case LIBDEFLATE_INSUFFICIENT_SPACE where most == room:
        throw CompressionError.tooLarge(format: format.rawValue, limit: limit)
      default: throw CompressionError.damaged(format: format.rawValue)
      }
    }
  }
}
