import Glibc
import Synchronization

/// A file that the system would not read or write.
public enum FileError: StomicsError, Equatable {
  case cannotRead(path: String, reason: String)
  case cannotWrite(path: String, reason: String)

  public var kind: ErrorKind { .file }

  public var description: String {
    switch self {
    case .cannotRead(let path, let reason): "Cannot read \(path): \(reason)."
    case .cannotWrite(let path, let reason):
      "Cannot write \(path): \(reason). Choose a folder that exists, that you may write to and that has space left."
    }
  }
}

/// Writing that leaves the old file or the new one, never a part of one.
///
/// The bytes go to a temporary name in the same folder, are flushed to the disk, and take their name at the end. What a
/// killed process left of the same file is removed by the next one that writes it.
public enum AtomicFile {
  private static let counter = Atomic<Int>(0)

  /// Lets `body` write a temporary file, then gives it the name `path`; a symbolic link stays one, and what it points
  /// to is replaced.
  /// - Throws: `FileError.cannotWrite`, or what `body` throws; the temporary file is gone then and `path` untouched.
  public static func write(to path: String, _ body: (_ temporaryPath: String) throws -> Void) throws {
    let target = try target(of: path)
    let name = target.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? target
    let folder = target.dropLast(name.count)
    let number = counter.wrappingAdd(1, ordering: .relaxed).oldValue
    let temporary = "\(folder).\(name).\(getpid())-\(number).tmp"
    removeLeftovers(in: folder.isEmpty ? "." : String(folder), of: name)
    do {
      try body(temporary)
      try flush(temporary, as: path)
      guard rename(temporary, target) == 0 else { throw cannotWrite(path) }
    } catch {
      unlink(temporary)
      throw error
    }
    // The new name itself is on the disk once its folder is; where a file system cannot do that, the file still stands.
    let descriptor = open(folder.isEmpty ? "." : String(folder), O_RDONLY | O_DIRECTORY)
    if descriptor >= 0 {
      fsync(descriptor)
      close(descriptor)
    }
  }

  /// Writes `bytes` to `path`.
  /// - Throws: `FileError.cannotWrite`
  public static func write(_ bytes: [UInt8], to path: String) throws {
    try stream(to: path) { write in try bytes.withUnsafeBytes(write) }
  }

  /// Lets `body` write the file part after part, so that it need not stand in memory as a whole.
  /// - Throws: `FileError.cannotWrite`, or what `body` throws
  public static func stream(
    to path: String, _ body: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    try write(to: path) { temporary in
      let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw cannotWrite(path) }
      do {
        try body { bytes in
          var written = 0
          while written < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            if count < 0 {
              if errno == EINTR { continue }
              throw cannotWrite(path)
            }
            written += count
          }
        }
      } catch {
        close(descriptor)
        throw error
      }
      guard close(descriptor) == 0 else { throw cannotWrite(path) }
    }
  }

  /// The file behind `path`; devices and pipes are refused, which a rename would replace (`-o /dev/null`).
  private static func target(of path: String) throws -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return path }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG || kind == S_IFDIR else {
      throw FileError.cannotWrite(path: path, reason: "it is a device or a pipe, not a file")
    }
    guard lstat(path, &status) == 0, (status.st_mode & S_IFMT) == S_IFLNK, let resolved = realpath(path, nil) else {
      return path
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func flush(_ temporary: String, as path: String) throws {
    let descriptor = open(temporary, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw cannotWrite(path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw cannotWrite(path) }
  }

  private static func cannotWrite(_ path: String) -> FileError {
    .cannotWrite(path: path, reason: lastSystemError())
  }
}

/// Reads a file, whole or no more than its first `limit` bytes.
/// - Throws: `FileError.cannotRead`
public func readFile(_ path: String, atMost limit: Int = .max) throws -> [UInt8] {
  func failure() -> FileError { .cannotRead(path: path, reason: lastSystemError()) }
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw failure() }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw failure() }
  let expected = (status.st_mode & S_IFMT) == S_IFREG ? min(Int(status.st_size), limit) : 0
  var bytes = [UInt8]()
  bytes.reserveCapacity(expected)
  let blockSize = max(65536, min(expected + 1, 1 << 24))
  var block = [UInt8](repeating: 0, count: blockSize)
  while true {
    let room = min(blockSize, limit - bytes.count)
    let count = room == 0 ? 0 : block.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, room) }
    if count < 0 {
      if errno == EINTR { continue }
      throw failure()
    }
    if count == 0 { return bytes }
    bytes.append(contentsOf: block[0..<count])
  }
}

/// What the system says about the last call that failed.
func lastSystemError() -> String { String(cString: strerror(errno)) }

extension AtomicFile {
  /// Removes temporary files that killed processes left in a folder; those of running processes stay.
  /// - Parameter target: only those of this file; of all files by default
  public static func removeLeftovers(in folder: String, of target: String? = nil) {
    for name in (try? folderEntries(folder)) ?? [] {
      // ".name.PID-NUMBER.tmp"
      guard name.hasPrefix("."), name.hasSuffix(".tmp") else { continue }
      guard let stamp = name.dropLast(4).split(separator: ".").last, let pid = pid_t(stamp.prefix { $0 != "-" }),
        stamp.contains("-"), target == nil || name == ".\(target ?? "").\(stamp).tmp",
        pid > 0, kill(pid, 0) != 0, errno == ESRCH
      else { continue }
      unlink(folder + "/" + name)
    }
  }
}
