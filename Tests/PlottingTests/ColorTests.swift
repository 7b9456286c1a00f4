import Glibc
import Plotting
import Testing

@Suite struct ColorTests {
  @Test("Colours read and write as uns/<column>_colors holds them") func hex() {
    #expect(Color("#E69F00") == Color(red: 0xE6, green: 0x9F, blue: 0))
    #expect(Color("#e69f0080")?.alpha == 0x80)
    #expect(Color("#fff") == .white)
    #expect(Color("Black") == .black)
    #expect(Color(red: 1, green: 171, blue: 16).hex == "#01AB10")
    for wrong in ["", "#", "#12345", "E69F00", "#GG0000", "#é23456", "no colour"] { #expect(Color(wrong) == nil) }
  }

  @Test("Palettes hold as many colours as asked for, each once") func palettes() {
    for count in [0, 1, 7, 24, 60] {
      let colors = Palette.categorical(count)
      #expect(colors.count == count && Set(colors).count == count)
    }
    #expect(Palette.named("tab20")?.count == 20)
    #expect(Palette.named("other") == nil)
    for name in Palette.names { #expect(Palette.named(name) != nil) }
  }

  @Test("The palette's colours stay apart, from each other and from missing spots, for every kind of colour vision")
  func apart() {
    let colors = Palette.colorBlindSafe
    for view in Self.views {
      let seen = (colors + [.missing, .white]).map { Self.lab(view($0)) }
      for i in colors.indices {
        for j in seen.indices where j > i {
          let difference = seen[i] - seen[j]
          let distance = (difference * difference).sum().squareRoot()
          #expect(distance > (i < 8 && j < 8 ? 0.07 : 0.05), "\(colors[i].hex) and \(j)")
        }
      }
    }
  }

  @Test("Colour maps run between matplotlib's ends and hold its middle") func maps() throws {
    let viridis = ColorMap.viridis
    #expect(viridis.colors.count == 256)
    #expect(viridis.color(at: 0).hex == "#440154" && viridis.color(at: 1).hex == "#FDE725")
    #expect(viridis.color(at: -3) == viridis.color(at: 0) && viridis.color(at: .infinity) == viridis.color(at: 1))
    #expect(viridis.color(at: .nan) == .missing)
    // matplotlib.colormaps["viridis"](128) is #20908C, "RdBu_r"(128) is #F7F6F6.
    #expect(Self.far(viridis.colors[128], 0x20908C) <= 2)
    #expect(Self.far(ColorMap.blueRed.colors[128], 0xF7F6F6) <= 4)
    for map in ColorMap.all {
      #expect(ColorMap.named(map.name) == map)
      #expect(ColorMap.named(map.reversed.name)?.color(at: 0) == map.color(at: 1))
    }
    #expect(ColorMap.named("RdBu")?.color(at: 0) == ColorMap.blueRed.color(at: 1))
    #expect(ColorMap.named("jet") == nil)
  }

  private static func far(_ color: Color, _ hex: Int) -> Int {
    max(
      abs(Int(color.red) - hex >> 16), abs(Int(color.green) - (hex >> 8 & 255)), abs(Int(color.blue) - (hex & 255)))
  }

  // MARK: Colour vision

  /// Linear RGB as normal, protan, deutan and tritan eyes see it (Machado, Oliveira and Fernandes 2009, severity 1).
  private static let views: [@Sendable (Color) -> SIMD3<Double>] = [
    [1, 0, 0, 0, 1, 0, 0, 0, 1],
    [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
    [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881],
    [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900],
  ].map { m in
    { color in
      let rgb = SIMD3(linear(color.red), linear(color.green), linear(color.blue))
      return multiply(m, rgb).clamped(lowerBound: .zero, upperBound: .one)
    }
  }

  private static func linear(_ byte: UInt8) -> Double {
    let c = Double(byte) / 255
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4)
  }

  private static func multiply(_ m: [Double], _ v: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3((0..<3).map { (SIMD3(m[3 * $0], m[3 * $0 + 1], m[3 * $0 + 2]) * v).sum() })
  }

  /// OKLab (Ottosson 2020).
  private static func lab(_ rgb: SIMD3<Double>) -> SIMD3<Double> {
    let cones = multiply(
      [
        0.4122214708, 0.5363325363, 0.0514459929, 0.2119034982, 0.6806995451, 0.1073969566, 0.0883024619,
        0.2817188376, 0.6299787005,
      ], rgb)
    let roots = SIMD3((0..<3).map { pow(max(0, cones[$0]), 1 / 3) })
    return multiply(
      [
        0.2104542553, 0.7936177850, -0.0040720468, 1.9779984951, -2.4285922050, 0.4505937099, 0.0259040371,
        0.7827717662, -0.8086757660,
      ], roots)
  }
}
