import Glibc
import StomicsCore

/// The names in a folder.
struct InputFolder {
  let path: String
  /// Names of files and of folders, each sorted.
  let files: [String]
  let folders: [String]

  /// - Throws: `FileError.cannotRead`
  init(_ path: String) throws {
    self.path = path
    var files: [String] = []
    var folders: [String] = []
    for name in try folderEntries(path) where !name.hasPrefix(".") {
      var status = stat()
      guard stat(path + "/" + name, &status) == 0 else { continue }
      // Pipes and devices are neither: reading one might never end.
      switch status.st_mode & S_IFMT {
      case S_IFREG: files.append(name)
      case S_IFDIR: folders.append(name)
      default: break
      }
    }
    (self.files, self.folders) = (files, folders)
  }

  /// The path of something in it.
  func path(_ name: String) -> String { path.hasSuffix("/") ? path + name : path + "/" + name }

  /// A folder in it; nil where there is none of that name.
  func folder(_ name: String) throws -> InputFolder? {
    folders.contains(name) ? try InputFolder(path(name)) : nil
  }

  /// All names, folders marked by a slash, for messages.
  var names: [String] { folders.map { $0 + "/" } + files }

  /// A name in lower case without `.gz`.
  static func stem(_ name: String) -> String {
    let name = name.lowercased()
    return name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
  }
}

extension String {
  /// The folder that holds the file of this path, and the file's name.
  var folderAndName: (folder: String, name: String) {
    var parts = split(separator: "/", omittingEmptySubsequences: false)
    while parts.count > 1, parts.last?.isEmpty == true { parts.removeLast() }
    let name = parts.popLast().map(String.init) ?? self
    let folder = parts.joined(separator: "/")
    return (parts.isEmpty ? "." : folder.isEmpty ? "/" : folder, name)
  }
}
