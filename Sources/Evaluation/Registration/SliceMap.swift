import Glibc
import LinearAlgebra
import StomicsCore

/// A map from the places of one slice onto those of another: a polynomial of x and y.
struct SliceMap {
  /// One coefficient for x and y a term: 1, x, y, then x², xy, y², then x³, x²y, xy², y³.
  private(set) var coefficients: [SIMD2<Double>]
  private let centre: SIMD2<Double>
  private let scale: Double

  /// A turn, mirrored where asked, that brings the middle of `places` onto that of `target` and their spread too.
  init(_ places: [SIMD2<Double>], onto target: [SIMD2<Double>], angle: Double, isMirrored: Bool) {
    let (from, to) = (Spread2(places), Spread2(target))
    centre = from.centre
    scale = from.radius > 0 ? from.radius : 1
    let (c, s) = (cos(angle) * to.radius, sin(angle) * to.radius)
    coefficients = [to.centre, SIMD2(c, s), isMirrored ? SIMD2(s, -c) : SIMD2(-s, c)]
  }

  /// The same map with room for all terms up to a degree.
  func extended(toDegree degree: Int) -> SliceMap {
    var result = self
    let count = (degree + 1) * (degree + 2) / 2
    result.coefficients += [SIMD2<Double>](repeating: .zero, count: max(0, count - coefficients.count))
    return result
  }

  /// The terms at a place, as many as there are coefficients.
  func terms(_ place: SIMD2<Double>) -> [Double] {
    let u = (place - centre) / scale
    let (x, y) = (u.x, u.y)
    return Array([1, x, y, x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y].prefix(coefficients.count))
  }

  func callAsFunction(_ place: SIMD2<Double>) -> SIMD2<Double> {
    zip(terms(place), coefficients).reduce(SIMD2<Double>.zero) { $0 + $1.0 * $1.1 }
  }

  func moved(by step: [SIMD2<Double>]) -> SliceMap {
    var result = self
    for k in step.indices { result.coefficients[k] += step[k] }
    return result
  }
}

/// The middle of some places and their root mean square distance from it, over the square root of 2.
private struct Spread2 {
  let centre: SIMD2<Double>
  let radius: Double

  init(_ places: [SIMD2<Double>]) {
    let count = Double(max(places.count, 1))
    let middle = places.reduce(SIMD2<Double>.zero, +) / count
    centre = middle
    radius = (places.reduce(0.0) { $0 + (($1 - middle) * ($1 - middle)).sum() } / (2 * count)).squareRoot()
  }
}
