/// How numbers, durations and tables look in messages. Written here because `String(format:)` needs all of Foundation.
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

extension Duration {
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }

  /// `0.24 s`, `12 s`, `3 min 05 s`, `2 h 14 min`.
  public var readable: String {
    let seconds = inSeconds
    if seconds < 10 { return seconds.formatted(decimals: 2) + " s" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    if whole < 3600 { return "\(whole / 60) min \(padded(whole % 60)) s" }
    return "\(whole / 3600) h \(padded(whole % 3600 / 60)) min"
  }
}

/// A table in plain text: the first column to the left, the others to the right.
public struct TextTable: Sendable {
  public var header: [String]
  public var rows: [[String]]
  /// The columns set to the left; the others are set to the right, as numbers are.
  public var leftColumns: Set<Int>

  public init(_ header: [String], rows: [[String]] = [], leftColumns: Set<Int> = [0]) {
    self.header = header
    self.rows = rows
    self.leftColumns = leftColumns
  }

  /// The lines, joined; two spaces between columns, no space at a line's end.
  public var text: String {
    let lines = header.allSatisfy(\.isEmpty) ? rows : [header] + rows
    var widths = [Int](repeating: 0, count: lines.map(\.count).max() ?? 0)
    for line in lines {
      for (column, cell) in line.enumerated() { widths[column] = max(widths[column], cell.count) }
    }
    return lines.map { line in
      var text = ""
      for (column, cell) in line.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        text += (column > 0 ? "  " : "") + (leftColumns.contains(column) ? cell + padding : padding + cell)
      }
      while text.last == " " { text.removeLast() }
      return text
    }.joined(separator: "\n")
  }
}
