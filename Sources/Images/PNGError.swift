import StomicsCore

/// Why a PNG could not be read or written.
public enum PNGError: StomicsError, Equatable {
  case notPNG(file: String, firstBytes: [UInt8])
  case tooLarge(file: String, width: Int, height: Int, limit: Int)
  case sizeNotInFile(file: String, width: Int, height: Int, bytes: Int)
  case damaged(file: String, reason: String)
  case cannotEncode(reason: String)

  public var kind: ErrorKind {
    switch self {
    case .cannotEncode: .software
    default: .data
    }
  }

  public var description: String {
    switch self {
    case .notPNG(let file, let bytes):
      "\(file) is not a PNG image (it begins with \(Self.name(bytes))). Convert the image to PNG."
    case .tooLarge(let file, let width, let height, let limit):
      "\(file) has \(width) x \(height) pixels, more than \(limit) in all. Use a smaller image, such as tissue_hires_image.png."
    case .sizeNotInFile(let file, let width, let height, let bytes):
      "\(file) claims \(width) x \(height) pixels, which its \(bytes) bytes cannot hold: the file is damaged or cut short."
    case .damaged(let file, let reason):
      "\(file) is a damaged PNG image: \(reason). Copy the file again from where it came from."
    case .cannotEncode(let reason): "libpng could not encode an image: \(reason)."
    }
  }

  private static func name(_ bytes: [UInt8]) -> String {
    if bytes.isEmpty { return "nothing: the file is empty" }
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return "the mark of a JPEG" }
    if bytes.starts(with: [0x49, 0x49]) || bytes.starts(with: [0x4D, 0x4D]) { return "the mark of a TIFF" }
    let digits = Array("0123456789abcdef")
    return "bytes "
      + bytes.prefix(8).map { String([digits[Int($0 >> 4)], digits[Int($0 & 15)]]) }.joined(separator: " ")
  }
}
