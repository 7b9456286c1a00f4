import Compression
import StomicsCore

/// Small pictures of every kind a PNG file can be.
enum SamplePNG {
  static let names = [
    "grey.png", "grey1.png", "grey16.png", "color.png", "palette.png", "alpha16.png", "interlaced.png",
  ]

  static func bytes(_ name: String) throws -> [UInt8] {
    switch name {
    case "grey1.png": try picture(depth: 1, colorType: 0)
    case "grey16.png": try picture(depth: 16, colorType: 0)
    case "color.png": try picture(depth: 8, colorType: 2)
    case "palette.png": try picture(depth: 4, colorType: 3)
    case "alpha16.png": try picture(depth: 16, colorType: 6)
    case "interlaced.png": try picture(depth: 8, colorType: 2, interlaced: true)
    default: try picture(depth: 8, colorType: 0)
    }
  }

  /// 37 by 29 pixels of noise, each row under another filter.
  private static func picture(depth: Int, colorType: Int, interlaced: Bool = false) throws -> [UInt8] {
    let (width, height) = (37, 29)
    var random = SeededGenerator(seed: UInt64(depth * 10 + colorType))
    let bits = depth * ([0: 1, 2: 3, 3: 1, 6: 4][colorType] ?? 1)
    var rows: [UInt8] = []
    for (passWidth, passHeight) in interlaced ? adam7(width, height) : [(width, height)] {
      for row in 0..<passHeight {
        rows.append(UInt8(row % 5))
        for _ in 0..<(passWidth * bits + 7) / 8 { rows.append(UInt8(random.integer(below: 4) * 60)) }
      }
    }
    var bytes: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    let sizes = bigEndian(width) + bigEndian(height)
    bytes += chunk("IHDR", sizes + [UInt8(depth), UInt8(colorType), 0, 0, interlaced ? 1 : 0])
    if colorType == 3 { bytes += chunk("PLTE", (0..<48).map { UInt8($0 * 5) }) + chunk("tRNS", [0, 128, 255]) }
    bytes += chunk("gAMA", bigEndian(45455)) + chunk("tEXt", Array("Title\0noise".utf8))
    bytes += chunk("IDAT", try Deflater().deflate(rows, format: .zlib)) + chunk("IEND", [])
    return bytes
  }

  /// Widths and heights of the seven passes.
  private static func adam7(_ width: Int, _ height: Int) -> [(Int, Int)] {
    let passes = [(0, 8, 0, 8), (4, 8, 0, 8), (0, 4, 4, 8), (2, 4, 0, 4), (0, 2, 2, 4), (1, 2, 0, 2), (0, 1, 1, 2)]
    return passes.map { x, dx, y, dy in ((width - x + dx - 1) / dx, (height - y + dy - 1) / dy) }
  }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return bigEndian(data.count) + body + bigEndian(Int(body.withUnsafeBytes(Checksum.crc32)))
  }

  private static func bigEndian(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}
