import Glibc
import StomicsCore

/// Keeps a second download out of a folder until it is released, or the process ends.
struct FolderLock {
  private let descriptor: Int32

  /// - Throws: `DownloadError.folderInUse`, `FileError.cannotRead`
  init(_ folder: String) throws {
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError.cannotRead(path: folder, reason: String(cString: strerror(errno))) }
    // A file system without locks gives another error than "would block": then there is none, and that must do.
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK {
      close(descriptor)
      throw DownloadError.folderInUse(folder)
    }
  }

  func release() { close(descriptor) }
}
