import Compression

/// A number of 4 or 8 bytes as Parquet stores it.
protocol ParquetNumber: BitwiseCopyable, Sendable {
  static var zero: Self { get }
  /// From a delta-encoded whole number; nil where the type holds no whole numbers.
  init?(delta: Int64)
}

extension Int32: ParquetNumber {
  init?(delta: Int64) { self.init(truncatingIfNeeded: delta) }
}
extension Int64: ParquetNumber {
  init?(delta: Int64) { self = delta }
}
extension Float: ParquetNumber {
  init?(delta: Int64) { nil }
}
extension Double: ParquetNumber {
  init?(delta: Int64) { nil }
}

/// Gathers numbers.
struct NumberBuilder<Number: ParquetNumber>: ColumnBuilder {
  private(set) var values: [Number] = []
  private var dictionary: [Number] = []

  init(rows: Int) { values.reserveCapacity(rows) }

  mutating func setDictionary(_ page: PageValues) throws {
    dictionary = []
    try NumberBuilder.appendPlain(page, to: &dictionary)
  }

  mutating func append(_ page: PageValues) throws {
    switch page.encoding {
    case .plain: try NumberBuilder.appendPlain(page, to: &values)
    case .plainDictionary, .rleDictionary:
      let codes = try page.codes(entries: dictionary.count)
      let start = values.count
      values.append(contentsOf: repeatElement(.zero, count: codes.count))
      values.withUnsafeMutableBufferPointer { values in
        for k in codes.indices { values[start + k] = dictionary[Int(codes[k])] }
      }
    case .byteStreamSplit: try appendSplit(page)
    case .delta where Number(delta: 0) != nil:
      let numbers = try page.view { bytes in
        var position = 0
        return try DeltaDecoder.decode(bytes, &position, count: page.count)
      }
      values.append(contentsOf: numbers.lazy.map { Number(delta: $0) ?? .zero })
    default: throw UnreadableEncoding(encoding: page.encoding.name)
    }
  }

  mutating func spread(over present: [Bool]) { spreadLast(&values, over: present, nothing: .zero) }

  private static func size(of page: PageValues) throws -> Int {
    let (size, overflow) = page.count.multipliedReportingOverflow(by: MemoryLayout<Number>.stride)
    guard !overflow, size <= page.range.count else {
      throw Damage("a page of \(page.range.count) bytes announces \(page.count) values")
    }
    return size
  }

  private static func appendPlain(_ page: PageValues, to values: inout [Number]) throws {
    let size = try size(of: page)
    let start = values.count
    values.append(contentsOf: repeatElement(.zero, count: page.count))
    page.view { $0[0..<size].copy(to: &values, from: start) }
  }

  /// All first bytes of the numbers, then all second bytes, and so on.
  private mutating func appendSplit(_ page: PageValues) throws {
    let size = try NumberBuilder.size(of: page)
    let start = values.count
    values.append(contentsOf: repeatElement(.zero, count: page.count))
    let stride = MemoryLayout<Number>.stride
    values.withUnsafeMutableBytes { target in
      page.bytes.withUnsafeBytes { source in
        Shuffle.undo(
          UnsafeRawBufferPointer(rebasing: source[page.range.lowerBound..<page.range.lowerBound + size]),
          elementSize: stride, into: UnsafeMutableRawBufferPointer(rebasing: target[(start * stride)...]))
      }
    }
  }
}
