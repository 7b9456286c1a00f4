/// Walks a B-tree of the second version.
/// - Source: HDF5 File Format Specification 3.0, III.A.2.
struct BTree2 {
  private let file: FileContext
  /// What it indexes, by the specification's number.
  let kind: Int
  let recordBytes: Int
  private let nodeBytes: Int
  private let depth: Int
  private let root: Int?
  private let rootRecords: Int
  /// Bytes of "how many records a child has", and, by level, of "how many records lie below a child".
  private var countBytes = 0
  private var totalBytes: [Int] = []

  init(_ file: FileContext, at address: Int) throws {
    self.file = file
    let headBytes = 16 + file.widths.address + 2 + file.widths.length + 4
    var head = try file.metadata(at: address, count: headBytes).verified("a tree's head")
    try head.expect("BTHD")
    _ = try head.expectVersion(0...0, of: "a tree")
    kind = try head.byte()
    nodeBytes = try head.integer(4)
    recordBytes = try head.integer(2)
    depth = try head.integer(2)
    try head.skip(2)
    root = try head.address(file.widths)
    rootRecords = try head.integer(2)
    guard recordBytes > 0, depth < 32, nodeBytes > 10, nodeBytes <= file.size else {
      throw Malformed("a tree of depth \(depth) with nodes of \(nodeBytes) and records of \(recordBytes) bytes")
    }
    // How large the counts of a node can get decides how many bytes they take.
    let room = nodeBytes - 10
    let mostInLeaf = room / recordBytes
    countBytes = H5Type.encodedSize(of: mostInLeaf)
    totalBytes = [0]
    var mostBelow = mostInLeaf
    for level in 1..<max(2, depth + 1) {
      let pointerBytes = file.widths.address + countBytes + totalBytes[level - 1]
      let most = max(0, room - pointerBytes) / (recordBytes + pointerBytes)
      let (below, overflow) = (most + 1).multipliedReportingOverflow(by: mostBelow)
      guard !overflow, below < Int.max / 2 else { throw Malformed("a tree too deep for its nodes") }
      mostBelow = below + most
      totalBytes.append(H5Type.encodedSize(of: mostBelow))
    }
  }

  /// Calls `body` with every record, in order.
  func forEach(_ body: (inout ByteReader) throws -> Void) throws {
    guard let root, rootRecords > 0 else { return }
    var seen: Set<Int> = []
    try visit(root, records: rootRecords, level: depth, &seen, body)
  }

  private func visit(
    _ address: Int, records: Int, level: Int, _ seen: inout Set<Int>, _ body: (inout ByteReader) throws -> Void
  ) throws {
    guard seen.insert(address).inserted else { throw Malformed("a tree whose branches meet again") }
    let pointerBytes = level == 0 ? 0 : file.widths.address + countBytes + totalBytes[level - 1]
    let used = 6 + records * recordBytes + (level == 0 ? 0 : (records + 1) * pointerBytes)
    guard used + 4 <= nodeBytes else { throw Malformed("a tree with \(records) records in a node") }
    var node = try file.metadata(at: address, count: used + 4).verified("a tree's node")
    try node.expect(level == 0 ? "BTLF" : "BTIN")
    _ = try node.expectVersion(0...0, of: "a tree's node")
    guard try node.byte() == kind else { throw Malformed("a tree with nodes of several kinds") }
    var entries = try node.part(records * recordBytes)
    for k in 0...records {
      if level > 0 {
        guard let child = try node.address(file.widths) else { throw Malformed("a tree with a missing branch") }
        let childRecords = try node.integer(countBytes)
        try node.skip(totalBytes[level - 1])
        try visit(child, records: childRecords, level: level - 1, &seen, body)
      }
      if k < records {
        var record = try entries.part(recordBytes)
        try body(&record)
      }
    }
  }
}
