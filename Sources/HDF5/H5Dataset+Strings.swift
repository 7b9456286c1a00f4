internal import CHDF5

extension H5Dataset {
  /// All elements as strings, row-major: of fixed or varying length, ASCII or UTF-8. Null strings are empty; bytes that
  /// are no UTF-8 are replaced by U+FFFD.
  public func readStrings() throws -> [String] {
    switch type {
    case .fixedString(let bytes):
      let records = try readBytes()
      return records.withUnsafeBytes { records in
        (0..<count).map { H5Dataset.text(UnsafeRawBufferPointer(rebasing: records[$0 * bytes..<($0 + 1) * bytes])) }
      }
    case .variableString: return try readVariableStrings()
    default: throw wrongType("strings")
    }
  }

  /// The text of a field of fixed size: up to the first NUL.
  public static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    let end = bytes.firstIndex(of: 0) ?? bytes.count
    return String(decoding: bytes[..<end], as: UTF8.self)
  }

  private func readVariableStrings() throws -> [String] {
    if count == 0 { return [] }
    guard let heap = GlobalHeap(context), hasPlainStorage else { return try readStringsThroughLibrary() }
    return try readBytes().withUnsafeBytes { bytes in
      try (0..<count).map { try heap.string(bytes, at: $0 * GlobalHeap.referenceBytes, path: path) }
    }
  }

  /// Whether `readStorage` gets at the bytes without the library's conversions.
  private var hasPlainStorage: Bool {
    switch layout {
    case .chunked: canUnpackChunks
    case .contiguous: true
    case .compact, .elsewhere: false
    }
  }

  private func readStringsThroughLibrary() throws -> [String] {
    try requireKnownFilters()
    try boundClaim(memoryBytes: GlobalHeap.referenceBytes)
    return try H5Library.locked {
      guard let type = H5Types.variable(), let own = Handle(H5Dget_type(handle.id), H5Tclose),
        let space = Handle(H5Dget_space(handle.id), H5Sclose)
      else {
        throw failure("read")
      }
      H5Tset_cset(type.id, H5Tget_cset(own.id))
      var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
      try check(
        H5Dread(handle.id, type.id, hid_t(H5S_ALL), hid_t(H5S_ALL), hid_t(H5P_DEFAULT), &pointers), "read")
      defer { H5Dvlen_reclaim(type.id, space.id, hid_t(H5P_DEFAULT), &pointers) }
      return pointers.map { $0.map { String(cString: $0) } ?? "" }
    }
  }
}
