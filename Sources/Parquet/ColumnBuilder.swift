/// How the values of a page are written; the numbers are those of parquet.thrift.
enum Encoding: Int {
  case plain = 0
  case plainDictionary = 2
  case rle = 3
  case bitPacked = 4
  case delta = 5
  case deltaLength = 6
  case deltaStrings = 7
  case rleDictionary = 8
  case byteStreamSplit = 9

  var name: String {
    switch self {
    case .plain: "PLAIN"
    case .plainDictionary: "PLAIN_DICTIONARY"
    case .rle: "RLE"
    case .bitPacked: "BIT_PACKED"
    case .delta: "DELTA_BINARY_PACKED"
    case .deltaLength: "DELTA_LENGTH_BYTE_ARRAY"
    case .deltaStrings: "DELTA_BYTE_ARRAY"
    case .rleDictionary: "RLE_DICTIONARY"
    case .byteStreamSplit: "BYTE_STREAM_SPLIT"
    }
  }
}

/// The values of one page, without nulls.
struct PageValues {
  var encoding: Encoding
  var count: Int
  var bytes: [UInt8]
  /// Where in `bytes` the values stand.
  var range: Range<Int>

  /// Lets `body` look at the values' bytes.
  func view<Result>(_ body: (Bytes) throws -> Result) rethrows -> Result {
    try bytes.withUnsafeBytes { try body(Bytes($0)[range]) }
  }

  /// Dictionary codes: a byte that says how wide they are, then runs.
  /// - Parameter entries: how many entries the dictionary has; all codes are below
  func codes(entries: Int) throws -> [UInt32] {
    try view { bytes in
      if count == 0 { return [] }
      guard bytes.count > 0, bytes[0] <= 32 else {
        throw Damage("a page of dictionary codes says not how wide they are")
      }
      let codes = try RunDecoder.decode(bytes[1..<bytes.count], width: Int(bytes[0]), count: count)
      let largest = codes.reduce(0) { max($0, $1) }
      guard Int(largest) < entries else { throw Damage("code \(largest) in a dictionary of \(entries) entries") }
      return codes
    }
  }
}

/// An encoding that the values of a column cannot have here.
struct UnreadableEncoding: Error {
  var encoding: String
}

/// Gathers the values of a column, page after page.
protocol ColumnBuilder {
  /// Takes the entries of a dictionary page in the place of those before.
  mutating func setDictionary(_ page: PageValues) throws
  /// Adds a page's values.
  /// - Throws: `Damage`, `UnreadableEncoding`
  mutating func append(_ page: PageValues) throws
  /// Moves the values that were added last to the places where `present` is true; the rest become nothing (0, "").
  mutating func spread(over present: [Bool])
}

/// Moves the last values, one for each true of `present`, to the places of these, and puts `nothing` into the others.
func spreadLast<T>(_ values: inout [T], over present: [Bool], nothing: T) {
  var source = values.count
  values.append(contentsOf: repeatElement(nothing, count: present.count { !$0 }))
  let start = values.count - present.count
  values.withUnsafeMutableBufferPointer { values in
    for k in stride(from: present.count - 1, through: 0, by: -1) {
      if present[k] {
        source -= 1
        values[start + k] = values[source]
      } else {
        values[start + k] = nothing
      }
    }
  }
}
