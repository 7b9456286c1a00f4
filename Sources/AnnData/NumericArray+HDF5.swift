import HDF5

extension NumericArray {
  /// Reads a dataset of numbers in its own type; nil where it holds something else.
  ///
  /// Enumerations other than booleans become their numbers, big-endian numbers the machine's.
  init?(_ dataset: H5Dataset) throws {
    let type = dataset.type
    if type.isBoolean {
      self = .bool(try dataset.read(Int8.self).map { $0 != 0 })
      return
    }
    var number = type
    if case .enumeration(let base, _, _) = type { number = base }
    switch number {
    case .integer(1, true, _): self = .int8(try dataset.read(Int8.self))
    case .integer(2, true, _): self = .int16(try dataset.read(Int16.self))
    case .integer(4, true, _): self = .int32(try dataset.read(Int32.self))
    case .integer(8, true, _): self = .int64(try dataset.read(Int64.self))
    case .integer(1, false, _): self = .uint8(try dataset.read(UInt8.self))
    case .integer(2, false, _): self = .uint16(try dataset.read(UInt16.self))
    case .integer(4, false, _): self = .uint32(try dataset.read(UInt32.self))
    case .integer(8, false, _): self = .uint64(try dataset.read(UInt64.self))
    // Other 16-bit floats (bfloat16) are passed on as they are.
    case .float(2, let form) where form.exponent.count == 5: self = .float16(try dataset.read(Float16.self))
    case .float(4, _): self = .float32(try dataset.read(Float.self))
    case .float(8, _): self = .float64(try dataset.read(Double.self))
    default: return nil
    }
  }

  /// Writes the values under `name`; an empty `shape` makes a single value.
  @discardableResult
  func write(
    _ name: String, to group: H5OutputGroup, shape: [Int], compression: H5Compression
  ) throws -> H5OutputDataset {
    switch self {
    case .int8(let v): try group.write(name, v, shape: shape, compression: compression)
    case .int16(let v): try group.write(name, v, shape: shape, compression: compression)
    case .int32(let v): try group.write(name, v, shape: shape, compression: compression)
    case .int64(let v): try group.write(name, v, shape: shape, compression: compression)
    case .uint8(let v): try group.write(name, v, shape: shape, compression: compression)
    case .uint16(let v): try group.write(name, v, shape: shape, compression: compression)
    case .uint32(let v): try group.write(name, v, shape: shape, compression: compression)
    case .uint64(let v): try group.write(name, v, shape: shape, compression: compression)
    case .float16(let v): try group.write(name, v, shape: shape, compression: compression)
    case .float32(let v): try group.write(name, v, shape: shape, compression: compression)
    case .float64(let v): try group.write(name, v, shape: shape, compression: compression)
    case .bool(let v): try group.write(name, v, shape: shape, compression: compression)
    }
  }
}
