import Glibc

func cosine(_ x: Double) -> Double { cos(x) }
func sine(_ x: Double) -> Double { sin(x) }

/// A number with `digits` decimals, rounded half away from zero; "nan", "inf" and "-inf" for what has none.
func fixed(_ x: Double, _ digits: Int) -> String {
  guard x.isFinite else { return x.isNaN ? "nan" : x < 0 ? "-inf" : "inf" }
  let factor = powerOfTen(digits)
  guard abs(x) * factor < 9e15 else { return "\(x)" }
  let scaled = (abs(x) * factor).rounded(.toNearestOrAwayFromZero)
  let sign = x < 0 && scaled > 0 ? "-" : ""
  let whole = Int(scaled)
  if digits <= 0 { return sign + String(whole) }
  let unit = Int(factor)
  let fraction = String(whole % unit)
  return sign + String(whole / unit) + "." + String(repeating: "0", count: digits - fraction.count) + fraction
}

/// As `fixed`, without the zeros at the end.
func trimmed(_ x: Double, _ digits: Int) -> String {
  var text = fixed(x, digits)
  guard text.contains(".") else { return text }
  while text.last == "0" { text.removeLast() }
  if text.last == "." { text.removeLast() }
  return text
}

/// A whole number with a comma before every three digits: 3,611.
func grouped(_ n: Int) -> String {
  let digits = Array(String(n.magnitude))
  var result = n < 0 ? "−" : ""
  for (i, digit) in digits.enumerated() {
    if i > 0 && (digits.count - i) % 3 == 0 { result.append(",") }
    result.append(digit)
  }
  return result
}

func powerOfTen(_ exponent: Int) -> Double { pow(10, Double(exponent)) }

func length(_ v: Point) -> Double { (v.x * v.x + v.y * v.y).squareRoot() }
func arcTangent(_ v: Point) -> Double { atan2(v.y, v.x) }
func logarithm10(_ x: Double) -> Double { log10(x) }
func powerOfTen(_ exponent: Double) -> Double { pow(10, exponent) }
