import CPNG
import StomicsCore

extension Image {
  /// The most pixels that are read: 2^28, 1 GiB of RGBA.
  public static let pixelLimit = 1 << 28

  /// Reads a PNG file of any colour type and depth; 16-bit samples are rounded to 8.
  /// - Throws: `FileError`, `PNGError`
  public init(pngFile path: String) throws {
    try self.init(png: try readFile(path), name: path)
  }

  /// Reads a PNG from its bytes. `name` is what errors call it.
  ///
  /// The size in the header is checked against the limit and against what the bytes could inflate to, before memory is
  /// taken for the pixels.
  public init(png bytes: [UInt8], name: String = "image") throws {
    let header = try PNGHeader(bytes, name: name)
    try header.check(byteCount: bytes.count, name: name)
    var control = png_image()
    control.version = stomics_png_image_version()
    defer { png_image_free(&control) }
    let pixels = try bytes.withUnsafeBytes { source -> [UInt8] in
      guard png_image_begin_read_from_memory(&control, source.baseAddress, source.count) != 0 else {
        throw PNGError.damaged(file: name, reason: message(of: control))
      }
      guard Int(control.width) == header.width, Int(control.height) == header.height else {
        throw PNGError.damaged(file: name, reason: "its header names two sizes")
      }
      control.format = stomics_png_format_rgba()
      var buffer = [UInt8](repeating: 0, count: header.width * header.height * 4)
      let read = buffer.withUnsafeMutableBytes {
        png_image_finish_read(&control, nil, $0.baseAddress, png_int_32(header.width * 4), nil)
      }
      guard read != 0 else { throw PNGError.damaged(file: name, reason: message(of: control)) }
      return buffer
    }
    self.init(width: header.width, height: header.height, pixels: pixels)
  }
}

/// The first chunk of a PNG (PNG specification, 11.2.2).
struct PNGHeader {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  let width: Int
  let height: Int
  let bitsPerPixel: Int

  init(_ bytes: [UInt8], name: String) throws {
    guard bytes.starts(with: Self.signature) else {
      throw PNGError.notPNG(file: name, firstBytes: Array(bytes.prefix(8)))
    }
    guard bytes.count >= 33, bytes[12..<16].elementsEqual("IHDR".utf8) else {
      throw PNGError.damaged(file: name, reason: "the header chunk is missing")
    }
    func number(at start: Int) -> Int { bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
    width = number(at: 16)
    height = number(at: 20)
    let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][bytes[25]] ?? 0
    bitsPerPixel = Int(bytes[24]) * channels
    guard width > 0, height > 0, bitsPerPixel > 0 else {
      throw PNGError.damaged(file: name, reason: "its header names no size or no known colour type")
    }
  }

  /// Deflate makes at most 1032 bytes from one: a larger picture cannot be in the file.
  func check(byteCount: Int, name: String) throws {
    guard width <= Image.pixelLimit, height <= Image.pixelLimit / width else {
      throw PNGError.tooLarge(file: name, width: width, height: height, limit: Image.pixelLimit)
    }
    guard height * ((width * bitsPerPixel + 7) / 8) <= 1032 * byteCount else {
      throw PNGError.sizeNotInFile(file: name, width: width, height: height, bytes: byteCount)
    }
  }
}

/// What libpng says went wrong, without its closing full stop.
func message(of control: png_image) -> String {
  withUnsafeBytes(of: control.message) { bytes in
    let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    return text.isEmpty ? "no reason given" : text
  }
}
