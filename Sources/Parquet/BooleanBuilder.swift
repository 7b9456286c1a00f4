/// Gathers booleans.
struct BooleanBuilder: ColumnBuilder {
  private(set) var values: [Bool] = []

  init(rows: Int) { values.reserveCapacity(rows) }

  mutating func setDictionary(_ page: PageValues) throws { throw Damage("a column of booleans has a dictionary") }

  mutating func append(_ page: PageValues) throws {
    switch page.encoding {
    case .plain:
      try page.view { bytes in
        guard (page.count + 7) / 8 <= bytes.count else {
          throw Damage("a page of \(bytes.count) bytes announces \(page.count) booleans")
        }
        for k in 0..<page.count { values.append(bytes[k >> 3] >> UInt8(k & 7) & 1 == 1) }
      }
    case .rle:
      // The runs' size in four bytes, then the runs.
      try page.view { bytes in
        if page.count == 0 { return }
        guard bytes.count >= 4, bytes.load(0, as: UInt32.self) <= bytes.count - 4 else {
          throw Damage("a page of booleans ends early")
        }
        let runs = bytes[4..<4 + Int(bytes.load(0, as: UInt32.self))]
        for value in try RunDecoder.decode(runs, width: 1, count: page.count) { values.append(value == 1) }
      }
    default: throw UnreadableEncoding(encoding: page.encoding.name)
    }
  }

  mutating func spread(over present: [Bool]) { spreadLast(&values, over: present, nothing: false) }
}
