import Glibc
import Images
import LinearAlgebra
import StomicsCore

extension Stains {
  /// The slide's own haematoxylin and eosin, estimated from its pixels.
  ///
  /// Pixels that are nearly white are left out (optical density, the length of -log10 of red, green and blue, under
  /// 0.15). The two colours lie in the plane of the two largest singular vectors of the others' densities; in it they are
  /// the directions at the 1st and the 99th percentile of the pixels' angles. The one with more red absorbed is
  /// haematoxylin; the third, "residual", stands at right angles to both. Of large images every k-th pixel of every
  /// k-th row is taken, a million at most; the result does not depend on the number of threads.
  /// - Parameters:
  ///   - area: the part of the image with the spots: what lies around it, such as fiducial marks, is no tissue
  ///   - name: what errors call the image
  /// - Throws: `ImageFeatureError` where under 100 pixels are stained, or their colours do not tell two stains apart.
  /// - Source: Macenko et al. 2009.
  public static func estimated(from image: Image, in area: Patch, name: String = "the image") throws -> Stains {
    let densities = opticalDensities(image, area)
    let count = densities.count / 3
    guard count >= leastPixels else {
      throw ImageFeatureError.tooFewStainedPixels(found: count, needed: leastPixels, image: name)
    }
    var moments = DoubleMatrix(rows: 3, columns: 3)
    for start in stride(from: 0, to: densities.count, by: 3) {
      for i in 0..<3 {
        for j in 0..<3 { moments[i, j] += densities[start + i] * densities[start + j] }
      }
    }
    let (_, vectors) = try LinearAlgebra.symmetricEigen(moments)
    // The first is the mean colour, the second what differs most. Signs are free: densities are positive, and a mirrored
    // second axis only exchanges the two ends.
    let sign = (0..<3).reduce(0) { $0 + vectors[$1, 0] } < 0 ? -1.0 : 1.0
    let first = (0..<3).map { sign * vectors[$0, 0] }
    let second = (0..<3).map { vectors[$0, 1] }
    var angles = [Double]()
    angles.reserveCapacity(count)
    for start in stride(from: 0, to: densities.count, by: 3) {
      var (along, across) = (0.0, 0.0)
      for i in 0..<3 {
        along += densities[start + i] * first[i]
        across += densities[start + i] * second[i]
      }
      angles.append(atan2(across, along))
    }
    angles.sort()
    let (low, high) = (quantile(angles, 0.01), quantile(angles, 0.99))
    let ends = [low, high].map { angle in
      (0..<3).map { max(0, cos(angle) * first[$0] + sin(angle) * second[$0]) }
    }.map(unit).sorted { $0[0] > $1[0] }
    let normal = cross(ends[0], ends[1])
    guard length(normal) >= leastSine else { throw ImageFeatureError.oneStain(image: name) }
    return Stains(names: ["haematoxylin", "eosin", "residual"], vectors: ends + [unit(normal)])
  }

  private static let leastPixels = 100
  private static let mostPixels = 1_000_000
  /// Of the angle between the two stains: 1 degree.
  private static let leastSine = sin(Double.pi / 180)

  /// -log10(v / 255) of the stained pixels, `[pixels, 3]`; a value of 0 counts as 1.
  private static func opticalDensities(_ image: Image, _ area: Patch) -> [Double] {
    let table = (0..<256).map { -log10(Double(max($0, 1)) / 255) }
    var step = 1
    while (area.width / step) * (area.height / step) > mostPixels { step += 1 }
    var result = [Double]()
    for y in stride(from: area.rows.lowerBound, to: area.rows.upperBound, by: step) {
      for x in stride(from: area.columns.lowerBound, to: area.columns.upperBound, by: step) {
        let start = (y * image.width + x) * 4
        let red = table[Int(image.pixels[start])]
        let green = table[Int(image.pixels[start + 1])]
        let blue = table[Int(image.pixels[start + 2])]
        if red * red + green * green + blue * blue >= 0.15 * 0.15 { result += [red, green, blue] }
      }
    }
    return result
  }
}

private func length(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }

private func unit(_ vector: [Double]) -> [Double] {
  let length = length(vector)
  return vector.map { $0 / length }
}
