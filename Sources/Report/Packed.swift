import StomicsCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// An array of numbers as the page holds it: little-endian bytes in base64, which `data.js` unpacks.
struct Packed: Encodable, Equatable {
  var type: String
  /// The range of quantised values; without one the codes are the values. The largest code stands for NaN.
  var low: Double?
  var high: Double?
  var data: String

  private init(type: String, low: Double? = nil, high: Double? = nil, bytes: [UInt8]) {
    self.type = type
    self.low = low
    self.high = high
    data = Data(bytes).base64EncodedString()
  }

  /// Codes of 0 to 254; -1 becomes 255.
  static func codes(_ values: [Int]) -> Packed {
    Packed(type: "u8", bytes: values.map { $0 < 0 ? 255 : UInt8($0) })
  }

  /// Whole numbers in 16 bits where they fit, in 32 otherwise.
  static func integers(_ values: [Int]) -> Packed {
    values.allSatisfy { $0 < 65_536 }
      ? Packed(type: "u16", bytes: bytes(values.map { UInt16($0) }))
      : Packed(type: "u32", bytes: bytes(values.map { UInt32($0) }))
  }

  /// Numbers as they are, in 32 bits.
  static func floats(_ values: [Float]) -> Packed {
    Packed(type: "f32", bytes: bytes(values.map(\.bitPattern)))
  }

  /// Numbers between their smallest and their largest (or those given) in 65,535 steps, or in 255; what is not finite is
  /// missing.
  static func quantised(_ values: [Double], coarse: Bool = false, range: ClosedRange<Double>? = nil) -> Packed {
    var low = range?.lowerBound ?? .infinity
    var high = range?.upperBound ?? -.infinity
    if range == nil {
      for value in values where value.isFinite {
        low = min(low, value)
        high = max(high, value)
      }
      if low > high { (low, high) = (0, 1) }
    }
    let last = coarse ? 254.0 : 65_534.0
    let span = high > low && (high - low).isFinite ? high - low : 1
    let codes = values.map { value in
      value.isFinite ? Int((min(max((value - low) / span, 0), 1) * last).rounded()) : Int(last) + 1
    }
    return coarse
      ? Packed(type: "u8", low: low, high: low + span, bytes: codes.map { UInt8($0) })
      : Packed(type: "u16", low: low, high: low + span, bytes: bytes(codes.map { UInt16($0) }))
  }

  private static func bytes(_ values: [some FixedWidthInteger]) -> [UInt8] {
    var result = [UInt8]()
    for value in values { withUnsafeBytes(of: value.littleEndian) { result.append(contentsOf: $0) } }
    return result
  }
}
