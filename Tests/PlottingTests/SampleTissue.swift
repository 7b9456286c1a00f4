import Images
import Plotting

/// A small tissue that looks different from every side: the letter F, one unit a spot.
///
///     A A A A
///     B . . .
///     C C C .
///     D . . .
///     - . . .      (no label)
enum LetterF {
  static let coordinates: [Point] = [
    Point(0, 0), Point(1, 0), Point(2, 0), Point(3, 0), Point(0, 1), Point(0, 2), Point(1, 2), Point(2, 2), Point(0, 3),
    Point(0, 4),
  ]
  static let names = ["Layer1", "Layer2", "Layer3", "WM & <glia>"]
  static let colors = ["#E41A1C", "#377EB8", "#4DAF4A", "#984EA3"].compactMap { Color($0) }
  static let truth = Labels(codes: [0, 0, 0, 0, 1, 2, 2, 2, 3, -1], names: names, colors: colors)
  /// Wrong at (3, 0) and (0, 1); its categories stand in another order.
  static let prediction = Labels(
    codes: [3, 3, 3, 0, 1, 1, 1, 1, 0, 2], names: ["WM & <glia>", "Layer3", "Layer2", "Layer1"])

  static let tissue = Tissue(coordinates: coordinates, spotDiameter: 0.8)

  static func labelled(_ tissue: Tissue = tissue) -> SpatialMap {
    SpatialMap(tissue, panels: [SpatialMap.Panel("Truth", .labels(truth))])
  }
}

/// Finds where things stand in a drawn picture.
struct Picture {
  let image: Image
  /// Pixels left of the legend, where a figure has one.
  private let limit: Int

  init(_ figure: some Figure, dotsPerInch: Double = 72) throws {
    image = try Image(png: figure.bytes(.png, dotsPerInch: dotsPerInch))
    let legend = try figure.draw().elements.compactMap { element -> Double? in
      guard case .group("legend", _, let members) = element else { return nil }
      for case .marks(let marks) in members { return marks.centers[0].x - marks.radius - 2 }
      return nil
    }
    limit = legend.first.map { Int($0 * dotsPerInch / 72) } ?? image.width
  }

  /// The centre, in pixels, of the pixels of exactly this colour left of the legend.
  func center(of color: Color) -> Point? {
    var sum = Point.zero
    var count = 0.0
    for y in 0..<image.height {
      for x in 0..<limit where image[x, y] == bytes(of: color) {
        sum += Point(Double(x), Double(y))
        count += 1
      }
    }
    return count == 0 ? nil : sum / count
  }

  func count(of color: Color) -> Int {
    (0..<image.height).reduce(0) { total, y in
      total + (0..<image.width).count { image[$0, y] == bytes(of: color) }
    }
  }

  private func bytes(of color: Color) -> SIMD4<UInt8> { SIMD4(color.red, color.green, color.blue, color.alpha) }
}

extension Sequence {
  func count(where test: (Element) -> Bool) -> Int { reduce(0) { $0 + (test($1) ? 1 : 0) } }
}
