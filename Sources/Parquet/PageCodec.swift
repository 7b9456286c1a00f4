import Compression

/// Unpacks the bodies of pages.
struct PageCodec {
  enum Kind: Int {
    case none = 0
    case snappy = 1
    case gzip = 2
    case lz4 = 7
  }

  private let kind: Kind
  private let inflater = Inflater()

  init(_ kind: Kind) { self.kind = kind }

  /// The name of a codec that is not read here.
  static func name(_ codec: Int) -> String {
    let names = [3: "LZO", 4: "Brotli", 5: "LZ4 with Hadoop's frames", 6: "Zstandard"]
    return names[codec] ?? "an unknown codec (\(codec))"
  }

  /// The most bytes that `packed` bytes can unpack to.
  static func limit(_ kind: Kind, packed: Int) -> Int {
    let ratio =
      switch kind {
      case .none: 1
      case .snappy: Snappy.largestRatio
      case .gzip: 1032
      case .lz4: LZ4.largestRatio
      }
    let (product, overflow) = packed.multipliedReportingOverflow(by: ratio)
    return overflow ? .max : product
  }

  /// The unpacked bytes of a page's part, and where in them they stand.
  /// - Parameter size: how many bytes the page announces
  /// - Throws: `Damage` where the part is damaged or holds another number of bytes
  func unpack(_ bytes: [UInt8], _ range: Range<Int>, to size: Int) throws -> (bytes: [UInt8], range: Range<Int>) {
    guard size >= 0, size <= PageCodec.limit(kind, packed: range.count) else {
      throw Damage("a page of \(range.count) bytes announces \(size) unpacked ones")
    }
    if size == 0 { return ([], 0..<0) }
    do {
      switch kind {
      case .none:
        guard range.count == size else { throw Damage("a page has \(range.count) bytes where \(size) are announced") }
        return (bytes, range)
      case .snappy: return (try inflate(bytes, range, size, Snappy.inflate), 0..<size)
      case .lz4: return (try inflate(bytes, range, size, LZ4.inflate), 0..<size)
      case .gzip:
        let result = try inflater.inflate(Array(bytes[range]), format: .gzip, limit: size)
        guard result.count == size else {
          throw CompressionError.wrongSize(format: "gzip", expected: size, found: result.count)
        }
        return (result, 0..<size)
      }
    } catch let error as CompressionError {
      throw Damage("a page cannot be unpacked: \(error)")
    }
  }

  private func inflate(
    _ bytes: [UInt8], _ range: Range<Int>, _ size: Int,
    _ body: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      try bytes.withUnsafeBytes { packed in
        try body(
          UnsafeRawBufferPointer(rebasing: packed[range]),
          UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: size))
      }
      filled = size
    }
  }
}
