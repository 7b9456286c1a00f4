import Glibc
import StomicsCore

/// A file that has arrived in part, `NAME.part`, and beside it, in `NAME.part.state`, of which version of which file.
final class PartFile {
  /// Of which file the part is.
  struct Origin: Equatable {
    var address: String
    var version: FileVersion
    /// How long the whole file is.
    var total: Int?
    /// The MD5 that came with the first answer.
    var md5: String?
  }

  let path: String
  private let descriptor: Int32
  /// How many bytes are there.
  private(set) var count: Int
  /// Nil where the part cannot be continued.
  private(set) var origin: Origin?

  private var statePath: String { path + ".state" }

  /// Opens the part of a file of this name, or begins one.
  /// - Throws: `FileError.cannotWrite`
  init(of file: String, address: String) throws {
    path = file + ".part"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0o666)
    guard descriptor >= 0 else { throw writeError(path) }
    var status = stat()
    let isKnown = fstat(descriptor, &status) == 0
    count = isKnown ? Int(status.st_size) : 0
    origin = try? Origin(reading: path + ".state")
    if origin?.address != address { origin = nil }
  }

  deinit { close(descriptor) }

  /// Whether every byte is there.
  var isComplete: Bool { origin.map { $0.total == count } ?? false }

  /// Where the next request should begin, and on which condition; nil to begin at the beginning.
  var continuation: (offset: Int, condition: String)? {
    guard count > 0, let origin, let condition = origin.version.condition, count < origin.total ?? .max else {
      return nil
    }
    return (count, condition)
  }

  /// Begins from nothing.
  /// - Throws: `FileError.cannotWrite`
  func restart(_ origin: Origin?) throws {
    guard ftruncate(descriptor, 0) == 0 else { throw writeError(path) }
    count = 0
    self.origin = origin
    if let origin { try AtomicFile.write(Array(origin.text.utf8), to: statePath) } else { unlink(statePath) }
  }

  /// - Throws: `FileError.cannotWrite`
  func append(_ bytes: UnsafeRawBufferPointer) throws {
    var written = 0
    while written < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
      if count < 0 {
        if errno == EINTR { continue }
        throw writeError(path)
      }
      written += count
      self.count += count
    }
  }

  /// Makes the part the file.
  /// - Throws: `FileError.cannotWrite`
  func complete(as file: String) throws {
    guard fsync(descriptor) == 0, rename(path, file) == 0 else { throw writeError(file) }
    unlink(statePath)
  }

  /// Removes the part.
  func discard() {
    unlink(path)
    unlink(statePath)
  }
}

func writeError(_ path: String) -> FileError {
  .cannotWrite(path: path, reason: String(cString: strerror(errno)))
}

extension PartFile.Origin {
  /// One property a line, `key: value`.
  var text: String {
    var lines = ["address: \(address)"]
    if let tag = version.entityTag { lines.append("etag: \(tag)") }
    if let date = version.lastModified { lines.append("last-modified: \(date)") }
    if let total { lines.append("total: \(total)") }
    if let md5 { lines.append("md5: \(md5)") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Nil where the text names no address.
  init?(text: String) {
    var values = [Substring: String]()
    for line in text.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      values[line[..<colon]] = String(line[colon...].dropFirst(2))
    }
    guard let address = values["address"] else { return nil }
    self.init(
      address: address, version: FileVersion(entityTag: values["etag"], lastModified: values["last-modified"]),
      total: values["total"].flatMap { Int($0) }, md5: values["md5"])
  }

  fileprivate init?(reading path: String) throws {
    self.init(text: String(decoding: try readFile(path), as: UTF8.self))
  }
}
