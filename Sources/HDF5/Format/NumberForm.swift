/// How numbers lie in a file, and what Swift numbers they are.
enum NumberForm {
  case integer(bytes: Int, signed: Bool, H5Type.IntegerForm)
  case float(bytes: Int, H5Type.FloatForm)

  /// Nil for a type that is no number; an enumeration counts as its numbers.
  init?(_ type: H5Type) {
    switch type {
    case .integer(let bytes, let signed, let form) where bytes <= 8: self = .integer(bytes: bytes, signed: signed, form)
    case .float(let bytes, let form) where bytes <= 16: self = .float(bytes: bytes, form)
    case .enumeration(let base, _, _): self.init(base)
    default: return nil
    }
  }

  private var bytes: Int {
    switch self {
    case .integer(let bytes, _, _), .float(let bytes, _): bytes
    }
  }

  /// Reads the element at `start` as a whole number; of unsigned ones beyond Int64 the bits, of fractions the whole part.
  func int64(_ source: UnsafeRawBufferPointer, at start: Int) -> Int64 {
    switch self {
    case .integer(_, let signed, let form):
      let raw = UInt64(truncatingIfNeeded: bits(source, at: start, isBigEndian: form.isBigEndian)) >> form.bitOffset
      let unused = 64 - form.precision
      return signed ? Int64(bitPattern: raw << unused) >> unused : Int64(bitPattern: (raw << unused) >> unused)
    case .float: return Int64(clipping: double(source, at: start))
    }
  }

  func int64(_ bytes: [UInt8]) -> Int64 { bytes.withUnsafeBytes { int64($0, at: 0) } }

  /// Reads the element at `start`, rounded to Double where it has more digits.
  func double(_ source: UnsafeRawBufferPointer, at start: Int) -> Double {
    switch self {
    case .integer(_, let signed, _):
      let value = int64(source, at: start)
      return signed ? Double(value) : Double(UInt64(bitPattern: value))
    case .float(_, let form):
      let bits = bits(source, at: start, isBigEndian: form.isBigEndian)
      func field(_ range: Range<Int>) -> UInt128 { bits >> range.lowerBound & (1 << range.count - 1) }
      let sign: FloatingPointSign = bits >> form.sign & 1 == 1 ? .minus : .plus
      let exponent = Int(truncatingIfNeeded: field(form.exponent))
      var mantissa = field(form.mantissa)
      let digits = form.mantissa.count - (form.hasImpliedOne ? 0 : 1)
      if exponent == 1 << form.exponent.count - 1 {
        let fraction = mantissa & (1 << digits - 1)
        return fraction != 0 ? .nan : sign == .minus ? -.infinity : .infinity
      }
      var power = exponent - form.bias - digits
      if form.hasImpliedOne { if exponent == 0 { power += 1 } else { mantissa |= 1 << digits } }
      return Double(sign: sign, exponent: power, significand: Double(mantissa))
    }
  }

  /// The element's bits, lowest first.
  private func bits(_ source: UnsafeRawBufferPointer, at start: Int, isBigEndian: Bool) -> UInt128 {
    var value: UInt128 = 0
    for k in 0..<bytes { value = value << 8 | UInt128(source[start + (isBigEndian ? k : bytes - 1 - k)]) }
    return value
  }

  /// Turns `count` elements into numbers of another type; what does not fit is clipped to the nearest that does, and of
  /// fractions the whole part is taken, NaN as 0: as libhdf5 converts.
  func convert(
    _ source: UnsafeRawBufferPointer, count: Int, to scalar: H5Scalar, _ target: UnsafeMutableRawBufferPointer
  ) {
    switch scalar {
    case .int8, .bool: integers(source, count, target, Int8.self)
    case .int16: integers(source, count, target, Int16.self)
    case .int32: integers(source, count, target, Int32.self)
    case .int64: integers(source, count, target, Int64.self)
    case .uint8: integers(source, count, target, UInt8.self)
    case .uint16: integers(source, count, target, UInt16.self)
    case .uint32: integers(source, count, target, UInt32.self)
    case .uint64: integers(source, count, target, UInt64.self)
    case .float16:
      for k in 0..<count {
        target.storeBytes(of: Float16(double(source, at: k * bytes)), toByteOffset: k * 2, as: Float16.self)
      }
    case .float32:
      for k in 0..<count {
        target.storeBytes(of: Float(double(source, at: k * bytes)), toByteOffset: k * 4, as: Float.self)
      }
    case .float64:
      for k in 0..<count { target.storeBytes(of: double(source, at: k * bytes), toByteOffset: k * 8, as: Double.self) }
    }
  }

  private func integers<Number: FixedWidthInteger & BitwiseCopyable>(
    _ source: UnsafeRawBufferPointer, _ count: Int, _ target: UnsafeMutableRawBufferPointer, _: Number.Type
  ) {
    for k in 0..<count {
      let value: Number
      switch self {
      case .float: value = Number(clipping: double(source, at: k * bytes))
      case .integer(_, true, _): value = Number(clamping: int64(source, at: k * bytes))
      case .integer(_, false, _): value = Number(clamping: UInt64(bitPattern: int64(source, at: k * bytes)))
      }
      target.storeBytes(of: value, toByteOffset: k * MemoryLayout<Number>.size, as: Number.self)
    }
  }
}

extension FixedWidthInteger {
  fileprivate init(clipping value: Double) {
    if value.isNaN {
      self = 0
    } else if value >= Double(Self.max) {
      self = .max
    } else if value <= Double(Self.min) {
      self = .min
    } else {
      self = Self(value)
    }
  }
}
