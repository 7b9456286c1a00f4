import Glibc
import StomicsCore

/// An HDF5 file that is read; it closes itself.
///
/// The format is read by this module itself, every size and address checked against the file: libhdf5 trusts a file's
/// own claims and ends the program on some damaged ones. libhdf5 writes (`H5OutputFile`), and unpacks filters that are
/// its own or plug-ins (`ForeignFilters`).
public final class H5File {
  private let context: FileContext

  /// The path it was opened under.
  public var path: String { context.name }
  /// Its size in bytes when it was opened.
  public var size: Int { context.size }

  private init(_ context: FileContext) { self.context = context }

  /// Opens a file to read it. No lock is put on it.
  /// - Throws: `H5Error` that says why not: absent, empty, truncated, or no HDF5 file and what it looks like instead.
  public static func open(_ path: String) throws -> H5File { H5File(try FileContext.open(path)) }

  /// Reads a file that lies in memory.
  /// - Parameter name: stands for a path in messages.
  public static func open(bytes: [UInt8], name: String) throws -> H5File {
    H5File(try FileContext.open(FileBytes(bytes), name: name))
  }

  /// The group that holds all others.
  public func root() throws -> H5Group { try context.root() }
}

extension FileContext {
  /// - Parameter depth: files on the way here by external links.
  static func open(_ path: String, depth: Int = 0) throws -> FileContext {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw errno == ENOENT ? H5Error.notFound(file: path) : H5Error.cannotOpen(file: path, reason: systemReason())
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw H5Error.cannotOpen(file: path, reason: "it is a folder, not a file")
    default: throw H5Error.cannotOpen(file: path, reason: "it is a device or a pipe, not a file")
    }
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw H5Error.cannotOpen(file: path, reason: systemReason()) }
    return try open(FileBytes(descriptor: descriptor, size: Int(status.st_size)), name: path, depth: depth)
  }

  static func open(_ bytes: FileBytes, name: String, depth: Int = 0) throws -> FileContext {
    if bytes.size == 0 { throw H5Error.empty(file: name) }
    guard let start = Superblock.find(in: bytes) else {
      let head = (try? bytes.bytes(at: 0, count: min(512, bytes.size))) ?? []
      throw H5Error.notHDF5(file: name, looksLike: FileSniffer.describe(head))
    }
    do {
      let superblock = try Superblock(bytes, at: start)
      guard superblock.end <= bytes.size else {
        throw H5Error.truncated(file: name, size: bytes.size, expected: superblock.end)
      }
      return FileContext(name: name, bytes: bytes, superblock: superblock, depth: depth)
    } catch let error as Malformed {
      throw H5Error.damaged(path: "/", detail: error.detail, file: name)
    }
  }
}
