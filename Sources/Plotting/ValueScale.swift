import StomicsCore

/// How numbers become colours.
public struct ValueScale: Sendable, Equatable {
  /// An end of the scale.
  public enum Bound: Sendable, Equatable {
    /// The smallest or largest number there is.
    case automatic
    case value(Double)
    /// 0 to 100, over the finite numbers.
    case percentile(Double)
  }

  public var map: ColorMap
  public var lower: Bound
  public var upper: Bound
  /// Whether both ends lie equally far from `center`, as a diverging map wants it; numbers that are never negative get
  /// no negative end.
  public var isSymmetric: Bool
  /// The middle of a symmetric scale.
  public var center: Double
  /// What the numbers are, with their unit; stands along the colour bar.
  public var label: String
  /// Whether panels with this same scale show their numbers on one common scale.
  public var isShared: Bool
  /// Whether the numbers are counts, whose bar has ticks at whole numbers only.
  public var isWhole: Bool

  public init(
    _ map: ColorMap = .viridis, lower: Bound = .automatic, upper: Bound = .automatic, isSymmetric: Bool = false,
    center: Double = 0, label: String = "", isShared: Bool = true, isWhole: Bool = false
  ) {
    self.map = map
    self.lower = lower
    self.upper = upper
    self.isSymmetric = isSymmetric
    self.center = center
    self.label = label
    self.isShared = isShared
    self.isWhole = isWhole
  }

  /// For differences: blue below 0, red above, white at 0.
  public static func difference(upper: Bound = .automatic, label: String = "") -> ValueScale {
    ValueScale(.blueRed, upper: upper, isSymmetric: true, label: label)
  }

  /// For weights as multiples of an equal share, `[E]`: grey at 1, blue below, red above. The ends reach as far as 98 % of
  /// the numbers, at most to 0 and 2.
  public static func multiplesOfEqualShare(
    _ map: ColorMap = .coolwarm, upper: Bound = .percentile(98), label: String
  ) -> ValueScale {
    ValueScale(map, upper: upper, isSymmetric: true, center: 1, label: label)
  }

  /// The ends in numbers.
  func resolved(over values: [Double]) -> ResolvedScale {
    let finite = values.filter(\.isFinite).sorted()
    guard let least = finite.first, let greatest = finite.last else {
      return ResolvedScale(scale: self, lower: 0, upper: 1, extendsBelow: false, extendsAbove: false)
    }
    func number(_ bound: Bound, _ automatic: Double) -> Double {
      switch bound {
      case .automatic: automatic
      case .value(let value): value
      case .percentile(let percent): quantile(finite, percent / 100)
      }
    }
    var low = number(lower, least)
    var high = number(upper, greatest)
    if isSymmetric {
      var reach =
        switch upper {
        case .automatic: max(abs(low - center), abs(high - center))
        case .value: abs(high - center)
        case .percentile(let percent): quantile(finite.map { abs($0 - center) }.sorted(), percent / 100)
        }
      if center > 0 && least >= 0 { reach = min(reach, center) }
      low = center - reach
      high = center + reach
    }
    if !(high > low) {
      // One value only: it takes the lowest colour of a sequential map, the middle of a diverging one.
      let step = max(1e-6, abs(high) * 0.1)
      low = isSymmetric ? center - step : min(low, high)
      high = low + (isSymmetric ? 2 : 1) * step
    }
    return ResolvedScale(
      scale: self, lower: low, upper: high, extendsBelow: least < low, extendsAbove: greatest > high)
  }
}

/// A scale with its ends.
struct ResolvedScale {
  let scale: ValueScale
  let lower: Double
  let upper: Double
  /// Whether numbers lie beyond the ends, coloured as the ends are.
  let extendsBelow: Bool
  let extendsAbove: Bool

  func share(_ value: Double) -> Double { (value - lower) / (upper - lower) }
}
