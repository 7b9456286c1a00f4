/// The bytes of a column's strings: each string behind its length in four bytes, as Parquet's plain encoding has them.
struct StringStorage {
  private(set) var bytes: [UInt8] = []
  /// The bytes of every string, where they are all of one length.
  let fixedLength: Int?

  var count: Int { bytes.count }

  init(capacity: Int, fixedLength: Int?) {
    self.fixedLength = fixedLength
    bytes.reserveCapacity(capacity)
  }

  /// Takes the strings of a plain page and adds the place of each.
  /// - Throws: `Damage`
  mutating func appendPlain(_ page: PageValues, to places: inout [Int]) throws {
    if fixedLength != nil { return try appendFixed(page, to: &places) }
    let end = try page.view { view in
      var position = 0
      for _ in 0..<page.count {
        guard position <= view.count - 4 else { throw StringStorage.endsEarly }
        places.append(bytes.count + position)
        let length = Int(view.load(position, as: UInt32.self))
        guard length <= view.count - position - 4 else { throw StringStorage.endsEarly }
        position += 4 + length
      }
      return position
    }
    bytes.append(contentsOf: page.bytes[page.range.lowerBound..<page.range.lowerBound + end])
  }

  /// Takes strings of one length that stand one after another.
  private mutating func appendFixed(_ page: PageValues, to places: inout [Int]) throws {
    let size = try fixedSize(of: page)
    guard let fixedLength else { return }
    for start in stride(from: page.range.lowerBound, to: page.range.lowerBound + size, by: fixedLength) {
      places.append(append(page.bytes[start..<start + fixedLength]))
    }
  }

  /// The bytes that a page of strings of one length must have.
  /// - Throws: `Damage` where it has fewer
  func fixedSize(of page: PageValues) throws -> Int {
    let (size, overflow) = page.count.multipliedReportingOverflow(by: fixedLength ?? 0)
    guard !overflow, size <= page.range.count else { throw StringStorage.endsEarly }
    return size
  }

  /// Adds one string and returns its place.
  mutating func append(_ string: ArraySlice<UInt8>) -> Int {
    let place = bytes.count
    appendLength(string.count)
    bytes.append(contentsOf: string)
    return place
  }

  /// Adds a string that begins with the first `shared` bytes of the one at `place`, and returns its place.
  mutating func append(shared: Int, of place: Int, rest: ArraySlice<UInt8>) -> Int {
    let start = bytes.count
    appendLength(shared + rest.count)
    for k in 0..<shared { bytes.append(bytes[place + 4 + k]) }
    bytes.append(contentsOf: rest)
    return start
  }

  private mutating func appendLength(_ length: Int) {
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: length).littleEndian) { bytes.append(contentsOf: $0) }
  }

  static let endsEarly = Damage("a page of strings ends early")
}
