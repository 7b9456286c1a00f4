/// The elements of a dataset of records, taken apart field by field.
public struct H5Records {
  private let dataset: H5Dataset
  private let bytes: [UInt8]
  private let recordBytes: Int
  public let fields: [H5Type.Field]
  private let heap: GlobalHeap?

  /// Reads the whole dataset.
  /// - Throws: `H5Error`; also for a dataset of something else than records.
  public init(_ dataset: H5Dataset) throws {
    guard case .compound(let recordBytes, let fields) = dataset.type else { throw dataset.wrongType("records") }
    self.dataset = dataset
    self.recordBytes = recordBytes
    self.fields = fields
    heap = dataset.type.usesHeap ? GlobalHeap(dataset.context) : nil
    bytes = try dataset.readBytes()
  }

  /// How many values a record holds in the field: more than one where it is an array.
  private func shape(_ field: H5Type.Field) -> (element: H5Type, dimensions: [Int]) {
    if case .array(let element, let dimensions) = field.type { (element, dimensions) } else { (field.type, []) }
  }

  /// The numbers of a field, record after record.
  public func numbers<Number: H5Number>(_ field: H5Type.Field, _: Number.Type) throws -> [Number] {
    guard Number.scalar.matches(shape(field).element) else {
      throw dataset.wrongType("\(Number.scalar) in \(field.name)")
    }
    let positions = try positions(field)
    return bytes.withUnsafeBytes { bytes in
      positions.map { bytes.loadUnaligned(fromByteOffset: $0, as: Number.self) }
    }
  }

  /// The strings of a field, of fixed or varying length.
  public func strings(_ field: H5Type.Field) throws -> [String] {
    let positions = try positions(field)
    return try bytes.withUnsafeBytes { bytes in
      switch (shape(field).element, heap) {
      case (.fixedString(let length), _):
        positions.map { H5Dataset.text(UnsafeRawBufferPointer(rebasing: bytes[$0..<$0 + length])) }
      case (.variableString, let heap?): try positions.map { try heap.string(bytes, at: $0, path: dataset.path) }
      default: throw dataset.wrongType("strings in \(field.name)")
      }
    }
  }

  /// Where the field's values start, checked to lie inside the records.
  private func positions(_ field: H5Type.Field) throws -> [Int] {
    let (element, dimensions) = shape(field)
    let extent = field.type.fileBytes
    guard field.offset >= 0, extent >= 0, extent <= recordBytes, field.offset <= recordBytes - extent else {
      throw H5Error.damaged(
        path: dataset.path, detail: "field \(field.name) reaches beyond its record", file: dataset.file)
    }
    let perRecord = dimensions.reduce(1, *)
    var result: [Int] = []
    result.reserveCapacity(dataset.count * perRecord)
    for record in 0..<dataset.count {
      for k in 0..<perRecord { result.append(record * recordBytes + field.offset + k * element.fileBytes) }
    }
    return result
  }
}
