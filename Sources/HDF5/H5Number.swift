internal import CHDF5

/// The element types that datasets of numbers are read as and written from.
public enum H5Scalar: Sendable, Equatable {
  case int8, int16, int32, int64, uint8, uint16, uint32, uint64, float16, float32, float64
  /// One byte, 0 or 1; in the file an enumeration FALSE, TRUE as h5py writes it.
  case bool

  /// Bytes an element takes.
  public var bytes: Int {
    switch self {
    case .int8, .uint8, .bool: 1
    case .int16, .uint16, .float16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// The library's type in memory, which on this machine is also the one in the file. Bool is the base, int8.
  var nativeID: hid_t {
    switch self {
    case .int8, .bool: stomics_h5t_int8()
    case .int16: stomics_h5t_int16()
    case .int32: stomics_h5t_int32()
    case .int64: stomics_h5t_int64()
    case .uint8: stomics_h5t_uint8()
    case .uint16: stomics_h5t_uint16()
    case .uint32: stomics_h5t_uint32()
    case .uint64: stomics_h5t_uint64()
    case .float16: H5Types.half
    case .float32: stomics_h5t_float()
    case .float64: stomics_h5t_double()
    }
  }

  /// Whether elements of `type` have in the file the very bytes they have in memory as this.
  func matches(_ type: H5Type) -> Bool {
    switch type {
    case .integer(let bytes, let signed, _) where type.isNative:
      switch self {
      case .int8, .int16, .int32, .int64: return signed && bytes == self.bytes
      case .uint8, .uint16, .uint32, .uint64: return !signed && bytes == self.bytes
      case .bool, .float16, .float32, .float64: return false
      }
    case .float(let bytes, _) where type.isNative:
      return (self == .float16 || self == .float32 || self == .float64) && bytes == self.bytes
    case .enumeration(let base, _, _): return matches(base)
    default: return false
    }
  }
}

/// A Swift number that datasets can be read as and written from.
public protocol H5Number: BitwiseCopyable, Sendable {
  static var scalar: H5Scalar { get }
}

extension Int8: H5Number { public static var scalar: H5Scalar { .int8 } }
extension Int16: H5Number { public static var scalar: H5Scalar { .int16 } }
extension Int32: H5Number { public static var scalar: H5Scalar { .int32 } }
extension Int64: H5Number { public static var scalar: H5Scalar { .int64 } }
extension UInt8: H5Number { public static var scalar: H5Scalar { .uint8 } }
extension UInt16: H5Number { public static var scalar: H5Scalar { .uint16 } }
extension UInt32: H5Number { public static var scalar: H5Scalar { .uint32 } }
extension UInt64: H5Number { public static var scalar: H5Scalar { .uint64 } }
extension Float16: H5Number { public static var scalar: H5Scalar { .float16 } }
extension Float: H5Number { public static var scalar: H5Scalar { .float32 } }
extension Double: H5Number { public static var scalar: H5Scalar { .float64 } }
