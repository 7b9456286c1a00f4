extension NumericArray {
  /// "1 to 312, whole numbers".
  var rangeText: String? {
    switch self {
    case .int8(let v): text(of: ValueRange(v) { Double($0) })
    case .int16(let v): text(of: ValueRange(v) { Double($0) })
    case .int32(let v): text(of: ValueRange(v) { Double($0) })
    case .int64(let v): text(of: ValueRange(v) { Double($0) })
    case .uint8(let v): text(of: ValueRange(v) { Double($0) })
    case .uint16(let v): text(of: ValueRange(v) { Double($0) })
    case .uint32(let v): text(of: ValueRange(v) { Double($0) })
    case .uint64(let v): text(of: ValueRange(v) { Double($0) })
    case .float16(let v): text(of: ValueRange(v) { Double($0) })
    case .float32(let v): text(of: ValueRange(v) { Double($0) })
    case .float64(let v): text(of: ValueRange(v) { $0 })
    case .bool(let flags): "\(flags.count { $0 }) true"
    }
  }

  private func text(of range: ValueRange) -> String? {
    let odd = range.notFinite > 0 ? "\(range.notFinite) not finite" : nil
    let (low, high) = (range.low, range.high)
    guard low <= high else { return odd }
    func text(_ value: Double) -> String {
      range.isWhole && abs(value) < 1e15 ? String(Int(value)) : String(Float(value))
    }
    return [
      low == high ? "all \(text(low))" : "\(text(low)) to \(text(high))", range.isWhole ? "whole numbers" : nil, odd,
    ].compactMap { $0 }.joined(separator: ", ")
  }
}

/// Smallest and largest of many numbers, found without a copy of them.
private struct ValueRange {
  var low = Double.infinity
  var high = -Double.infinity
  var isWhole = true
  var notFinite = 0

  init<Number>(_ values: [Number], _ convert: (Number) -> Double) {
    for number in values {
      let value = convert(number)
      guard value.isFinite else {
        notFinite += 1
        continue
      }
      low = min(low, value)
      high = max(high, value)
      // From 2^52 on there are no fractions.
      isWhole = isWhole && (abs(value) >= 0x1p52 || Double(Int64(value)) == value)
    }
  }
}
