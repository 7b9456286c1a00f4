internal import CHDF5

/// The values of one field of records that are written: as many a record as `dimensions` multiply to.
public struct H5FieldValues {
  enum Content {
    case numbers([UInt8], H5Scalar)
    case strings([String])
  }

  let name: String
  let content: Content
  let dimensions: [Int]

  public init<Number: H5Number>(_ name: String, _ values: [Number], dimensions: [Int] = []) {
    self.name = name
    self.dimensions = dimensions
    content = .numbers(values.withUnsafeBytes { Array($0) }, Number.scalar)
  }

  public init(_ name: String, _ values: [Bool], dimensions: [Int] = []) {
    self.name = name
    self.dimensions = dimensions
    content = .numbers(values.map { $0 ? 1 : 0 }, .bool)
  }

  /// Strings of varying length, one a record.
  public init(_ name: String, strings: [String]) {
    self.name = name
    dimensions = []
    content = .strings(strings)
  }

  /// Bytes a record takes for it in memory: of a string, its pointer.
  fileprivate var recordBytes: Int {
    switch content {
    case .numbers(_, let scalar): dimensions.reduce(scalar.bytes, *)
    case .strings: MemoryLayout<UInt>.size
    }
  }

  fileprivate func memoryType() -> Handle? {
    let element: Handle?
    switch content {
    case .numbers(_, .bool): element = H5Types.boolean()
    case .numbers(_, let scalar): element = Handle(H5Tcopy(scalar.nativeID), H5Tclose)
    case .strings: element = H5Types.variable()
    }
    guard let element, !dimensions.isEmpty else { return element }
    return Handle(H5Tarray_create2(element.id, UInt32(dimensions.count), dimensions.map { hsize_t($0) }), H5Tclose)
  }
}

extension H5OutputGroup {
  /// Writes an array of records.
  @discardableResult
  public func write(_ name: String, records fields: [H5FieldValues], shape: [Int]) throws -> H5OutputDataset {
    let count = shape.reduce(1, *)
    let recordBytes = fields.reduce(0) { $0 + $1.recordBytes }
    return try H5Library.locked {
      guard let type = Handle(H5Tcreate(H5T_COMPOUND, recordBytes), H5Tclose) else { throw failure("create", name) }
      var offset = 0
      for field in fields {
        guard let member = field.memoryType() else { throw failure("create", name) }
        try check(H5Tinsert(type.id, field.name, offset, member.id), "create", name)
        offset += field.recordBytes
      }
      let dataset = try create(name, type: type, shape: shape, plist: nil)
      if count == 0 { return dataset }
      let strings = fields.flatMap { field -> [String] in
        if case .strings(let values) = field.content { values } else { [] }
      }
      try H5Types.withPointers(to: strings) { pointers in
        var records = [UInt8](repeating: 0, count: count * recordBytes)
        records.withUnsafeMutableBytes { H5OutputGroup.fill($0, fields: fields, count: count, pointers: pointers) }
        try records.withUnsafeBytes { try dataset.writeAll($0.baseAddress, memoryType: type.id) }
      }
      return dataset
    }
  }

  /// Lays the fields' values beside each other, record after record.
  private static func fill(
    _ records: UnsafeMutableRawBufferPointer, fields: [H5FieldValues], count: Int, pointers: UnsafeRawPointer?
  ) {
    let recordBytes = records.count / count
    var offset = 0
    var nextPointer = 0
    for field in fields {
      let width = field.recordBytes
      switch field.content {
      case .numbers(let bytes, _):
        for record in 0..<count {
          for k in 0..<width { records[record * recordBytes + offset + k] = bytes[record * width + k] }
        }
      case .strings:
        guard let pointers else { continue }
        for record in 0..<count {
          let pointer = pointers.loadUnaligned(fromByteOffset: (nextPointer + record) * width, as: UInt.self)
          records.storeBytes(of: pointer, toByteOffset: record * recordBytes + offset, as: UInt.self)
        }
        nextPointer += count
      }
      offset += width
    }
  }
}
