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
