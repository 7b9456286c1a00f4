internal import CCrypto

/// OpenSSL's libcrypto, loaded at the first checksum.
enum CryptoLibrary {
  typealias Functions = UnsafePointer<stomics_crypto>

  private nonisolated(unsafe) static let loaded = Result {
    try open(["libcrypto.so.3", "libcrypto.so.1.1"])
  }

  /// The library's functions; the first call loads it.
  /// - Throws: `DownloadError.missingLibrary`
  static func functions() throws -> Functions { try loaded.get() }

  static func open(_ names: [String]) throws -> Functions {
    let package = "libssl3"
    let library = try openLibrary(names, package: package)
    let functions = UnsafeMutablePointer<stomics_crypto>.allocate(capacity: 1)
    functions.initialize(to: stomics_crypto())
    guard stomics_crypto_bind(functions, library) else {
      functions.deallocate()
      throw DownloadError.missingLibrary(names.first ?? "", package: package)
    }
    return UnsafePointer(functions)
  }
}
