/// Places on an axis, and what is written there.
struct Ticks {
  var values: [Double]
  var labels: [String]
  /// Ticks without words, between those of a logarithmic axis.
  var minor: [Double] = []

  /// Round numbers (1, 2, 2.5 or 5 times a power of ten apart) inside lower...upper, about `count` of them or fewer.
  static func linear(_ lower: Double, _ upper: Double, count: Int) -> Ticks {
    every([1, 2, 2.5, 5, 10], lower, upper, count: count, smallestStep: 0)
  }

  /// Whole numbers only, for epochs and counts.
  static func whole(_ lower: Double, _ upper: Double, count: Int) -> Ticks {
    every([1, 2, 5, 10], lower, upper, count: count, smallestStep: 1)
  }

  private static func every(
    _ factors: [Double], _ lower: Double, _ upper: Double, count: Int, smallestStep: Double
  ) -> Ticks {
    func only(_ step: Double) -> Ticks { Ticks(values: [lower], labels: [label(lower, step: step)]) }
    guard upper > lower, (upper - lower).isFinite, count > 1 else { return only(abs(lower)) }
    let raw = (upper - lower) / Double(count)
    let power = powerOfTen(Int(logarithm10(raw).rounded(.down)))
    let factor = factors.first { $0 * power >= raw * 0.999 } ?? 10
    let step = max(smallestStep, factor * power)
    let slack = step * 1e-9
    let first = ((lower - slack) / step).rounded(.up)
    let last = ((upper + slack) / step).rounded(.down)
    // Numbers so large that a step is lost in them have no ticks between.
    guard first <= last, abs(first) < 1e15, abs(last) < 1e15 else { return only(step) }
    let values = (Int(first)...Int(last)).map { Double($0) * step }
    return Ticks(values: values, labels: values.map { label($0, step: step) })
  }

  /// Powers of ten inside lower...upper; with fewer than two of them also 2 and 5 times those, or round numbers.
  static func logarithmic(_ lower: Double, _ upper: Double, count: Int) -> Ticks {
    guard lower > 0, upper > lower else { return Ticks(values: [], labels: []) }
    let first = Int(logarithm10(lower).rounded(.down))
    let last = Int(logarithm10(upper).rounded(.up))
    let inside = { (x: Double) in x >= lower * 0.999999 && x <= upper * 1.000001 }
    var result = Ticks(values: [], labels: [])
    let stepping = max(1, (last - first + count - 1) / count)
    for exponent in stride(from: first, through: last, by: stepping) where inside(powerOfTen(exponent)) {
      result.values.append(powerOfTen(exponent))
      result.labels.append(power(exponent))
    }
    for exponent in first...last where last - first <= 12 {
      for digit in 2...9 where inside(Double(digit) * powerOfTen(exponent)) {
        result.minor.append(Double(digit) * powerOfTen(exponent))
      }
    }
    if result.values.count < 2 {
      result = Ticks(values: [], labels: [], minor: result.minor)
      for exponent in first...last {
        for digit in [1.0, 2, 5] where inside(digit * powerOfTen(exponent)) {
          result.values.append(digit * powerOfTen(exponent))
          result.labels.append(label(digit * powerOfTen(exponent), step: powerOfTen(exponent)))
        }
      }
    }
    if result.values.count < 2 { return linear(lower, upper, count: count) }
    return result
  }

  /// A number as an axis whose ticks are `step` apart writes it.
  static func label(_ value: Double, step: Double) -> String {
    if value == 0 { return "0" }
    guard value.isFinite else { return fixed(value, 0) }
    let exponent = Int((logarithm10(abs(value)) + 1e-9).rounded(.down))
    if abs(value) >= 1e6 || abs(value) < 1e-4 {
      let mantissa = trimmed(value / powerOfTen(exponent), 2)
      return (mantissa == "1" ? "" : minus(mantissa) + "×") + power(exponent)
    }
    if abs(value) >= 1000 && value == value.rounded() { return grouped(Int(value)) }
    let stepExponent = step > 0 && step.isFinite ? Int((logarithm10(step) + 1e-9).rounded(.down)) : 0
    let isQuarter = step > 0 && step.isFinite && abs(step / powerOfTen(stepExponent) - 2.5) < 1e-6
    return minus(fixed(value, max(0, -stepExponent + (isQuarter ? 1 : 0))))
  }

  /// 10 to the `exponent`, with raised digits; 1 and 10 as they are.
  static func power(_ exponent: Int) -> String {
    if exponent == 0 { return "1" }
    if exponent == 1 { return "10" }
    let raised = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    return "10" + (exponent < 0 ? "⁻" : "")
      + String(String(abs(exponent)).compactMap { $0.wholeNumberValue }.map { raised[$0] })
  }

  private static func minus(_ text: String) -> String {
    text.hasPrefix("-") ? "−" + text.dropFirst() : text
  }
}
