import HDF5
import OrderedCollections

extension ElementReader {
  /// Reads an array of records of numbers and strings.
  /// - Throws: `AnnDataError.wrongType` for fields of another kind.
  func records(_ dataset: H5Dataset) throws -> RecordArray {
    guard case .compound = dataset.type else {
      throw AnnDataError.wrongType(
        path: dataset.path, found: dataset.type.name, expected: "a group, or an array of records", file: file)
    }
    let records = try H5Records(dataset)
    var result = RecordArray(shape: dataset.shape, fields: [:])
    for field in records.fields {
      guard let element = try element(field, of: records, shape: dataset.shape) else {
        throw AnnDataError.wrongType(
          path: dataset.path + "/" + field.name, found: field.type.name, expected: "numbers or strings", file: file)
      }
      result.fields[field.name] = element
    }
    return result
  }

  private func element(_ field: H5Type.Field, of records: H5Records, shape: [Int]) throws -> Element? {
    var type = field.type
    var shape = shape
    if case .array(let element, let dimensions) = type {
      type = element
      shape += dimensions
    }
    func array(_ values: NumericArray) -> Element { .array(DenseArray(shape: shape, values: values)) }
    if type.isBoolean { return array(.bool(try records.numbers(field, Int8.self).map { $0 != 0 })) }
    switch type {
    case .integer(1, true, _): return array(.int8(try records.numbers(field, Int8.self)))
    case .integer(2, true, _): return array(.int16(try records.numbers(field, Int16.self)))
    case .integer(4, true, _): return array(.int32(try records.numbers(field, Int32.self)))
    case .integer(8, true, _): return array(.int64(try records.numbers(field, Int64.self)))
    case .integer(1, false, _): return array(.uint8(try records.numbers(field, UInt8.self)))
    case .integer(2, false, _): return array(.uint16(try records.numbers(field, UInt16.self)))
    case .integer(4, false, _): return array(.uint32(try records.numbers(field, UInt32.self)))
    case .integer(8, false, _): return array(.uint64(try records.numbers(field, UInt64.self)))
    case .float(2, _): return array(.float16(try records.numbers(field, Float16.self)))
    case .float(4, _): return array(.float32(try records.numbers(field, Float.self)))
    case .float(8, _): return array(.float64(try records.numbers(field, Double.self)))
    case .fixedString, .variableString:
      return .strings(StringArray(shape: shape, values: try records.strings(field)))
    default: return nil
    }
  }
}

extension H5Type {
  /// Whether records of this type are read: numbers in the machine's form and single strings.
  var isReadableRecord: Bool {
    // h5py keeps complex numbers as pairs r, i.
    guard case .compound(_, let fields) = self, fields.map(\.name) != ["r", "i"] else { return false }
    return fields.allSatisfy { field in
      var element = field.type
      var isArray = false
      if case .array(let inner, _) = element { (element, isArray) = (inner, true) }
      return switch element {
      case .integer(1, _, _), .integer(2, _, _), .integer(4, _, _), .integer(8, _, _), .float(4, _), .float(8, _): true
      // Other 16-bit floats (bfloat16) are passed on as they are.
      case .float(2, let form): form.exponent.count == 5
      case .fixedString, .variableString: !isArray
      default: element.isBoolean
      }
    }
  }
}

extension RecordArray {
  /// The fields as they are written; nil where one is no array of numbers or single strings.
  var fieldValues: [H5FieldValues]? {
    var result: [H5FieldValues] = []
    for (name, element) in fields {
      switch element {
      case .strings(let strings) where strings.shape == shape:
        result.append(H5FieldValues(name, strings: strings.values))
      case .array(let array) where array.shape.starts(with: shape):
        let inner = Array(array.shape.dropFirst(shape.count))
        switch array.values {
        case .int8(let v): result.append(H5FieldValues(name, v, dimensions: inner))
        case .int16(let v): result.append(H5FieldValues(name, v, dimensions: inner))
        case .int32(let v): result.append(H5FieldValues(name, v, dimensions: inner))
        case .int64(let v): result.append(H5FieldValues(name, v, dimensions: inner))
        case .uint8(let v): result.append(H5FieldValues(name, v, dimensions: inner))
        case .uint16(let v): result.append(H5FieldValues(name, v, dimensions: inner))
        case .uint32(let v): result.append(H5FieldValues(name, v, dimensions: inner))
        case .uint64(let v): result.append(H5FieldValues(name, v, dimensions: inner))
        case .float16(let v): result.append(H5FieldValues(name, v, dimensions: inner))
        case .float32(let v): result.append(H5FieldValues(name, v, dimensions: inner))
        case .float64(let v): result.append(H5FieldValues(name, v, dimensions: inner))
        case .bool(let v): result.append(H5FieldValues(name, v, dimensions: inner))
        }
      default: return nil
      }
    }
    return result
  }
}
