import Glibc
import StomicsCore

/// A picture of the tissue as haematoxylin and eosin would stain it: pink fibres, purple nuclei, pale glass.
///
/// It is drawn from the same functions of the place as the spots' layers; it shows where tissue and layers lie and
/// is no histology.
struct TissuePicture {
  let tissue: Tissue
  let seed: UInt64
  let width: Int
  let height: Int
  /// `tissue_<name>_scalef`: pixels of this picture a pixel of the full-resolution image.
  let pixelsPerFullPixel: Double
  private let micronsPerPixel: Double

  init(tissue: Tissue, longestSide: Int, seed: UInt64) {
    self.tissue = tissue
    self.seed = seed
    let widthMicrons = tissue.grid.widthMicrons + 2 * HexGrid.marginMicrons
    let heightMicrons = tissue.grid.heightMicrons + 2 * HexGrid.marginMicrons
    micronsPerPixel = max(widthMicrons, heightMicrons) / Double(longestSide)
    width = Int((widthMicrons / micronsPerPixel).rounded())
    height = Int((heightMicrons / micronsPerPixel).rounded())
    pixelsPerFullPixel = 1 / (micronsPerPixel * HexGrid.pixelsPerMicron)
  }

  /// The place in the middle of a pixel.
  private func point(x: Int, y: Int) -> Point {
    Point(
      x: (Double(x) + 0.5) * micronsPerPixel - HexGrid.marginMicrons,
      y: (Double(y) + 0.5) * micronsPerPixel - HexGrid.marginMicrons)
  }

  /// Red, green and blue of every pixel, row after row, `[height, width, 3]`.
  func drawn() -> [UInt8] {
    var generator = SeededGenerator(seed: seed, stream: CortexModel.Stream.image)
    let stain = SmoothField(wavelengths: 300...1200, using: &generator)
    var pixels = [UInt8](repeating: 0, count: width * height * 3)
    pixels.withUnsafeMutableBufferPointer { pixels in
      // Every block writes its own rows.
      nonisolated(unsafe) let pixels = pixels
      parallelRows(height, blockSize: 8) { rows in
        for y in rows {
          var grain = SeededGenerator(seed: seed, stream: CortexModel.Stream.image &+ UInt64(y + 1) << 8)
          for x in 0..<width {
            let colour = colour(at: point(x: x, y: y), stain: stain, grain: &grain)
            let start = 3 * (y * width + x)
            pixels[start] = byte(colour.red)
            pixels[start + 1] = byte(colour.green)
            pixels[start + 2] = byte(colour.blue)
          }
        }
      }
    }
    return pixels
  }

  private typealias Colour = (red: Double, green: Double, blue: Double)

  private func colour(at point: Point, stain: SmoothField, grain: inout SeededGenerator) -> Colour {
    let speck = grain.uniform()
    let nucleus = grain.uniform()
    let glass: Colour = (238 + 4 * speck, 236 + 4 * speck, 240 + 4 * speck)
    let level = tissue.outline.level(at: point)
    // The spots' circles reach a little over their centres: so does the tissue.
    guard level <= tissue.outlineLevel + 0.012 else { return glass }
    let layer = tissue.layer(at: point)
    let shade = 6 * stain.value(at: point) + 14 * (speck - 0.5)
    let base = Self.colours[layer]
    if nucleus < Self.nuclei[layer] {
      return (118 + shade, 78 + shade, 142 + shade)
    }
    return (base.red + shade, base.green + shade, base.blue + shade)
  }

  private func byte(_ value: Double) -> UInt8 { UInt8(min(max(value, 0), 255)) }

  /// Eosin: layer 1 pale, white matter strong.
  private static let colours: [Colour] = [
    (232, 190, 214), (218, 168, 204), (222, 174, 208), (214, 162, 200), (220, 170, 204), (216, 164, 200),
    (206, 138, 186),
  ]
  /// Share of pixels on a nucleus: few in layer 1, most in layers 2 and 4.
  private static let nuclei = [0.04, 0.16, 0.11, 0.18, 0.10, 0.12, 0.09]
}
