internal import CHDF5

extension H5Object {
  /// The names of all attributes, sorted by bytes.
  public func attributeNames() throws -> [String] {
    try H5Library.locked {
      final class Names { var list: [String] = [] }
      let names = Names()
      let collect: H5A_operator2_t = { _, name, _, context in
        guard let name, let context else { return -1 }
        Unmanaged<Names>.fromOpaque(context).takeUnretainedValue().list.append(String(cString: name))
        return 0
      }
      var position: hsize_t = 0
      try check(
        H5Aiterate2(
          handle.id, H5_INDEX_NAME, H5_ITER_INC, &position, collect, Unmanaged.passUnretained(names).toOpaque()),
        "list the attributes of")
      return names.list
    }
  }

  /// A single string; nil where there is no such attribute.
  public func stringAttribute(_ name: String) throws -> String? {
    try stringsAttribute(name).flatMap { $0.first ?? "" }
  }

  /// An attribute's strings; nil where there is none. An empty array of any type is empty (as h5py writes empty lists).
  public func stringsAttribute(_ name: String) throws -> [String]? {
    try withAttribute(name) { attribute in
      if attribute.count == 0 { return [] }
      switch attribute.type {
      case .fixedString(let bytes):
        let all = try attribute.readBytes()
        return all.withUnsafeBytes { all in
          (0..<attribute.count).map {
            H5Dataset.text(UnsafeRawBufferPointer(rebasing: all[$0 * bytes..<($0 + 1) * bytes]))
          }
        }
      case .variableString: return try attribute.readVariableStrings()
      default: throw attribute.wrongType("text")
      }
    }
  }

  /// An attribute's whole numbers; nil where there is none.
  public func integersAttribute(_ name: String) throws -> [Int]? {
    try withAttribute(name) { attribute in
      switch attribute.type {
      case .integer, .enumeration:
        var values = [Int64](repeating: 0, count: attribute.count)
        try attribute.read(into: &values, as: stomics_h5t_int64())
        return values.map { Int($0) }
      default: throw attribute.wrongType("whole numbers")
      }
    }
  }

  /// A truth value, stored as a boolean or a number; nil where there is no such attribute.
  public func boolAttribute(_ name: String) throws -> Bool? {
    try withAttribute(name) { attribute in
      guard attribute.count == 1 else { throw attribute.wrongType("one truth value") }
      switch attribute.type {
      case .enumeration(.integer(bytes: 1, _, _), _, _): return try attribute.readBytes().first.map { $0 != 0 }
      case .integer:
        var values: [Int64] = [0]
        try attribute.read(into: &values, as: stomics_h5t_int64())
        return values[0] != 0
      default: throw attribute.wrongType("a truth value")
      }
    } ?? nil
  }

  /// The dataset that an attribute refers to; nil where there is no such attribute, or it is no reference.
  public func referencedDataset(_ name: String) throws -> H5Dataset? {
    try withAttribute(name) { attribute in
      guard attribute.type == .objectReference, attribute.count == 1 else { return nil }
      let reference = try attribute.readBytes()
      let id = reference.withUnsafeBytes {
        H5Rdereference2(handle.id, hid_t(H5P_DEFAULT), H5R_OBJECT, $0.baseAddress)
      }
      guard id >= 0, H5Iget_type(id) == H5I_DATASET, let opened = Handle(id, H5Oclose, of: context.life) else {
        throw failure("follow the reference of attribute '\(name)' of")
      }
      return try H5Dataset(opened: opened, in: context, path: path + "@" + name)
    } ?? nil
  }

  private func withAttribute<Result>(_ name: String, _ body: (Attribute) throws -> Result) throws -> Result? {
    try H5Library.locked {
      guard H5Aexists(handle.id, name) > 0 else {
        H5Eclear2(hid_t(H5E_DEFAULT))
        return nil
      }
      return try body(try Attribute(self, name))
    }
  }
}

/// An opened attribute; lives only inside the lock.
private struct Attribute {
  let owner: H5Object
  let name: String
  let handle: Handle
  let typeHandle: Handle
  let type: H5Type
  let count: Int

  init(_ owner: H5Object, _ name: String) throws {
    self.owner = owner
    self.name = name
    guard let handle = Handle(H5Aopen(owner.handle.id, name, hid_t(H5P_DEFAULT)), H5Aclose, of: owner.context.life),
      let typeHandle = Handle(H5Aget_type(handle.id), H5Tclose),
      let space = Handle(H5Aget_space(handle.id), H5Sclose)
    else { throw owner.failure("open attribute '\(name)' of") }
    self.handle = handle
    self.typeHandle = typeHandle
    type = H5Type.describe(typeHandle.id)
    let path = owner.path + "@" + name
    let extent = try H5Dataset.extent(of: space.id, path: path, context: owner.context)
    count = H5Sget_simple_extent_type(space.id) == H5S_NULL ? 0 : extent.reduce(1, *)
    // Attributes lie in the file uncompressed; 1 MiB for files that are just being written.
    let (bytes, overflow) = count.multipliedReportingOverflow(by: type.fileBytes)
    if overflow || bytes > max(owner.fileSize, 1 << 20) {
      throw H5Error.implausibleSize(
        path: path, claim: "\(count) values", fileSize: owner.fileSize, file: owner.file)
    }
  }

  func wrongType(_ expected: String) -> H5Error {
    .unexpectedType(path: owner.path + "@" + name, expected: expected, found: type.name, file: owner.file)
  }

  func read<Value: BitwiseCopyable>(into values: inout [Value], as memoryType: hid_t) throws {
    try owner.check(H5Aread(handle.id, memoryType, &values), "read attribute '\(name)' of")
  }

  func readBytes() throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count * H5Tget_size(typeHandle.id))
    try read(into: &bytes, as: typeHandle.id)
    return bytes
  }

  func readVariableStrings() throws -> [String] {
    if let strings = try readFromHeader() { return strings }
    guard let memoryType = H5Types.variable(), let space = Handle(H5Aget_space(handle.id), H5Sclose) else {
      throw owner.failure("read attribute '\(name)' of")
    }
    // The file's character set: the library does not convert between ASCII and UTF-8.
    H5Tset_cset(memoryType.id, H5Tget_cset(typeHandle.id))
    var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    try read(into: &pointers, as: memoryType.id)
    defer { H5Dvlen_reclaim(memoryType.id, space.id, hid_t(H5P_DEFAULT), &pointers) }
    return pointers.map { $0.map { String(cString: $0) } ?? "" }
  }
  /// The strings, followed from the references in the object's header; nil where they are not there (`ObjectHeader`).
  private func readFromHeader() throws -> [String]? {
    var info = H5O_info_t()
    guard let raw = owner.context.raw, let heap = owner.context.attributeHeap,
      H5Oget_info2(owner.handle.id, &info, UInt32(H5O_INFO_BASIC)) >= 0,
      let references = ObjectHeader(raw).attribute(name, at: UInt64(info.addr)),
      references.count >= count * GlobalHeap.referenceBytes
    else { return nil }
    let path = owner.path + "@" + name
    return try references.withUnsafeBytes { bytes in
      try (0..<count).map { try heap.string(bytes, at: $0 * GlobalHeap.referenceBytes, path: path) }
    }
  }
}
