import Glibc

/// What a command that draws is given: a file, or the folder of a run.
struct RunInput {
  let path: String
  let isFolder: Bool

  init(_ path: String) {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    var status = stat()
    isFolder = stat(path, &status) == 0 && (status.st_mode & S_IFMT) == S_IFDIR
  }

  /// The slice to draw.
  var slice: String { isFolder ? path + "/results.h5ad" : path }
  var history: String { isFolder ? path + "/history.csv" : path }
  var predictions: String { path + "/predictions.csv" }
  /// The last part of the path.
  var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}
