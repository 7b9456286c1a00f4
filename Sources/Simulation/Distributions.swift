import Glibc
import StomicsCore

/// Draws from the distributions the simulation needs. Each is exact up to Double rounding.
extension SeededGenerator {
  /// A draw from the standard normal distribution (Marsaglia's polar method, 1964).
  mutating func standardNormal() -> Double {
    while true {
      let u = uniform(-1, 1)
      let v = uniform(-1, 1)
      let s = u * u + v * v
      if s > 0 && s < 1 { return u * (-2 * log(s) / s).squareRoot() }
    }
  }

  /// A draw from the gamma distribution of the given shape and scale 1: mean and variance are `shape`.
  ///
  /// Marsaglia and Tsang 2000; a shape below 1 by their boost, Gamma(a) = Gamma(a + 1) U^(1/a).
  mutating func gamma(shape: Double) -> Double {
    precondition(shape > 0)
    if shape < 1 {
      let boosted = gamma(shape: shape + 1)
      return boosted * pow(1 - uniform(), 1 / shape)
    }
    let d = shape - 1.0 / 3.0
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = standardNormal()
      let t = 1 + c * x
      if t <= 0 { continue }
      let v = t * t * t
      let u = 1 - uniform()
      let x2 = x * x
      if u < 1 - 0.0331 * x2 * x2 || log(u) < 0.5 * x2 + d * (1 - v + log(v)) { return d * v }
    }
  }

  /// A draw from the Poisson distribution.
  ///
  /// Small means by inversion; means from 10 on by transformed rejection (PTRS, Hörmann 1993).
  mutating func poisson(mean: Double) -> Int {
    precondition(mean >= 0 && mean < 1e15)
    if mean < 10 {
      var k = 0
      var p = exp(-mean)
      var u = uniform()
      while u >= p && k < 200 {
        u -= p
        k += 1
        p *= mean / Double(k)
      }
      return k
    }
    let b = 0.931 + 2.53 * mean.squareRoot()
    let a = -0.059 + 0.02483 * b
    let inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
    let vr = 0.9277 - 3.6224 / (b - 2)
    let logMean = log(mean)
    while true {
      let u = uniform() - 0.5
      let v = 1 - uniform()
      let us = 0.5 - abs(u)
      let k = ((2 * a / us + b) * u + mean + 0.43).rounded(.down)
      if us >= 0.07 && v <= vr { return Int(k) }
      if k < 0 || (us < 0.013 && v > us) { continue }
      if log(v) + log(inverseAlpha) - log(a / (us * us) + b) <= k * logMean - mean - lgamma(k + 1) { return Int(k) }
    }
  }

  /// A draw from the negative binomial distribution with variance mean + mean²/shape.
  ///
  /// From a mean of 8 on it mixes a Poisson over a gamma. Below, it walks up the distribution function from one uniform
  /// number, which decides most zeros without a logarithm, because P(X > 0) <= mean.
  @inline(__always)
  mutating func negativeBinomial(mean: Double, shape: Double) -> Int {
    if mean >= 8 { return poisson(mean: gamma(shape: shape) * (mean / shape)) }
    let v = uniform()
    return v >= mean ? 0 : Self.negativeBinomialQuantile(survival: v, mean: mean, shape: shape)
  }

  /// The smallest k with P(X > k) <= `survival`.
  private static func negativeBinomialQuantile(survival: Double, mean: Double, shape: Double) -> Int {
    var p = exp(-shape * log1p(mean / shape))
    var above = -expm1(-shape * log1p(mean / shape))
    let ratio = mean / (shape + mean)
    var k = 0.0
    while survival < above && k < 1e6 && p > 0 {
      p *= ratio * (shape + k) / (k + 1)
      above -= p
      k += 1
    }
    return Int(k)
  }
}
