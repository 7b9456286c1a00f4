import StomicsCore

/// Goes through the lines of a block that hold entries: blank lines and comments are passed over.
struct LineCursor {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var next_: Int
  private let stop: Int
  /// The line at hand, from its first byte that is no blank; ends before the line's end.
  private(set) var position = 0
  private(set) var end = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>, _ block: Range<Int>) {
    self.bytes = bytes
    next_ = block.lowerBound
    stop = block.upperBound
  }

  /// Moves to the next entry's line; false where there is none.
  @inline(__always)
  mutating func next() -> Bool {
    while next_ < stop {
      position = next_
      while position < stop, isBlank(bytes[position]) { position += 1 }
      end = position
      while end < stop, bytes[end] != InputText.newline { end += 1 }
      next_ = end + 1
      if position < end, bytes[position] != UInt8(ascii: "%") { return true }
    }
    return false
  }

  /// A whole number from 1 to `largest` that a blank or the line's end follows; nil for anything else.
  @inline(__always)
  mutating func index(upTo largest: Int) -> Int? {
    skipBlanks()
    var value = 0
    let start = position
    while position < end {
      let digit = Int(bytes[position]) - 48
      if digit < 0 || digit > 9 { break }
      value = value * 10 + digit
      // Int32.max is the largest that `largest` can be, so this never overflows.
      if value > largest { return nil }
      position += 1
    }
    return position > start && value >= 1 && atGap ? value : nil
  }

  /// A number that a blank or the line's end follows.
  @inline(__always)
  mutating func number() -> Double? {
    skipBlanks()
    let start = position
    var value = 0
    while position < end, position - start < 15 {
      let digit = Int(bytes[position]) - 48
      if digit < 0 || digit > 9 { break }
      value = value * 10 + digit
      position += 1
    }
    if position > start, atGap { return Double(value) }
    while position < end, !isBlank(bytes[position]) { position += 1 }
    return position > start ? Double(String(decoding: bytes[start..<position], as: UTF8.self)) : nil
  }

  /// Whether nothing but blanks is left on the line.
  @inline(__always)
  mutating func isDone() -> Bool {
    skipBlanks()
    return position == end
  }

  @inline(__always)
  private var atGap: Bool { position == end || isBlank(bytes[position]) }

  @inline(__always)
  private mutating func skipBlanks() {
    while position < end, isBlank(bytes[position]) { position += 1 }
  }

  @inline(__always)
  private func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 }
}

/// A number type that entries are kept in.
protocol EntryValue { init(_ value: Double) }
extension Float: EntryValue {}
extension Double: EntryValue {}

/// Reads the entries of all blocks, each into its own stretch of the arrays.
struct EntryScan {
  let header: MatrixMarketHeader
  let blocks: [Range<Int>]
  let counts: [Int]
  private(set) var rowIndices: [Int32] = []
  private(set) var columnIndices: [Int32] = []
  /// Whether float32 would round a whole number; known after a first reading.
  private(set) var needsDouble = false

  init(header: MatrixMarketHeader, blocks: [Range<Int>], counts: [Int]) {
    self.header = header
    self.blocks = blocks
    self.counts = counts
  }

  /// Reads all entries and returns their values.
  /// - Throws: `InputError.line` for the first line that is no entry or lies outside the matrix.
  mutating func read<Value: EntryValue>(_ bytes: [UInt8], as _: Value.Type, file: String) throws -> [Value] {
    var starts = [0]
    for count in counts { starts.append(starts[starts.count - 1] + count) }
    let total = starts[counts.count]
    rowIndices = [Int32](repeating: 0, count: total)
    columnIndices = [Int32](repeating: 0, count: total)
    var values = [Value](repeating: Value(1), count: total)
    // Where each block's first bad line lies, -1 for none; whether it has a whole number that float32 would round.
    var faults = [Int](repeating: -1, count: blocks.count)
    var rounded = [Bool](repeating: false, count: blocks.count)
    let header = self.header
    let blocks = self.blocks
    bytes.withUnsafeBufferPointer { bytes in
      rowIndices.withUnsafeMutableBufferPointer { rows in
        columnIndices.withUnsafeMutableBufferPointer { columns in
          values.withUnsafeMutableBufferPointer { values in
            faults.withUnsafeMutableBufferPointer { faults in
              rounded.withUnsafeMutableBufferPointer { rounded in
                nonisolated(unsafe) let (bytes, faults, rounded) = (bytes, faults, rounded)
                nonisolated(unsafe) let (rows, columns, values) = (rows, columns, values)
                parallelFor(blocks.count) { block in
                  var line = LineCursor(bytes, blocks[block])
                  var k = starts[block]
                  while line.next() {
                    let start = line.position
                    guard let row = line.index(upTo: header.rows), let column = line.index(upTo: header.columns),
                      let value = header.isPattern ? 1 : line.number(), line.isDone()
                    else {
                      faults[block] = start
                      return
                    }
                    rows[k] = Int32(truncatingIfNeeded: row - 1)
                    columns[k] = Int32(truncatingIfNeeded: column - 1)
                    values[k] = Value(value)
                    if value.magnitude > 0x1p24, Double(Float(value)) != value, value == value.rounded() {
                      rounded[block] = true
                    }
                    k += 1
                  }
                }
              }
            }
          }
        }
      }
    }
    if let place = faults.first(where: { $0 >= 0 }) { throw fault(bytes, at: place, file: file) }
    needsDouble = rounded.contains(true)
    return values
  }

  private func fault(_ bytes: [UInt8], at place: Int, file: String) -> InputError {
    let number = bytes[..<place].reduce(1) { $1 == InputText.newline ? $0 + 1 : $0 }
    let end = bytes[place...].firstIndex { $0 == InputText.newline || $0 == InputText.carriageReturn } ?? bytes.count
    let value = header.isPattern ? "" : " and a number"
    return .line(
      number, found: String(decoding: bytes[place..<end], as: UTF8.self),
      expected: "a row from 1 to \(header.rows), a column from 1 to \(header.columns)\(value)", file: file)
  }
}
