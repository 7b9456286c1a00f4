/// A small named value that belongs to a group or dataset.
/// - Source: HDF5 File Format Specification 3.0, IV.A.2.m (attributes) and v (attributes kept apart).
struct H5Attribute {
  let name: String
  let type: H5Type
  let space: Dataspace
  /// The elements as the file has them.
  let values: [UInt8]

  var count: Int { space.count }

  /// All attributes of an object, sorted by name.
  static func all(of header: ObjectHeader, _ file: FileContext) throws -> [H5Attribute] {
    var result: [H5Attribute] = []
    for message in header.all(.attribute) {
      result.append(
        try H5Attribute(message.isShared ? file.sharedMessage(message.body, .attribute) : message.body, file))
    }
    if var info = try header.first(.attributeInfo, in: file) { result += try apart(&info, file) }
    return result.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// Attributes that are many or large lie in a heap, with an index by name.
  private static func apart(_ info: inout ByteReader, _ file: FileContext) throws -> [H5Attribute] {
    _ = try info.expectVersion(0...0, of: "an index of attributes")
    if try info.byte() & 1 != 0 { try info.skip(2) }
    guard let heapAddress = try info.address(file.widths), let treeAddress = try info.address(file.widths) else {
      return []
    }
    let heap = try FractalHeap(file, at: heapAddress)
    let tree = try BTree2(file, at: treeAddress)
    guard tree.kind == 8 else { throw Malformed("an index of attributes of another kind") }
    var result: [H5Attribute] = []
    var total = 0
    try tree.forEach { record in
      let id = try record.array(8)
      let isShared = try record.byte() & 2 != 0
      let body = try isShared ? file.sharedMessage(ByteReader([3, 1] + id), .attribute) : heap.object(id)
      total += body.remaining
      guard total <= file.size else { throw Malformed("more attributes than the file has room for") }
      result.append(try H5Attribute(body, file))
    }
    return result
  }

  private init(_ body: ByteReader, _ file: FileContext) throws {
    var reader = body
    let version = try reader.expectVersion(1...3, of: "an attribute")
    let flags = try reader.byte()
    let (nameBytes, typeBytes, spaceBytes) = (try reader.integer(2), try reader.integer(2), try reader.integer(2))
    if version == 3 { try reader.skip(1) }
    func padded(_ count: Int) -> Int { version == 1 ? (count + 7) & ~7 : count }
    name = try reader.text(padded(nameBytes))
    var typeReader = try reader.part(padded(typeBytes))
    if version > 1, flags & 1 != 0 { typeReader = try file.sharedMessage(typeReader, .datatype) }
    type = try H5Type(&typeReader, file)
    var spaceReader = try reader.part(padded(spaceBytes))
    if version > 1, flags & 2 != 0 { spaceReader = try file.sharedMessage(spaceReader, .dataspace) }
    space = try Dataspace(&spaceReader, file.widths)
    let (bytes, overflow) = space.count.multipliedReportingOverflow(by: type.fileBytes)
    guard !overflow, bytes <= reader.remaining else {
      throw Malformed("the attribute '\(name)' claims \(space.count) values of \(type.fileBytes) bytes")
    }
    values = try reader.array(bytes)
  }

  func strings(_ file: FileContext) throws -> [String]? {
    switch type {
    case .fixedString(let width, let form):
      return values.withUnsafeBytes { values in
        (0..<count).map { form.text(UnsafeRawBufferPointer(rebasing: values[$0 * width..<($0 + 1) * width])) }
      }
    case .variableString:
      return try values.withUnsafeBytes { values in
        try (0..<count).map { try file.heap.string(values, at: $0 * GlobalHeap.referenceBytes) }
      }
    default: return nil
    }
  }

  /// The values as whole numbers; nil for something else.
  var integers: [Int]? {
    guard let form = NumberForm(type) else { return nil }
    if case .float = form { return nil }
    let width = type.fileBytes
    return (0..<count).map { Int(form.int64(Array(values[$0 * width..<($0 + 1) * width]))) }
  }
}

extension H5Type.TextForm {
  /// The text of a field of fixed size: up to the first NUL, without the blanks that fill it up.
  func text(_ bytes: UnsafeRawBufferPointer) -> String {
    var end = padding == .spacePadded ? bytes.count : bytes.firstIndex(of: 0) ?? bytes.count
    if padding == .spacePadded { while end > 0, bytes[end - 1] == 0x20 || bytes[end - 1] == 0 { end -= 1 } }
    return String(decoding: bytes[..<end], as: UTF8.self)
  }
}

extension H5Object {
  /// The names of all attributes, sorted by bytes.
  public func attributeNames() throws -> [String] { try allAttributes().map(\.name) }

  /// A single string; nil where there is no such attribute.
  public func stringAttribute(_ name: String) throws -> String? {
    try stringsAttribute(name).flatMap { $0.first ?? "" }
  }

  /// An attribute's strings; nil where there is none. An empty array of any type is empty (as h5py writes empty lists).
  public func stringsAttribute(_ name: String) throws -> [String]? {
    try withAttribute(name, "text") { attribute in
      attribute.count == 0 ? [] : try attribute.strings(context)
    }
  }

  /// An attribute's whole numbers; nil where there is none.
  public func integersAttribute(_ name: String) throws -> [Int]? {
    try withAttribute(name, "whole numbers") { $0.integers }
  }

  /// A truth value, stored as a boolean or a number; nil where there is no such attribute.
  public func boolAttribute(_ name: String) throws -> Bool? {
    try withAttribute(name, "a truth value") { attribute in
      guard attribute.count == 1 else { return nil }
      return attribute.integers?.first.map { $0 != 0 }
    }
  }

  /// The dataset that an attribute refers to; nil where there is no such attribute, or it is no reference.
  public func referencedDataset(_ name: String) throws -> H5Dataset? {
    guard let attribute = try allAttributes().first(where: { $0.name == name }), attribute.type == .objectReference,
      attribute.count == 1
    else { return nil }
    let path = path + "@" + name
    return try context.describing(path) {
      var reader = ByteReader(attribute.values)
      guard let address = try reader.address(context.widths) else { throw Malformed("a reference to nothing") }
      let header = try ObjectHeader(context, at: address)
      guard header.describesDataset else { throw Malformed("a reference to something that is no dataset") }
      return try H5Dataset(context, described: header, path: path)
    }
  }

  private func withAttribute<Value>(
    _ name: String, _ expected: String, _ body: (H5Attribute) throws -> Value?
  ) throws -> Value? {
    guard let attribute = try allAttributes().first(where: { $0.name == name }) else { return nil }
    let path = path + "@" + name
    return try context.describing(path) {
      guard let value = try body(attribute) else {
        throw H5Error.unexpectedType(
          path: path, expected: expected,
          found: attribute.count == 1 ? attribute.type.name : "\(attribute.count) of \(attribute.type.name)", file: file
        )
      }
      return value
    }
  }
}
