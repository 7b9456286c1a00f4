/// Numbers as a file holds them: one Swift array of the file's own type, so that what is read goes back unchanged.
public enum NumericArray: Sendable, Equatable {
  case int8([Int8])
  case int16([Int16])
  case int32([Int32])
  case int64([Int64])
  case uint8([UInt8])
  case uint16([UInt16])
  case uint32([UInt32])
  case uint64([UInt64])
  case float16([Float16])
  case float32([Float])
  case float64([Double])
  case bool([Bool])

  public var count: Int {
    switch self {
    case .int8(let v): v.count
    case .int16(let v): v.count
    case .int32(let v): v.count
    case .int64(let v): v.count
    case .uint8(let v): v.count
    case .uint16(let v): v.count
    case .uint32(let v): v.count
    case .uint64(let v): v.count
    case .float16(let v): v.count
    case .float32(let v): v.count
    case .float64(let v): v.count
    case .bool(let v): v.count
    }
  }

  /// The type's name as numpy writes it.
  public var typeName: String {
    switch self {
    case .int8: "int8"
    case .int16: "int16"
    case .int32: "int32"
    case .int64: "int64"
    case .uint8: "uint8"
    case .uint16: "uint16"
    case .uint32: "uint32"
    case .uint64: "uint64"
    case .float16: "float16"
    case .float32: "float32"
    case .float64: "float64"
    case .bool: "bool"
    }
  }

  /// The values as Double; true is 1.
  public var doubles: [Double] {
    switch self {
    case .int8(let v): v.map(Double.init)
    case .int16(let v): v.map(Double.init)
    case .int32(let v): v.map(Double.init)
    case .int64(let v): v.map(Double.init)
    case .uint8(let v): v.map(Double.init)
    case .uint16(let v): v.map(Double.init)
    case .uint32(let v): v.map(Double.init)
    case .uint64(let v): v.map(Double.init)
    case .float16(let v): v.map(Double.init)
    case .float32(let v): v.map(Double.init)
    case .float64(let v): v
    case .bool(let v): v.map { $0 ? 1 : 0 }
    }
  }

  /// The values as Float (rounded where the file holds more digits); true is 1.
  public var floats: [Float] {
    switch self {
    case .int8(let v): v.map(Float.init)
    case .int16(let v): v.map(Float.init)
    case .int32(let v): v.map(Float.init)
    case .int64(let v): v.map(Float.init)
    case .uint8(let v): v.map(Float.init)
    case .uint16(let v): v.map(Float.init)
    case .uint32(let v): v.map(Float.init)
    case .uint64(let v): v.map(Float.init)
    case .float16(let v): v.map(Float.init)
    case .float32(let v): v
    case .float64(let v): v.map(Float.init)
    case .bool(let v): v.map { $0 ? 1 : 0 }
    }
  }

  /// The values at the given positions, same type.
  public func gathering(_ positions: [Int]) -> NumericArray {
    switch self {
    case .int8(let v): .int8(positions.map { v[$0] })
    case .int16(let v): .int16(positions.map { v[$0] })
    case .int32(let v): .int32(positions.map { v[$0] })
    case .int64(let v): .int64(positions.map { v[$0] })
    case .uint8(let v): .uint8(positions.map { v[$0] })
    case .uint16(let v): .uint16(positions.map { v[$0] })
    case .uint32(let v): .uint32(positions.map { v[$0] })
    case .uint64(let v): .uint64(positions.map { v[$0] })
    case .float16(let v): .float16(positions.map { v[$0] })
    case .float32(let v): .float32(positions.map { v[$0] })
    case .float64(let v): .float64(positions.map { v[$0] })
    case .bool(let v): .bool(positions.map { v[$0] })
    }
  }
}
