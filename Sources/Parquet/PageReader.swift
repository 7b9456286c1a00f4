import Compression

/// Hands out the pages of one column chunk, unpacked.
struct PageReader {
  enum Page {
    case dictionary(PageValues)
    /// `levels` says which of the `rows` are present; nil where all are.
    case data(PageValues, rows: Int, levels: [Bool]?)
    /// An index page, which nothing needs.
    case other
  }

  private let bytes: [UInt8]
  private var position = 0
  private let codec: PageCodec
  private let isOptional: Bool
  private var hasDictionary = false

  /// Loads the chunk.
  /// - Parameter end: where the file's footer begins
  /// - Throws: `Damage`, `FileError`
  init(_ chunk: Metadata.Chunk, isOptional: Bool, in file: ParquetFile, end: Int) throws {
    self.isOptional = isOptional
    codec = PageCodec(PageCodec.Kind(rawValue: chunk.codec) ?? .none)
    // Some writers put 0 for "no dictionary".
    var start = chunk.dataOffset
    if let dictionary = chunk.dictionaryOffset, dictionary > 0 { start = min(start, dictionary) }
    // Some old writers leave the head of the dictionary page out of the size.
    let size = chunk.packedSize + 128
    guard start >= 4, start < end else { throw Damage("its pages begin at byte \(start) of \(end)") }
    bytes = try file.bytes(start..<start + min(size, end - start))
  }

  /// The next page, with at most `limit` rows.
  /// - Throws: `Damage`, `UnreadableEncoding`
  mutating func next(atMost limit: Int) throws -> Page {
    guard position < bytes.count else { throw Damage("its pages end early: \(limit) rows are missing") }
    let header: PageHeader
    do {
      header = try PageHeader(bytes, at: &position)
    } catch let damage as Damage {
      throw Damage("the head of a page cannot be read: \(damage.detail)")
    }
    guard header.packedSize >= 0, header.packedSize <= bytes.count - position else {
      throw Damage("a page of \(header.packedSize) bytes where \(bytes.count - position) are left")
    }
    let body = position..<position + header.packedSize
    position = body.upperBound
    if let checksum = header.checksum {
      let found = bytes.withUnsafeBytes { Checksum.crc32(UnsafeRawBufferPointer(rebasing: $0[body])) }
      guard found == checksum else { throw Damage("the checksum of a page is wrong") }
    }
    guard header.type == 1 || header.encoding >= 0 else { throw Damage("a page does not say how it is encoded") }
    switch header.type {
    case 0, 3:
      guard (0...min(limit, Int(Int32.max))).contains(header.values) else {
        throw Damage("a page of \(header.values) values where \(limit) are left")
      }
      return header.type == 0 ? try dataPage(header, body) : try dataPage2(header, body)
    case 1: return .other
    case 2:
      guard !hasDictionary else { throw Damage("a row group has two dictionaries") }
      hasDictionary = true
      guard header.encoding == Encoding.plain.rawValue || header.encoding == Encoding.plainDictionary.rawValue else {
        throw UnreadableEncoding(encoding: PageReader.name(header.encoding) + " of a dictionary")
      }
      let (page, range) = try codec.unpack(bytes, body, to: header.unpackedSize)
      // Every entry takes a byte at least.
      guard header.values >= 0, header.values <= range.count else {
        throw Damage("a dictionary of \(header.values) entries in \(range.count) bytes")
      }
      return .dictionary(PageValues(encoding: .plain, count: header.values, bytes: page, range: range))
    default: throw Damage("a page of the unknown type \(header.type)")
    }
  }

  /// Version 1: levels and values are compressed together; the levels' size stands in front of them.
  private func dataPage(_ header: PageHeader, _ body: Range<Int>) throws -> Page {
    let (page, range) = try codec.unpack(bytes, body, to: header.unpackedSize)
    var start = range.lowerBound
    var levels: [Bool]?
    if isOptional {
      guard header.levelEncoding == Encoding.rle.rawValue else {
        throw UnreadableEncoding(encoding: PageReader.name(header.levelEncoding) + " of definition levels")
      }
      levels = try page.withUnsafeBytes { buffer in
        let view = Bytes(buffer)[range]
        guard view.count >= 4, view.load(0, as: UInt32.self) <= view.count - 4 else {
          throw Damage("a page's levels end early")
        }
        let size = Int(view.load(0, as: UInt32.self))
        start += 4 + size
        return try header.values == 0 ? nil : RunDecoder.present(view[4..<4 + size], count: header.values)
      }
    }
    return try data(header, page, start..<range.upperBound, levels)
  }

  /// Version 2: the levels stand in front, not compressed, and the page's head says how many bytes they take.
  private func dataPage2(_ header: PageHeader, _ body: Range<Int>) throws -> Page {
    guard header.repetitionBytes == 0 else { throw Damage("a page has repetition levels in a flat column") }
    guard header.definitionBytes >= 0, header.definitionBytes <= body.count,
      header.definitionBytes <= header.unpackedSize
    else { throw Damage("a page's levels end early") }
    let start = body.lowerBound + header.definitionBytes
    var levels: [Bool]?
    if isOptional && header.values > 0 {
      levels = try bytes.withUnsafeBytes { buffer in
        try RunDecoder.present(Bytes(buffer)[body.lowerBound..<start], count: header.values)
      }
    }
    let size = header.unpackedSize - header.definitionBytes
    let unpacker = header.isPacked ? codec : PageCodec(.none)
    let (page, range) = try unpacker.unpack(bytes, start..<body.upperBound, to: size)
    return try data(header, page, range, levels)
  }

  private func data(_ header: PageHeader, _ page: [UInt8], _ range: Range<Int>, _ levels: [Bool]?) throws -> Page {
    guard let encoding = Encoding(rawValue: header.encoding) else {
      throw UnreadableEncoding(encoding: PageReader.name(header.encoding))
    }
    guard hasDictionary || encoding != .plainDictionary && encoding != .rleDictionary else {
      throw Damage("a page of dictionary codes stands in a row group without a dictionary")
    }
    let count = levels?.count { $0 } ?? header.values
    let values = PageValues(encoding: encoding, count: count, bytes: page, range: range)
    return .data(values, rows: header.values, levels: levels)
  }

  private static func name(_ encoding: Int) -> String { Encoding(rawValue: encoding)?.name ?? "number \(encoding)" }
}
