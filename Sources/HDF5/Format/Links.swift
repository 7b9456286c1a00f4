/// What a name in a group stands for, before it is followed.
enum Link {
  /// The address of an object header.
  case hard(Int)
  /// A path, from the root where it begins with a slash.
  case soft(String)
  case external(file: String, path: String)
  /// Of a kind that only its writer knows.
  case unknown

  /// A link with its name and, where the group keeps that, its place in the order of creation.
  struct Named {
    var name: String
    var link: Link
    var order: Int?
  }

  /// All links of a group: in the order of creation where the file keeps that, otherwise sorted by bytes.
  static func all(of header: ObjectHeader, _ file: FileContext) throws -> [Named] {
    var links: [Named] = []
    if var table = try header.first(.symbolTable, in: file) { links += try symbolTable(&table, file) }
    for message in header.all(.link) {
      var reader = message.isShared ? try file.sharedMessage(message.body, .link) : message.body
      links.append(try Named(&reader, file))
    }
    var keepsOrder = false
    if var info = try header.first(.linkInfo, in: file) {
      _ = try info.expectVersion(0...0, of: "a list of links")
      keepsOrder = try info.byte() & 1 != 0
      if keepsOrder { try info.skip(8) }
      links += try apart(&info, file)
    }
    if keepsOrder, links.allSatisfy({ $0.order != nil }) { return links.sorted { ($0.order ?? 0) < ($1.order ?? 0) } }
    return links.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// Groups with many links keep them in a heap, with an index by name.
  private static func apart(_ info: inout ByteReader, _ file: FileContext) throws -> [Named] {
    guard let heapAddress = try info.address(file.widths), let treeAddress = try info.address(file.widths) else {
      return []
    }
    let heap = try FractalHeap(file, at: heapAddress)
    let tree = try BTree2(file, at: treeAddress)
    guard tree.kind == 5 else { throw Malformed("an index of links of another kind") }
    var links: [Named] = []
    var total = 0
    try tree.forEach { record in
      try record.skip(4)
      var body = try heap.object(try record.array(7))
      total += body.remaining
      guard total <= file.size else { throw Malformed("more links than the file has room for") }
      links.append(try Named(&body, file))
    }
    return links
  }

  /// The links of an old group.
  /// - Source: HDF5 File Format Specification 3.0, III.B to D.
  private static func symbolTable(_ message: inout ByteReader, _ file: FileContext) throws -> [Named] {
    guard let tree = try message.address(file.widths), let heap = try message.address(file.widths) else {
      throw Malformed("a group without its table")
    }
    let names = try LocalHeap(file, at: heap)
    var links: [Named] = []
    let entryBytes = 2 * file.widths.address + 24
    try BTree1(file: file, kind: 0, keyBytes: file.widths.length).forEachLeaf(from: tree) { _, node in
      var head = try file.metadata(at: node, count: 8)
      try head.expect("SNOD")
      _ = try head.expectVersion(1...1, of: "a table of links")
      try head.skip(1)
      let count = try head.integer(2)
      var entries = try file.metadata(at: node + 8, count: count * entryBytes)
      for _ in 0..<count {
        let name = try names.text(at: try entries.integer(file.widths.address))
        let address = try entries.address(file.widths)
        let kind = try entries.integer(4)
        try entries.skip(4)
        let scratch = try entries.integer(4)
        try entries.skip(12)
        if kind == 2 {
          links.append(Named(name: name, link: .soft(try names.text(at: scratch)), order: nil))
        } else if let address {
          links.append(Named(name: name, link: .hard(address), order: nil))
        } else {
          throw Malformed("the link '\(name)' leads nowhere")
        }
      }
    }
    return links
  }
}

extension Link.Named {
  /// Reads a link message.
  /// - Source: HDF5 File Format Specification 3.0, IV.A.2.g.
  fileprivate init(_ reader: inout ByteReader, _ file: FileContext) throws {
    _ = try reader.expectVersion(1...1, of: "a link")
    let flags = try reader.byte()
    let kind = flags & 0x08 != 0 ? try reader.byte() : 0
    if flags & 0x04 != 0 { order = Int(truncatingIfNeeded: try reader.unsigned(8)) }
    if flags & 0x10 != 0 { try reader.skip(1) }
    let nameBytes = try reader.integer(1 << (flags & 3))
    name = String(decoding: try reader.array(nameBytes), as: UTF8.self)
    switch kind {
    case 0:
      guard let address = try reader.address(file.widths) else { throw Malformed("the link '\(name)' leads nowhere") }
      link = .hard(address)
    case 1: link = .soft(try reader.text(try reader.integer(2)))
    case 64:
      var target = try reader.part(try reader.integer(2))
      try target.skip(1)
      link = .external(file: try target.text(), path: try target.text())
    default: link = .unknown
    }
  }
}

/// Where an old group keeps its names.
private struct LocalHeap {
  private let segment: [UInt8]

  init(_ file: FileContext, at address: Int) throws {
    var head = try file.metadata(at: address, count: 8 + 2 * file.widths.length + file.widths.address)
    try head.expect("HEAP")
    try head.skip(4)
    let size = try head.length(file.widths)
    try head.skip(file.widths.length)
    guard let data = try head.address(file.widths) else { throw Malformed("a group without names") }
    segment = try file.bytes.bytes(at: file.place(of: data), count: size)
  }

  func text(at offset: Int) throws -> String {
    guard offset >= 0, offset < segment.count, let end = segment[offset...].firstIndex(of: 0) else {
      throw Malformed("a name outside its heap")
    }
    return String(decoding: segment[offset..<end], as: UTF8.self)
  }
}
