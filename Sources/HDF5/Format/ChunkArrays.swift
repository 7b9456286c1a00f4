/// The index of chunks of a dataset that cannot grow.
/// - Source: HDF5 File Format Specification 3.0, VII.C.
struct FixedArray {
  private let file: FileContext
  private let elementBytes: Int
  private let pageElements: Int
  private let count: Int
  private let block: Int?

  init(_ file: FileContext, at address: Int) throws {
    self.file = file
    let headBytes = 8 + file.widths.length + file.widths.address + 4
    var head = try file.metadata(at: address, count: headBytes).verified("an index's head")
    try head.expect("FAHD")
    _ = try head.expectVersion(0...0, of: "an index")
    try head.skip(1)
    elementBytes = try head.byte()
    let bits = try head.byte()
    count = try head.length(file.widths)
    block = try head.address(file.widths)
    guard elementBytes >= file.widths.address, bits < 32, count <= ChunkIndex.mostChunks(file) else {
      throw Malformed("an index of \(count) elements of \(elementBytes) bytes")
    }
    pageElements = 1 << bits
  }

  /// The bytes of every element; of pages that were never written, those that mean "nowhere".
  func elements() throws -> [[UInt8]] {
    guard let block, count > 0 else { return [] }
    let prefix = 6 + file.widths.address
    if count <= pageElements {
      var reader = try file.metadata(at: block, count: prefix + count * elementBytes + 4).verified("an index's block")
      try readPrefix(&reader)
      return try (0..<count).map { _ in try reader.array(elementBytes) }
    }
    let pages = (count - 1) / pageElements + 1
    let bitmapBytes = (pages + 7) / 8
    var reader = try file.metadata(at: block, count: prefix + bitmapBytes + 4).verified("an index's block")
    try readPrefix(&reader)
    let written = try reader.array(bitmapBytes)
    var result: [[UInt8]] = []
    var start = block + prefix + bitmapBytes + 4
    for page in 0..<pages {
      let inPage = min(pageElements, count - page * pageElements)
      if written[page / 8] & UInt8(0x80 >> (page % 8)) != 0 {
        var reader = try file.metadata(at: start, count: inPage * elementBytes + 4).verified("an index's page")
        for _ in 0..<inPage { result.append(try reader.array(elementBytes)) }
      } else {
        result += [[UInt8]](repeating: [UInt8](repeating: 0xff, count: elementBytes), count: inPage)
      }
      start += pageElements * elementBytes + 4
    }
    return result
  }

  private func readPrefix(_ reader: inout ByteReader) throws {
    try reader.expect("FADB")
    try reader.skip(2 + file.widths.address)
  }
}

/// The index of chunks of a dataset that can grow along one axis.
/// - Source: HDF5 File Format Specification 3.0, VII.D.
struct ExtensibleArray {
  private let file: FileContext
  private let elementBytes: Int
  private let inIndexBlock: Int
  private let smallestBlock: Int
  private let pointersInIndexBlock: Int
  private let pageElements: Int
  private let offsetBytes: Int
  private let superBlocks: Int
  private let realised: Int
  private let indexBlock: Int?

  init(_ file: FileContext, at address: Int) throws {
    self.file = file
    let headBytes = 12 + 6 * file.widths.length + file.widths.address + 4
    var head = try file.metadata(at: address, count: headBytes).verified("an index's head")
    try head.expect("EAHD")
    _ = try head.expectVersion(0...0, of: "an index")
    try head.skip(1)
    elementBytes = try head.byte()
    let bits = try head.byte()
    inIndexBlock = try head.byte()
    smallestBlock = try head.byte()
    pointersInIndexBlock = try head.byte()
    let pageBits = try head.byte()
    try head.skip(4 * file.widths.length)
    let set = try head.length(file.widths)
    try head.skip(file.widths.length)
    indexBlock = try head.address(file.widths)
    guard elementBytes >= file.widths.address, bits <= 64, pageBits < 32, smallestBlock.nonzeroBitCount == 1,
      pointersInIndexBlock.nonzeroBitCount == 1, pointersInIndexBlock >= 2, set <= ChunkIndex.mostChunks(file)
    else { throw Malformed("an index of \(set) elements of \(elementBytes) bytes") }
    realised = set
    pageElements = 1 << pageBits
    offsetBytes = (bits + 7) / 8
    superBlocks = 1 + bits - smallestBlock.trailingZeroBitCount
  }

  /// The bytes of every element that was set; where a block is missing, those that mean "nowhere".
  func elements() throws -> [[UInt8]] {
    guard let indexBlock, realised > 0 else { return [] }
    // Super blocks with few data blocks have no place of their own: the index block lists their data blocks.
    let listed = min(superBlocks, 2 * pointersInIndexBlock.trailingZeroBitCount)
    let dataPointers = 2 * (pointersInIndexBlock - 1)
    let superPointers = max(0, superBlocks - listed)
    let prefix = 6 + file.widths.address
    var reader = try file.metadata(
      at: indexBlock,
      count: prefix + inIndexBlock * elementBytes + (dataPointers + superPointers) * file.widths.address + 4
    ).verified("an index's block")
    try reader.expect("EAIB")
    try reader.skip(2 + file.widths.address)
    var result: [[UInt8]] = []
    for _ in 0..<inIndexBlock { result.append(try reader.array(elementBytes)) }
    let dataBlocks = try (0..<dataPointers).map { _ in try reader.address(file.widths) }
    let tables = try (0..<superPointers).map { _ in try reader.address(file.widths) }
    var next = 0
    for level in 0..<max(0, superBlocks) where result.count < realised {
      let blocks = 1 << (level / 2)
      guard level < 62 else { break }
      let (elements, overflow) = smallestBlock.multipliedReportingOverflow(by: 1 << ((level + 1) / 2))
      guard !overflow else { break }
      if level < listed {
        guard next + blocks <= dataBlocks.count else { throw Malformed("an index with too few blocks") }
        for block in next..<next + blocks where result.count < realised {
          try append(dataBlocks[block], elements: elements, written: nil, to: &result)
        }
        next += blocks
      } else if let table = tables[level - listed] {
        try appendSuperBlock(table, blocks: blocks, elements: elements, to: &result)
      } else {
        skip(blocks.multipliedReportingOverflow(by: elements).partialValue, &result)
      }
    }
    return result
  }

  private func appendSuperBlock(_ address: Int, blocks: Int, elements: Int, to result: inout [[UInt8]]) throws {
    let pages = elements > pageElements ? elements / pageElements : 0
    let bitmapBytes = (pages + 7) / 8
    let (pointerBytes, overflow) = blocks.multipliedReportingOverflow(by: bitmapBytes + file.widths.address)
    guard !overflow, pointerBytes <= file.size else { throw Malformed("an index with \(blocks) blocks") }
    var reader = try file.metadata(at: address, count: 6 + file.widths.address + offsetBytes + pointerBytes + 4)
      .verified("an index's table")
    try reader.expect("EASB")
    try reader.skip(2 + file.widths.address + offsetBytes)
    let bitmaps = try (0..<blocks).map { _ in try reader.array(bitmapBytes) }
    for block in 0..<blocks where result.count < realised {
      let address = try reader.address(file.widths)
      try append(address, elements: elements, written: pages > 0 ? bitmaps[block] : nil, to: &result)
    }
  }

  /// - Parameter written: where the block is cut into pages, a bit for each that was written.
  private func append(_ address: Int?, elements: Int, written: [UInt8]?, to result: inout [[UInt8]]) throws {
    guard let address else { return skip(elements, &result) }
    let prefix = 6 + file.widths.address + offsetBytes
    guard let written else {
      let (count, overflow) = elements.multipliedReportingOverflow(by: elementBytes)
      guard !overflow, count <= file.size else { throw Malformed("an index with a block of \(elements) elements") }
      var reader = try file.metadata(at: address, count: prefix + count + 4).verified("an index's block")
      try reader.expect("EADB")
      try reader.skip(2 + file.widths.address + offsetBytes)
      for _ in 0..<elements { result.append(try reader.array(elementBytes)) }
      return
    }
    _ = try file.metadata(at: address, count: prefix + 4).verified("an index's block")
    var start = address + prefix + 4
    for page in 0..<elements / pageElements where result.count < realised {
      if written[page / 8] & UInt8(0x80 >> (page % 8)) != 0 {
        var reader = try file.metadata(at: start, count: pageElements * elementBytes + 4).verified("an index's page")
        for _ in 0..<pageElements { result.append(try reader.array(elementBytes)) }
      } else {
        skip(pageElements, &result)
      }
      start += pageElements * elementBytes + 4
    }
  }

  /// Stands for elements that were never written, as far as any is asked for.
  private func skip(_ count: Int, _ result: inout [[UInt8]]) {
    let missing = [UInt8](repeating: 0xff, count: elementBytes)
    for _ in 0..<max(0, min(count, realised - result.count)) { result.append(missing) }
  }
}
