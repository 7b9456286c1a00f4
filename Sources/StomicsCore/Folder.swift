import Glibc

/// Makes a folder and those above it that are missing, and checks that files can be written there.
/// - Throws: `FileError.cannotWrite`
public func makeFolder(_ path: String) throws {
  var made = path.hasPrefix("/") ? "/" : ""
  for part in path.split(separator: "/") {
    made += (made.isEmpty || made == "/" ? "" : "/") + part
    if mkdir(made, 0o777) != 0 && errno != EEXIST {
      throw FileError.cannotWrite(path: made, reason: lastSystemError())
    }
  }
  var status = stat()
  guard stat(path, &status) == 0, (status.st_mode & S_IFMT) == S_IFDIR else {
    throw FileError.cannotWrite(path: path, reason: "a file of this name is there, and no folder")
  }
  guard access(path, W_OK) == 0 else { throw FileError.cannotWrite(path: path, reason: lastSystemError()) }
}

/// What lies at a path.
public enum PathKind: Sendable {
  case nothing, file, folder

  /// Links are followed.
  public init(_ path: String) {
    var status = stat()
    if stat(path, &status) != 0 {
      self = .nothing
    } else {
      self = (status.st_mode & S_IFMT) == S_IFDIR ? .folder : .file
    }
  }
}

/// The names in a folder, sorted, without `.` and `..`.
/// - Throws: `FileError.cannotRead`
public func folderEntries(_ path: String) throws -> [String] {
  guard let directory = opendir(path) else { throw FileError.cannotRead(path: path, reason: lastSystemError()) }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}

/// The path from the root, links resolved; as it is where nothing lies there.
public func absolutePath(_ path: String) -> String {
  guard let resolved = realpath(path, nil) else { return path }
  defer { free(resolved) }
  return String(cString: resolved)
}

/// A file's size in bytes; 0 where there is none.
public func fileSize(_ path: String) -> Int {
  var status = stat()
  return stat(path, &status) == 0 ? Int(status.st_size) : 0
}
