internal import CCrypto
import Glibc
import StomicsCore

/// A checksum computed bit by bit, by OpenSSL.
final class Digest {
  enum Algorithm: String, Sendable { case sha256 = "SHA-256", md5 = "MD5" }

  private let library: CryptoLibrary.Functions
  private let context: UnsafeMutableRawPointer

  /// Nil where the system forbids the algorithm, as one in FIPS mode does MD5.
  /// - Throws: `DownloadError.missingLibrary`
  init?(_ algorithm: Algorithm) throws {
    library = try CryptoLibrary.functions()
    guard let context = stomics_digest_begin(library, algorithm == .md5) else { return nil }
    self.context = context
  }

  deinit { stomics_digest_free(library, context) }

  func add(_ bytes: UnsafeRawBufferPointer) {
    let added = stomics_digest_add(library, context, bytes.baseAddress, bytes.count)
    precondition(added, "OpenSSL takes bytes until the digest is finished")
  }

  /// The checksum in lower-case hexadecimal digits; nothing can be added afterwards.
  func finish() -> String {
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = stomics_digest_end(library, context, &bytes)
    return hexadecimal(bytes.prefix(Int(count)))
  }
}

/// The checksums of a file on the disk.
struct FileChecksums: Equatable {
  var bytes: Int
  var sha256: String
  /// Nil where it was not asked for, or the system forbids MD5.
  var md5: String?

  /// Reads a file once, from its beginning to its end.
  /// - Throws: `FileError.cannotRead`, `DownloadError.missingLibrary`, `DownloadError.stopped`
  init(of path: String, md5 wantsMD5: Bool, interrupted: () -> Bool) throws {
    guard let sha256 = try Digest(.sha256) else {
      throw DownloadError.missingLibrary("libcrypto.so.3", package: "libssl3")
    }
    let md5 = wantsMD5 ? try Digest(.md5) : nil
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError.cannotRead(path: path, reason: String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var block = [UInt8](repeating: 0, count: 1 << 20)
    bytes = 0
    while true {
      if interrupted() { throw DownloadError.stopped }
      let count = block.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError.cannotRead(path: path, reason: String(cString: strerror(errno)))
      }
      if count == 0 { break }
      block.withUnsafeBytes { block in
        let read = UnsafeRawBufferPointer(rebasing: block.prefix(count))
        sha256.add(read)
        md5?.add(read)
      }
      bytes += count
    }
    self.sha256 = sha256.finish()
    self.md5 = md5?.finish()
  }
}
