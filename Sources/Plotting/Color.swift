/// An sRGB colour of 8 bits a channel.
public struct Color: Sendable, Hashable {
  public var red: UInt8
  public var green: UInt8
  public var blue: UInt8
  public var alpha: UInt8

  public init(red: UInt8, green: UInt8, blue: UInt8, alpha: UInt8 = 255) {
    self.red = red
    self.green = green
    self.blue = blue
    self.alpha = alpha
  }

  /// A colour written `#RRGGBB`, `#RRGGBBAA` or `#RGB`, as `uns/<column>_colors` holds them, or by one of the CSS names
  /// that old files use (`red`, `grey`, …); nil for anything else.
  public init?(_ text: String) {
    if let named = Self.named[text.lowercased()] {
      self = named
      return
    }
    guard text.utf8.first == UInt8(ascii: "#") else { return nil }
    var digits = [UInt8]()
    for character in text.dropFirst() {
      guard character.isASCII, let value = character.hexDigitValue else { return nil }
      digits.append(UInt8(value))
    }
    switch digits.count {
    case 3: self.init(red: digits[0] * 17, green: digits[1] * 17, blue: digits[2] * 17)
    case 6, 8:
      let bytes = stride(from: 0, to: digits.count, by: 2).map { digits[$0] * 16 + digits[$0 + 1] }
      self.init(red: bytes[0], green: bytes[1], blue: bytes[2], alpha: bytes.count == 4 ? bytes[3] : 255)
    default: return nil
    }
  }

  /// Red, green and blue as 0xRRGGBB.
  public init(hex: UInt32) {
    self.init(red: UInt8(hex >> 16 & 255), green: UInt8(hex >> 8 & 255), blue: UInt8(hex & 255))
  }

  /// `#RRGGBB`, or `#RRGGBBAA` where it is not opaque.
  public var hex: String {
    let digits = Array("0123456789ABCDEF")
    var result = "#"
    for byte in [red, green, blue] + (alpha == 255 ? [] : [alpha]) {
      result.append(digits[Int(byte >> 4)])
      result.append(digits[Int(byte & 15)])
    }
    return result
  }

  public static let white = Color(hex: 0xFFFFFF)
  public static let black = Color(hex: 0x000000)
  /// Spots without a label or a value.
  public static let missing = Color(hex: 0xB0B0B0)
  /// Spots about which a panel of differences has nothing to say.
  public static let unchanged = Color(hex: 0xD3D3D3)
  /// Spots that differ.
  public static let changed = Color(hex: 0xC8102E)
  /// Text and axes.
  public static let ink = Color(hex: 0x1A1A1A)
  /// Text of second rank.
  public static let softInk = Color(hex: 0x555555)
  /// Edges of a graph.
  static let edge = Color(hex: 0x8C8C8C)
  /// Grid lines.
  static let hairline = Color(hex: 0xE3E3E3)

  /// How bright the colour looks, 0 to 1 (Rec. 709 weights on the stored values).
  var brightness: Double {
    (0.2126 * Double(red) + 0.7152 * Double(green) + 0.0722 * Double(blue)) / 255
  }

  /// The colour a `share` (0 to 1) of the way to another, channel by channel.
  func mixed(with other: Color, share: Double) -> Color {
    func mix(_ mine: UInt8, _ theirs: UInt8) -> UInt8 {
      UInt8((Double(mine) + (Double(theirs) - Double(mine)) * share).rounded())
    }
    return Color(red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
  }

  private static let named: [String: Color] = [
    "white": .white, "black": .black, "grey": Color(hex: 0x808080), "gray": Color(hex: 0x808080),
    "lightgrey": Color(hex: 0xD3D3D3), "lightgray": Color(hex: 0xD3D3D3), "red": Color(hex: 0xFF0000),
    "green": Color(hex: 0x008000), "blue": Color(hex: 0x0000FF), "yellow": Color(hex: 0xFFFF00),
    "orange": Color(hex: 0xFFA500), "purple": Color(hex: 0x800080), "pink": Color(hex: 0xFFC0CB),
    "brown": Color(hex: 0xA52A2A), "cyan": Color(hex: 0x00FFFF), "magenta": Color(hex: 0xFF00FF),
    "olive": Color(hex: 0x808000), "navy": Color(hex: 0x000080), "teal": Color(hex: 0x008080),
  ]
}
