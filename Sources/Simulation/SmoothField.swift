import Glibc
import StomicsCore

/// A smooth random function of the place with mean 0 and variance 1: a sum of cosines of random direction, phase and
/// wavelength (Rahimi and Recht 2007, random Fourier features).
struct SmoothField: Sendable {
  private var waves: [(kx: Double, ky: Double, phase: Double)] = []
  private let amplitude: Double

  /// - Parameter wavelengths: the shortest and longest wavelength in micrometres; drawn uniformly on a log scale.
  init(wavelengths: ClosedRange<Double>, waves count: Int = 12, using generator: inout SeededGenerator) {
    for _ in 0..<count {
      let wavelength = exp(generator.uniform(log(wavelengths.lowerBound), log(wavelengths.upperBound)))
      let angle = generator.uniform(0, 2 * Double.pi)
      let k = 2 * Double.pi / wavelength
      waves.append((k * cos(angle), k * sin(angle), generator.uniform(0, 2 * Double.pi)))
    }
    amplitude = (2 / Double(count)).squareRoot()
  }

  func value(at point: Point) -> Double {
    var sum = 0.0
    for wave in waves { sum += cos(wave.kx * point.x + wave.ky * point.y + wave.phase) }
    return amplitude * sum
  }
}
