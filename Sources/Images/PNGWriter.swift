import CPNG
import StomicsCore

extension Image {
  /// The picture as PNG bytes: grey, RGB or RGBA, the smallest that holds it exactly.
  /// - Parameters:
  ///   - text: keywords (1 to 79 characters of Latin-1) and values for the file's text chunks, such as its provenance.
  ///   - dotsPerInch: the printed size, where it matters.
  /// - Throws: `PNGError.cannotEncode`
  public func pngBytes(text: [PNGText] = [], dotsPerInch: Double? = nil) throws -> [UInt8] {
    var control = png_image()
    control.version = stomics_png_image_version()
    control.width = png_uint_32(width)
    control.height = png_uint_32(height)
    defer { png_image_free(&control) }
    let (format, channels, samples) = packed()
    control.format = format
    var size = stomics_png_size_limit(control)
    var bytes = [UInt8](repeating: 0, count: size)
    let written = bytes.withUnsafeMutableBytes { target in
      samples.withUnsafeBytes {
        png_image_write_to_memory(
          &control, target.baseAddress, &size, 0, $0.baseAddress, png_int_32(width * channels), nil)
      }
    }
    guard written != 0 else { throw PNGError.cannotEncode(reason: message(of: control)) }
    bytes.removeSubrange(size...)
    var extra = [UInt8]()
    if let dotsPerInch { extra += PNGChunk.physicalSize(dotsPerInch: dotsPerInch) }
    for entry in text { extra += try entry.chunk() }
    bytes.insert(contentsOf: extra, at: PNGChunk.endOfHeader)
    return bytes
  }

  /// Writes a PNG file atomically.
  /// - Throws: `FileError`, `PNGError.cannotEncode`
  public func writePNG(to path: String, text: [PNGText] = [], dotsPerInch: Double? = nil) throws {
    try AtomicFile.write(try pngBytes(text: text, dotsPerInch: dotsPerInch), to: path)
  }

  /// The samples without what they do not need: no alpha where all is opaque, one channel where all is grey.
  private func packed() -> (format: png_uint_32, channels: Int, samples: [UInt8]) {
    var opaque = true
    var grey = true
    for start in stride(from: 0, to: pixels.count, by: 4) {
      if pixels[start + 3] != 255 { opaque = false }
      if pixels[start] != pixels[start + 1] || pixels[start] != pixels[start + 2] { grey = false }
      if !opaque { return (stomics_png_format_rgba(), 4, pixels) }
    }
    let channels = grey ? 1 : 3
    var samples = [UInt8](repeating: 0, count: width * height * channels)
    for pixel in 0..<width * height {
      for channel in 0..<channels { samples[pixel * channels + channel] = pixels[pixel * 4 + channel] }
    }
    return (grey ? stomics_png_format_gray() : stomics_png_format_rgb(), channels, samples)
  }
}
