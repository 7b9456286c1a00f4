import Glibc

/// The colours of three stains, and how much of each a pixel holds (colour deconvolution).
///
/// A stain of amount a dims each of red, green and blue by a factor exp(-a v): the logarithm of a pixel is a sum over
/// stains, and the amounts are its product with the inverse of the stains' colours.
/// - Source: Ruifrok and Johnston 2001, in the units and with the floor of scikit-image's `rgb2hed`.
public struct Stains: Sendable, Equatable {
  /// What the three are, for the names of features.
  public let names: [String]
  /// `[3, 3]`: a row a stain, how strongly it dims red, green and blue.
  public let vectors: [[Double]]
  /// The rows of the inverse of `vectors`: what a density of 1 in a channel says of each stain.
  private let perRed, perGreen, perBlue: SIMD3<Double>

  /// Haematoxylin, eosin and DAB as Ruifrok and Johnston measured them.
  public static let standard = Stains(
    names: ["haematoxylin", "eosin", "dab"],
    vectors: [[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])

  /// - Parameter vectors: three rows that are not in one plane
  init(names: [String], vectors: [[Double]]) {
    self.names = names
    self.vectors = vectors
    let (a, b, c) = (vectors[0], vectors[1], vectors[2])
    let columns = [cross(b, c), cross(c, a), cross(a, b)]
    let determinant = zip(a, columns[0]).reduce(0) { $0 + $1.0 * $1.1 }
    precondition(determinant != 0, "three stains have three colours")
    let rows = (0..<3).map { row in SIMD3(columns.map { $0[row] / determinant }) }
    (perRed, perGreen, perBlue) = (rows[0], rows[1], rows[2])
  }

  /// ln(v / 255) / ln(1e-6) for each byte v, with 1e-6 as the least intensity: 0 for white, 1 for black.
  static let density: [Double] = (0..<256).map { log(max(Double($0) / 255, 1e-6)) / log(1e-6) }

  /// The amounts in a pixel, at least 0: 1 would be a channel dimmed a million times by a vector of 1.
  public func amounts(red: UInt8, green: UInt8, blue: UInt8) -> SIMD3<Double> {
    let density = Self.density
    let sum = perRed * density[Int(red)] + perGreen * density[Int(green)] + perBlue * density[Int(blue)]
    return sum.replacing(with: 0, where: sum .< 0)
  }
}

/// The vector product of two triples.
func cross(_ a: [Double], _ b: [Double]) -> [Double] {
  [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
