/// The elements of a dataset of records, taken apart field by field.
public struct H5Records {
  private let dataset: H5Dataset
  private let bytes: [UInt8]
  private let recordBytes: Int
  public let fields: [H5Type.Field]

  /// Reads the whole dataset.
  /// - Throws: `H5Error`; also for a dataset of something else than records.
  public init(_ dataset: H5Dataset) throws {
    guard case .compound(let recordBytes, let fields) = dataset.type else { throw dataset.wrongType("records") }
    self.dataset = dataset
    self.recordBytes = recordBytes
    self.fields = fields
    bytes = try dataset.readBytes()
  }

  /// How many values a record holds in the field: more than one where it is an array.
  private func shape(_ field: H5Type.Field) -> (element: H5Type, dimensions: [Int]) {
    if case .array(let element, let dimensions) = field.type { (element, dimensions) } else { (field.type, []) }
  }

  /// The numbers of a field, record after record; what does not fit is clipped.
  public func numbers<Number: H5Number>(_ field: H5Type.Field, _: Number.Type) throws -> [Number] {
    let element = shape(field).element
    guard let form = NumberForm(element) else { throw dataset.wrongType("numbers in \(field.name)") }
    let width = element.fileBytes
    let starts = positions(field)
    // The field's values side by side, then converted as a whole.
    var together = [UInt8](repeating: 0, count: starts.count * width)
    for (place, start) in starts.enumerated() {
      for k in 0..<width { together[place * width + k] = bytes[start + k] }
    }
    return [Number](unsafeUninitializedCapacity: starts.count) { buffer, initialised in
      together.withUnsafeBytes {
        form.convert($0, count: starts.count, to: Number.scalar, UnsafeMutableRawBufferPointer(buffer))
      }
      initialised = starts.count
    }
  }

  /// The strings of a field, of fixed or varying length.
  public func strings(_ field: H5Type.Field) throws -> [String] {
    let context = dataset.context
    return try bytes.withUnsafeBytes { bytes in
      switch shape(field).element {
      case .fixedString(let length, let form):
        return positions(field).map { form.text(UnsafeRawBufferPointer(rebasing: bytes[$0..<$0 + length])) }
      case .variableString:
        return try context.describing(dataset.path + "/" + field.name) {
          var room = TextRoom(context)
          return try positions(field).map { try room.take(try context.heap.string(bytes, at: $0)) }
        }
      default: throw dataset.wrongType("strings in \(field.name)")
      }
    }
  }

  /// Where the field's values start; fields lie inside their records (`H5Type`).
  private func positions(_ field: H5Type.Field) -> [Int] {
    let (element, dimensions) = shape(field)
    let perRecord = dimensions.reduce(1, *)
    var result: [Int] = []
    result.reserveCapacity(dataset.count * perRecord)
    for record in 0..<dataset.count {
      for k in 0..<perRecord { result.append(record * recordBytes + field.offset + k * element.fileBytes) }
    }
    return result
  }
}
