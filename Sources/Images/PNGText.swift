/// One entry of a PNG's text: where a picture comes from, in words (PNG specification, 11.3.4).
public struct PNGText: Sendable, Equatable {
  /// 1 to 79 printable characters of Latin-1; `Title`, `Software`, `Description`, `Source` are the usual ones.
  public var keyword: String
  public var text: String

  public init(keyword: String, text: String) {
    self.keyword = keyword
    self.text = text
  }

  /// An iTXt chunk: UTF-8, not compressed.
  func chunk() throws -> [UInt8] {
    let scalars = keyword.unicodeScalars
    guard (1...79).contains(scalars.count),
      scalars.allSatisfy({ (0x20...0x7E).contains($0.value) || (0xA1...0xFF).contains($0.value) })
    else { throw PNGError.cannotEncode(reason: "'\(keyword)' cannot be a keyword of a text chunk") }
    let value = text.unicodeScalars.filter { $0.value != 0 }
    var data = scalars.map { UInt8($0.value) }
    data += [0, 0, 0, 0, 0]  // end of keyword; not compressed; method 0; no language; no translated keyword
    data += Array(String(String.UnicodeScalarView(value)).utf8)
    return PNGChunk.encode("iTXt", data)
  }

  /// The uncompressed text entries of a PNG, in the file's order; none where the bytes are not a PNG.
  public static func entries(ofPNG bytes: [UInt8]) -> [PNGText] {
    guard bytes.starts(with: PNGHeader.signature) else { return [] }
    var result = [PNGText]()
    var position = PNGHeader.signature.count
    while position + 12 <= bytes.count {
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= bytes.count - position - 12 else { break }
      let type = String(decoding: bytes[position + 4..<position + 8], as: UTF8.self)
      let data = bytes[position + 8..<position + 8 + length]
      if let entry = PNGText(chunk: type, data: data) { result.append(entry) }
      position += 12 + length
    }
    return result
  }

  private init?(chunk type: String, data: ArraySlice<UInt8>) {
    guard let end = data.firstIndex(of: 0) else { return nil }
    keyword = Self.latin1(data[..<end])
    switch type {
    case "tEXt": text = Self.latin1(data[(end + 1)...])
    case "iTXt":
      // Compression flag and method, then language and translated keyword, each ended by 0.
      guard end + 2 < data.endIndex, data[end + 1] == 0,
        let language = data[(end + 3)...].firstIndex(of: 0),
        let translated = data[(language + 1)...].firstIndex(of: 0)
      else { return nil }
      text = String(decoding: data[(translated + 1)...], as: UTF8.self)
    default: return nil
    }
  }

  private static func latin1(_ bytes: ArraySlice<UInt8>) -> String {
    String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }
}

/// Chunks that libpng's simplified interface does not write: length, type, data, CRC (PNG specification, 5.3).
enum PNGChunk {
  /// Signature (8 bytes) and header chunk (25) come first in every PNG.
  static let endOfHeader = 33

  static func encode(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return bigEndian(UInt32(data.count)) + body + bigEndian(crc(body))
  }

  /// A pHYs chunk: pixels a metre.
  static func physicalSize(dotsPerInch: Double) -> [UInt8] {
    let perMetre = bigEndian(UInt32(max(1, min(1e9, (dotsPerInch / 0.0254).rounded()))))
    return encode("pHYs", perMetre + perMetre + [1])
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
  }

  /// The cyclic redundancy check of ISO 3309, as in the specification's appendix D.
  private static func crc(_ bytes: [UInt8]) -> UInt32 {
    var c: UInt32 = 0xFFFF_FFFF
    for byte in bytes { c = table[Int((c ^ UInt32(byte)) & 255)] ^ (c >> 8) }
    return ~c
  }

  private static let table: [UInt32] = (0..<256).map { n in
    (0..<8).reduce(UInt32(n)) { c, _ in c & 1 == 1 ? 0xEDB8_8320 ^ (c >> 1) : c >> 1 }
  }
}
