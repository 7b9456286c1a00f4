/// Walks a B-tree of the first version, which indexes the links of old groups and the chunks of old datasets.
/// - Source: HDF5 File Format Specification 3.0, III.A.1.
struct BTree1 {
  let file: FileContext
  /// 0 for links, 1 for chunks.
  let kind: Int
  /// Bytes of a key.
  let keyBytes: Int

  /// Calls `body` with the key before each child of the lowest level, and the child's address.
  func forEachLeaf(from root: Int, _ body: (inout ByteReader, _ child: Int) throws -> Void) throws {
    var seen: Set<Int> = []
    try visit(root, level: nil, &seen, body)
  }

  private func visit(
    _ address: Int, level expected: Int?, _ seen: inout Set<Int>, _ body: (inout ByteReader, Int) throws -> Void
  ) throws {
    guard seen.insert(address).inserted else { throw Malformed("a tree whose branches meet again") }
    let headBytes = 8 + 2 * file.widths.address
    var head = try file.metadata(at: address, count: headBytes)
    try head.expect("TREE")
    guard try head.byte() == kind else { throw Malformed("a tree of another kind") }
    let level = try head.byte()
    guard expected == nil || level == expected, level < 32 else {
      throw Malformed("a tree with a node of level \(level)")
    }
    let count = try head.integer(2)
    let entryBytes = keyBytes + file.widths.address
    var entries = try file.metadata(at: address + headBytes, count: count * entryBytes)
    for _ in 0..<count {
      var key = try entries.part(keyBytes)
      guard let child = try entries.address(file.widths) else { throw Malformed("a tree with a missing branch") }
      if level == 0 { try body(&key, child) } else { try visit(child, level: level - 1, &seen, body) }
    }
  }
}
