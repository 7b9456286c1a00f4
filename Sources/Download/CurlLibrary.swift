internal import CCurl

/// libcurl, loaded at the first download. Its OpenSSL flavour is tried first; the GnuTLS one serves as well.
enum CurlLibrary {
  typealias Functions = UnsafePointer<stomics_curl>

  private nonisolated(unsafe) static let loaded = Result {
    try open(["libcurl.so.4", "libcurl-gnutls.so.4"])
  }

  /// The library's functions; the first call loads and starts it.
  /// - Throws: `DownloadError.missingLibrary`
  static func functions() throws -> Functions { try loaded.get() }

  static func open(_ names: [String]) throws -> Functions {
    let package = "libcurl4"
    let library = try openLibrary(names, package: package)
    let functions = UnsafeMutablePointer<stomics_curl>.allocate(capacity: 1)
    functions.initialize(to: stomics_curl())
    guard stomics_curl_bind(functions, library), stomics_curl_start(functions) == CURLE_OK else {
      functions.deallocate()
      throw DownloadError.missingLibrary(names.first ?? "", package: package)
    }
    return UnsafePointer(functions)
  }
}

/// Name and version of the library that fetches, and of its TLS library: `libcurl/7.88.1 OpenSSL/3.0.19 …`; nil where
/// this system has none.
public func downloadLibraryVersion() -> String? {
  guard let functions = try? CurlLibrary.functions(), let text = stomics_curl_version(functions) else { return nil }
  return String(cString: text)
}
