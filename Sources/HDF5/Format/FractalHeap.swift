/// Where newer groups keep their links, and objects their many or large attributes.
/// - Source: HDF5 File Format Specification 3.0, III.G.
struct FractalHeap {
  private let file: FileContext
  private let idBytes: Int
  private let hugeTree: Int?
  private let directBlocksHaveChecksum: Bool
  private let offsetBytes: Int
  private let lengthBytes: Int
  private let width: Int
  private let startBlock: Int
  private let largestDirect: Int
  private let root: Int?
  private let rootRows: Int
  private let headerAddress: Int

  init(_ file: FileContext, at address: Int) throws {
    self.file = file
    headerAddress = address
    let (a, l) = (file.widths.address, file.widths.length)
    var head = try file.metadata(at: address, upTo: 26 + 3 * a + 12 * l + 4)
    try head.expect("FRHP")
    _ = try head.expectVersion(0...0, of: "a heap")
    idBytes = try head.integer(2)
    let filterBytes = try head.integer(2)
    guard filterBytes == 0 else { throw Malformed("a heap whose blocks are compressed, which is not read here") }
    directBlocksHaveChecksum = try head.byte() & 2 != 0
    let largestManaged = try head.integer(4)
    try head.skip(l)
    hugeTree = try head.address(file.widths)
    try head.skip(l + a + 8 * l)
    width = try head.integer(2)
    startBlock = try head.length(file.widths)
    largestDirect = try head.length(file.widths)
    let bits = try head.integer(2)
    try head.skip(2)
    root = try head.address(file.widths)
    rootRows = try head.integer(2)
    _ = try file.metadata(at: address, count: head.position + 4).verified("a heap's head")
    guard width > 0, width <= 1 << 12, bits > 0, bits <= 64, idBytes > 0, rootRows <= 64,
      startBlock.nonzeroBitCount == 1, largestDirect.nonzeroBitCount == 1, startBlock <= largestDirect,
      largestDirect <= 1 << 32
    else { throw Malformed("a heap with blocks of \(startBlock) to \(largestDirect) bytes in rows of \(width)") }
    offsetBytes = (bits + 7) / 8
    lengthBytes = min((largestDirect.trailingZeroBitCount + 7) / 8, H5Type.encodedSize(of: largestManaged))
  }

  /// The bytes of the object that an id leads to.
  func object(_ id: [UInt8]) throws -> ByteReader {
    var reader = ByteReader(id)
    let head = try reader.byte()
    guard head >> 6 == 0 else { throw Malformed("a heap id of version \(head >> 6)") }
    switch head >> 4 & 3 {
    case 0:
      let offset = try reader.integer(offsetBytes)
      return try managed(offset, try reader.integer(lengthBytes))
    case 1: return try huge(&reader)
    case 2:
      // The object is in the id itself.
      let count = idBytes <= 17 ? head & 15 : (head & 15) << 8 | (try reader.byte())
      return try reader.part(count + 1)
    default: throw Malformed("a heap id of an unknown kind")
    }
  }

  private func huge(_ id: inout ByteReader) throws -> ByteReader {
    if idBytes > file.widths.address + file.widths.length {
      guard let address = try id.address(file.widths) else { throw Malformed("a large object without a place") }
      return try file.metadata(at: address, count: try id.length(file.widths))
    }
    let key = try id.integer(min(idBytes - 1, 8))
    guard let hugeTree else { throw Malformed("a heap without large objects") }
    var found: (address: Int, count: Int)?
    let tree = try BTree2(file, at: hugeTree)
    guard tree.kind == 1 else { throw Malformed("large objects that are compressed, which is not read here") }
    try tree.forEach { record in
      let address = try record.address(file.widths)
      let count = try record.length(file.widths)
      if let address, try record.length(file.widths) == key { found = (address, count) }
    }
    guard let found else { throw Malformed("a large object that is not in its heap") }
    return try file.metadata(at: found.address, count: found.count)
  }

  // MARK: Managed objects

  private func rowBlock(_ row: Int) -> Int { row <= 1 ? startBlock : startBlock << (row - 1) }
  /// Rows whose blocks hold objects; those behind hold further tables.
  private var directRows: Int { largestDirect.trailingZeroBitCount - startBlock.trailingZeroBitCount + 2 }

  private func managed(_ offset: Int, _ count: Int) throws -> ByteReader {
    guard let root else { throw Malformed("an empty heap that is referred to") }
    if rootRows == 0 { return try object(inBlock: root, of: startBlock, from: offset, count) }
    var (address, rows, inside) = (root, rootRows, offset)
    for _ in 0..<64 {
      let step = try child(of: address, rows: rows, containing: inside)
      inside -= step.start
      if step.row < directRows { return try object(inBlock: step.address, of: rowBlock(step.row), from: inside, count) }
      address = step.address
      rows = rowBlock(step.row).trailingZeroBitCount - (startBlock * width).trailingZeroBitCount + 1
      guard rows > 0 else { throw Malformed("a heap with a table of \(rows) rows") }
    }
    throw Malformed("a heap nested too deep")
  }

  /// The block that holds an offset, among those that an indirect block lists.
  private func child(of address: Int, rows: Int, containing offset: Int) throws -> (address: Int, row: Int, start: Int)
  {
    var row = 0
    var rowStart = 0
    while true {
      let block = rowBlock(row)
      let (rowBytes, overflow) = block.multipliedReportingOverflow(by: width)
      guard row < rows, row < 48, !overflow else { throw Malformed("an object beyond its heap") }
      if offset - rowStart < rowBytes { break }
      rowStart += rowBytes
      row += 1
    }
    let column = (offset - rowStart) / rowBlock(row)
    var table = try file.metadata(
      at: address, count: 5 + file.widths.address + offsetBytes + rows * width * file.widths.address + 4
    ).verified("a heap's table")
    try table.expect("FHIB")
    _ = try table.expectVersion(0...0, of: "a heap's table")
    guard try table.address(file.widths) == headerAddress else { throw Malformed("a table of another heap") }
    try table.skip(offsetBytes + (row * width + column) * file.widths.address)
    guard let child = try table.address(file.widths) else { throw Malformed("an object in a block that is not there") }
    return (child, row, rowStart + column * rowBlock(row))
  }

  private func object(inBlock address: Int, of size: Int, from offset: Int, _ count: Int) throws -> ByteReader {
    var head = try file.metadata(at: address, count: 5 + file.widths.address)
    try head.expect("FHDB")
    _ = try head.expectVersion(0...0, of: "a heap's block")
    guard try head.address(file.widths) == headerAddress else { throw Malformed("a block of another heap") }
    let prefix = 5 + file.widths.address + offsetBytes + (directBlocksHaveChecksum ? 4 : 0)
    guard offset >= prefix, count <= size - offset else { throw Malformed("an object that reaches beyond its block") }
    return try file.metadata(at: address + offset, count: count)
  }
}
