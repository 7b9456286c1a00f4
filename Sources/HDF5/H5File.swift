internal import CHDF5
import Glibc
import StomicsCore

/// An open HDF5 file; it closes itself.
///
/// Every call takes the library's lock, so files may be used from several threads, one call at a time.
public final class H5File {
  let context: FileContext

  /// The path it was opened under.
  public var path: String { context.name }
  /// Its size in bytes when it was opened; 0 for a file being written.
  public var size: Int { context.size }

  private init(_ context: FileContext) { self.context = context }

  /// Opens a file to read it. No lock is put on it, so a file on a read-only disk opens too.
  /// - Throws: `H5Error` that says why not: absent, empty, truncated, or no HDF5 file and what it looks like instead.
  public static func open(_ path: String) throws -> H5File {
    let size = try examine(path)
    return try H5Library.locked {
      guard let access = Handle(H5Pcreate(stomics_h5p_file_access()), H5Pclose) else {
        throw H5Error.cannotOpen(file: path, reason: H5Library.errorText())
      }
      H5Pset_file_locking(access.id, false, true)
      let life = FileLife()
      guard let handle = Handle(H5Fopen(path, stomics_h5f_rdonly(), access.id), H5Fclose, of: life) else {
        throw openingError(path, size: size, text: H5Library.errorText())
      }
      return H5File(FileContext(name: path, size: size, handle: handle, life: life))
    }
  }

  /// Creates a file that must not exist yet. After the first call that fails it is given up: `close` throws then.
  public static func create(_ path: String) throws -> H5File {
    try H5Library.locked {
      guard let access = Handle(H5Pcreate(stomics_h5p_file_access()), H5Pclose) else {
        throw H5Error.cannotWrite(file: path, reason: H5Library.errorText())
      }
      H5Pset_fclose_degree(access.id, H5F_CLOSE_STRONG)
      H5Pset_file_locking(access.id, false, true)
      let id = H5Fcreate(path, stomics_h5f_excl(), hid_t(H5P_DEFAULT), access.id)
      let life = FileLife()
      guard let handle = Handle(id, H5Fclose, of: life) else {
        throw H5Error.cannotWrite(file: path, reason: H5Library.errorText())
      }
      return H5File(FileContext(name: path, size: 0, handle: handle, life: life))
    }
  }

  /// The group that holds all others.
  public func root() throws -> H5Group { try H5Group.open(context, at: context.handle.id, name: "/", path: "/") }

  /// Writes out everything and closes; objects of the file are of no use afterwards.
  /// - Throws: `H5Error.cannotWrite`, a full disk for example; also where an earlier call failed, after which nothing more
  ///   is written.
  public func close() throws {
    try H5Library.locked {
      if context.life.failure == nil, H5Fflush(context.handle.id, H5F_SCOPE_GLOBAL) < 0 {
        context.life.abandon(H5Library.errorText())
      }
      context.handle.closeNow()
      if let failure = context.life.failure { throw H5Error.cannotWrite(file: path, reason: failure) }
    }
  }

  // MARK: Before the library sees a file

  private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

  /// Looks at the file itself and returns its size.
  private static func examine(_ path: String) throws -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw errno == ENOENT ? H5Error.notFound(file: path) : H5Error.cannotOpen(file: path, reason: systemReason())
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      throw H5Error.cannotOpen(file: path, reason: "it is a folder, not a file")
    }
    let size = Int(status.st_size)
    if size == 0 { throw H5Error.empty(file: path) }
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw H5Error.cannotOpen(file: path, reason: systemReason()) }
    defer { Glibc.close(descriptor) }
    // The signature stands at 0, 512, 1024, 2048 …: a file may carry another header before it.
    var offset = 0
    while offset < size {
      if read(descriptor, at: offset, count: 8) == signature { return size }
      offset = offset == 0 ? 512 : offset * 2
    }
    throw H5Error.notHDF5(file: path, looksLike: FileSniffer.describe(read(descriptor, at: 0, count: 512)))
  }

  private static func read(_ descriptor: Int32, at offset: Int, count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
      initialised = max(0, pread(descriptor, buffer.baseAddress, count, off_t(offset)))
    }
  }

  private static func openingError(_ path: String, size: Int, text: String) -> H5Error {
    guard text.contains("truncated file") else { return .damaged(path: "/", detail: text, file: path) }
    let expected = text.range(after: "stored_eof = ").flatMap { Int($0.prefix { $0.isNumber }) }
    return .truncated(file: path, size: size, expected: expected)
  }
}

extension String {
  /// What follows the first occurrence of `marker`.
  fileprivate func range(after marker: String) -> Substring? {
    var rest = self[...]
    while !rest.isEmpty {
      if rest.hasPrefix(marker) { return rest.dropFirst(marker.count) }
      rest = rest.dropFirst()
    }
    return nil
  }
}
