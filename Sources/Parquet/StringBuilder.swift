import Compression

/// Gathers strings.
struct StringBuilder: ColumnBuilder {
  private var storage: StringStorage
  /// Where the string of each row stands in the storage; -1 for a null.
  private var places: [Int] = []
  private var dictionary: [Int] = []
  private let byteLimit: Int

  /// - Parameters:
  ///   - bytes: how many bytes to expect
  ///   - byteLimit: the most bytes that shared beginnings may be written out to
  ///   - fixedLength: the bytes of every string, where they are all of one length
  init(rows: Int, bytes: Int, byteLimit: Int, fixedLength: Int?) {
    storage = StringStorage(capacity: bytes, fixedLength: fixedLength)
    places.reserveCapacity(rows)
    self.byteLimit = byteLimit
  }

  var strings: ParquetStrings { ParquetStrings(storage: storage.bytes, places: places) }

  mutating func setDictionary(_ page: PageValues) throws {
    dictionary = []
    try storage.appendPlain(page, to: &dictionary)
  }

  mutating func append(_ page: PageValues) throws {
    switch page.encoding {
    case .plain: try storage.appendPlain(page, to: &places)
    case .plainDictionary, .rleDictionary:
      for code in try page.codes(entries: dictionary.count) { places.append(dictionary[Int(code)]) }
    case .deltaLength where storage.fixedLength == nil: try appendDeltaLength(page)
    case .deltaStrings: try appendDeltaStrings(page)
    case .byteStreamSplit where storage.fixedLength != nil: try appendSplit(page)
    default: throw UnreadableEncoding(encoding: page.encoding.name)
    }
  }

  mutating func spread(over present: [Bool]) { spreadLast(&places, over: present, nothing: -1) }

  /// All lengths, then all strings.
  private mutating func appendDeltaLength(_ page: PageValues) throws {
    var position = 0
    let lengths = try page.view { try DeltaDecoder.lengths($0, &position, count: page.count) }
    var start = page.range.lowerBound + position
    for length in lengths {
      guard length <= page.range.upperBound - start else { throw StringStorage.endsEarly }
      places.append(storage.append(page.bytes[start..<start + length]))
      start += length
    }
  }

  /// How many bytes each string shares with the one before, then all rests as above.
  private mutating func appendDeltaStrings(_ page: PageValues) throws {
    var position = 0
    let (shared, rests) = try page.view { view in
      let shared = try DeltaDecoder.lengths(view, &position, count: page.count)
      return (shared, try DeltaDecoder.lengths(view, &position, count: page.count))
    }
    var start = page.range.lowerBound + position
    var previous = (place: 0, length: 0)
    for k in 0..<page.count {
      guard shared[k] <= previous.length, rests[k] <= page.range.upperBound - start else {
        throw StringStorage.endsEarly
      }
      let length = shared[k] + rests[k]
      guard length <= Int(Int32.max), storage.count <= byteLimit - length else {
        throw Damage("its strings take more than \(byteLimit) bytes")
      }
      if let fixedLength = storage.fixedLength, length != fixedLength {
        throw Damage("a string of \(length) bytes where all have \(fixedLength)")
      }
      let rest = page.bytes[start..<start + rests[k]]
      previous = (storage.append(shared: shared[k], of: previous.place, rest: rest), length)
      places.append(previous.place)
      start += rests[k]
    }
  }

  /// All first bytes of strings of one length, then all second bytes, and so on.
  private mutating func appendSplit(_ page: PageValues) throws {
    let size = try storage.fixedSize(of: page)
    var joined = [UInt8](repeating: 0, count: size)
    page.bytes.withUnsafeBytes { source in
      joined.withUnsafeMutableBytes { target in
        Shuffle.undo(
          UnsafeRawBufferPointer(rebasing: source[page.range.lowerBound..<page.range.lowerBound + size]),
          elementSize: storage.fixedLength ?? 1, into: target)
      }
    }
    try storage.appendPlain(
      PageValues(encoding: .plain, count: page.count, bytes: joined, range: 0..<size), to: &places)
  }
}
