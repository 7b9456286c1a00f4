import Glibc
import StomicsCore

/// An open Parquet file, or the bytes of one in memory: hands out bytes by place, and closes itself.
final class ParquetFile: Sendable {
  let path: String
  let size: Int
  /// The size for bounds that are multiples of it: sparse files can be so large that these would overflow.
  var boundedSize: Int { min(size, 1 << 40) }
  private let source: Source

  private enum Source {
    case descriptor(Int32)
    case memory([UInt8])
  }

  /// - Throws: `FileError` where it cannot be opened or is no plain file
  init(_ path: String) throws {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ParquetFile.failure(path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, (status.st_mode & S_IFMT) == S_IFREG else {
      close(descriptor)
      throw FileError.cannotRead(path: path, reason: "it is not a file (a folder, a device or a pipe)")
    }
    size = Int(status.st_size)
    source = .descriptor(descriptor)
  }

  /// - Parameter name: what errors call it
  init(_ bytes: [UInt8], name: String) {
    path = name
    size = bytes.count
    source = .memory(bytes)
  }

  deinit {
    if case .descriptor(let descriptor) = source { close(descriptor) }
  }

  /// The bytes in `range`, which lies within the file.
  /// - Throws: `FileError`, also where the file has become shorter meanwhile
  func bytes(_ range: Range<Int>) throws -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= size)
    let descriptor: Int32
    switch source {
    case .memory(let bytes): return Array(bytes[range])
    case .descriptor(let value): descriptor = value
    }
    return try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
      while filled < range.count {
        let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<range.count])
        let count = pread(descriptor, rest.baseAddress, rest.count, off_t(range.lowerBound + filled))
        if count < 0 && errno == EINTR { continue }
        if count < 0 { throw ParquetFile.failure(path) }
        if count == 0 { throw ParquetError.truncated(file: path, size: range.lowerBound + filled) }
        filled += count
      }
    }
  }

  /// The footer's bytes: the file begins with PAR1 and ends with the footer, its length in four bytes, and PAR1.
  func footer() throws -> (bytes: [UInt8], start: Int) {
    let magic = Array("PAR1".utf8)
    let encrypted = Array("PARE".utf8)
    let head = try bytes(0..<min(size, 512))
    if head.starts(with: encrypted) { throw ParquetError.encrypted(column: nil, file: path) }
    guard head.starts(with: magic) else {
      throw ParquetError.notParquet(file: path, looksLike: ParquetFile.describe(head))
    }
    guard size >= 12 else { throw ParquetError.truncated(file: path, size: size) }
    let tail = try bytes(size - 8..<size)
    if Array(tail[4...]) == encrypted { throw ParquetError.encrypted(column: nil, file: path) }
    guard Array(tail[4...]) == magic else { throw ParquetError.truncated(file: path, size: size) }
    let length = tail[0..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= size - 12 else {
      throw ParquetError.implausibleSize(
        column: nil, claim: "a footer of \(length) bytes", fileSize: size, file: path)
    }
    return (try bytes(size - 8 - length..<size - 8), size - 8 - length)
  }

  /// What a file that should have been Parquet seems to be.
  private static func describe(_ bytes: [UInt8]) -> String? {
    if bytes.isEmpty { return "an empty file" }
    if bytes.starts(with: [0x89] + Array("HDF\r\n".utf8)) { return "an HDF5 file" }
    if bytes.starts(with: [0x1f, 0x8b]) { return "a gzip file (unpack it first: gunzip)" }
    if bytes.starts(with: "ARROW1".utf8) { return "an Arrow or Feather file" }
    if bytes.starts(with: "PK\u{3}\u{4}".utf8) { return "a zip archive (unpack it first)" }
    if bytes.allSatisfy({ $0 >= 32 || $0 == 9 || $0 == 10 || $0 == 13 }) {
      return bytes.contains(UInt8(ascii: ",")) ? "a comma-separated text file (CSV)" : "a text file"
    }
    return nil
  }

  private static func failure(_ path: String) -> FileError {
    .cannotRead(path: path, reason: String(cString: strerror(errno)))
  }
}
