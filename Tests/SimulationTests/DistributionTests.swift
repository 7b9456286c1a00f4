import Glibc
import StomicsCore
import Testing

@testable import Simulation

/// Moments of 100,000 draws lie within five standard errors of their own.
@Suite struct DistributionTests {
  private let draws = 100_000

  private func check(
    mean: Double, variance: Double, fourthOverVariance2: Double, _ name: String, _ draw: () -> Double
  ) {
    var sum = 0.0
    var squares = 0.0
    for _ in 0..<draws {
      let x = draw() - mean
      sum += x
      squares += x * x
    }
    let n = Double(draws)
    #expect(abs(sum / n) < 5 * (variance / n).squareRoot(), "\(name): mean off by \(sum / n)")
    let error = variance * ((fourthOverVariance2 - 1) / n).squareRoot()
    #expect(abs(squares / n - variance) < 5 * error, "\(name): variance \(squares / n), expected \(variance)")
  }

  @Test func normal() {
    var generator = SeededGenerator(seed: 1)
    check(mean: 0, variance: 1, fourthOverVariance2: 3, "normal") { generator.standardNormal() }
  }

  @Test("gamma of small and large shape", arguments: [0.05, 0.3, 1, 2.5, 40, 1e4])
  func gamma(shape: Double) {
    var generator = SeededGenerator(seed: 2)
    check(mean: shape, variance: shape, fourthOverVariance2: 3 + 6 / shape, "gamma \(shape)") {
      generator.gamma(shape: shape)
    }
  }

  @Test("Poisson by inversion and by rejection", arguments: [0.01, 0.7, 9.99, 10, 37.5, 1e5])
  func poisson(mean: Double) {
    var generator = SeededGenerator(seed: 3)
    check(mean: mean, variance: mean, fourthOverVariance2: 3 + 1 / mean, "Poisson \(mean)") {
      Double(generator.poisson(mean: mean))
    }
  }

  @Test(
    "negative binomial by inversion and as gamma-Poisson",
    arguments: [0.05, 0.9, 7.9, 8, 60], [0.1, 1, 25])
  func negativeBinomial(mean: Double, shape: Double) {
    var generator = SeededGenerator(seed: 4)
    let variance = mean + mean * mean / shape
    // Excess kurtosis: 6/r + (1-p)²/(r p (1 - (1-p)))... in mean and variance: 6/r + 1/variance.
    check(
      mean: mean, variance: variance, fourthOverVariance2: 3 + 6 / shape + 1 / variance,
      "negative binomial \(mean), \(shape)"
    ) {
      Double(generator.negativeBinomial(mean: mean, shape: shape))
    }
  }

  @Test("frequencies follow the probability function on both sides of the change of method")
  func probabilityFunction() {
    for (mean, shape) in [(0.4, 0.5), (7.99, 2.0), (8.01, 2.0), (12.0, 0.3)] {
      var generator = SeededGenerator(seed: 5)
      var seen = [Int](repeating: 0, count: 400)
      for _ in 0..<draws { seen[min(399, generator.negativeBinomial(mean: mean, shape: shape))] += 1 }
      for k in 0..<30 {
        let x = Double(k)
        let p = exp(
          lgamma(x + shape) - lgamma(shape) - lgamma(x + 1) + shape * log(shape / (shape + mean))
            + x * log(mean / (shape + mean)))
        let error = (p * (1 - p) / Double(draws)).squareRoot()
        #expect(
          abs(Double(seen[k]) / Double(draws) - p) < 5 * error + 1e-6, "P(X = \(k)) at mean \(mean), shape \(shape)")
      }
    }
  }
}
