/// How numbers look in messages and tables. Written here because `String(format:)` needs all of Foundation.
extension Double {
  /// With a fixed number of decimals: `0.897`; `nan` and infinities as words.
  public func formatted(decimals: Int) -> String {
    guard isFinite else { return isNaN ? "nan" : self < 0 ? "-inf" : "inf" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (magnitude * scale).rounded(.toNearestOrEven)
    guard scaled < 9e15 else { return "\(self)" }
    let digits = Int(scaled)
    let divisor = Int(scale)
    let sign = self < 0 && digits != 0 ? "-" : ""
    if decimals == 0 { return sign + "\(digits)" }
    let fraction = String(digits % divisor)
    return sign + "\(digits / divisor)." + String(repeating: "0", count: decimals - fraction.count) + fraction
  }

  /// With so many digits that count: `1234`, `12.3`, `0.0123`.
  public func formatted(significantDigits digits: Int) -> String {
    guard isFinite, self != 0 else { return formatted(decimals: 0) }
    var exponent = 0
    var value = magnitude
    while value >= 10 {
      value /= 10
      exponent += 1
    }
    while value < 1 {
      value *= 10
      exponent -= 1
    }
    return formatted(decimals: min(15, max(0, digits - 1 - exponent)))
  }
}

extension Int {
  /// With separators of thousands: `33,538`.
  public var grouped: String {
    var digits = String(magnitude)
    var parts = [String]()
    while digits.count > 3 {
      parts.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (self < 0 ? "-" : "") + ([digits] + parts).joined(separator: ",")
  }
}

/// A field of a CSV line, quoted where it must be (RFC 4180).
public func csvField(_ text: String) -> String {
  text.contains { $0 == "," || $0 == "\"" || $0.isNewline }
    ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
}
