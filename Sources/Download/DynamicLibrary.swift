import Glibc

/// Opens the first of these shared libraries that the system has; it stays open until the program ends.
/// - Throws: `DownloadError.missingLibrary`
func openLibrary(_ names: [String], package: String) throws -> UnsafeMutableRawPointer {
  for name in names {
    if let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) { return library }
  }
  throw DownloadError.missingLibrary(names.first ?? "", package: package)
}
