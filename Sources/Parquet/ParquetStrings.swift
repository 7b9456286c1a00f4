/// The strings of a column, which are made when they are asked for.
///
/// All bytes stand in one block, each string behind its length in four bytes; a row holds the place of its string
/// there. A string that a dictionary repeats stands there once, and a null is "" here.
public struct ParquetStrings: RandomAccessCollection, Sendable {
  private let storage: [UInt8]
  /// Where the length of a row's string stands; -1 for a null.
  private let places: [Int]

  init(storage: [UInt8], places: [Int]) {
    self.storage = storage
    self.places = places
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { places.count }

  /// The string of a row; bytes that are not UTF-8 are replaced by U+FFFD.
  public subscript(row: Int) -> String { String(decoding: utf8(row), as: UTF8.self) }

  /// The bytes of a row's string: for comparing without making a string.
  public func utf8(_ row: Int) -> ArraySlice<UInt8> {
    let place = places[row]
    if place < 0 { return [] }
    let length = (0..<4).reduce(0) { $0 | Int(storage[place + $1]) << (8 * $1) }
    return storage[place + 4..<place + 4 + length]
  }
}
