import HDF5
import OrderedCollections

/// Files written before anndata 0.7: tables and mappings as arrays of records.
extension ElementReader {
  /// A table kept as records: the first field is the index, the others are the columns.
  func legacyTable(_ dataset: H5Dataset) throws -> DataFrame {
    let fields = try records(dataset)
    guard let first = fields.elements.first else {
      throw AnnDataError.wrongShape(path: dataset.path, found: "no field", expected: "an index", file: file)
    }
    let index: [String]
    switch first.value {
    case .strings(let strings) where strings.shape.count == 1: index = strings.values
    case .array(let array) where array.shape.count == 1: index = array.values.texts
    default:
      throw AnnDataError.wrongType(
        path: dataset.path + "/" + first.key, found: "an array of several axes", expected: "names", file: file)
    }
    var table = DataFrame(index: index, indexName: first.key == "index" ? "_index" : first.key)
    for (name, value) in fields.elements.dropFirst() {
      switch value {
      case .strings(let strings) where strings.shape.count == 1: table.columns[name] = .strings(strings.values)
      case .array(let array) where array.shape.count == 1: table.columns[name] = .numeric(array.values)
      default:
        throw AnnDataError.wrongType(
          path: dataset.path + "/" + name, found: "an array of several axes", expected: "a column", file: file)
      }
    }
    return table
  }

  /// A mapping kept as records: a field a key.
  func legacyMapping(_ dataset: H5Dataset) throws -> OrderedDictionary<String, Element> { try records(dataset) }

  /// The fields of an array of records, each an array with the records along the first axis.
  private func records(_ dataset: H5Dataset) throws -> OrderedDictionary<String, Element> {
    guard case .compound(let bytes, let fields) = dataset.type, dataset.shape.count == 1 else {
      throw AnnDataError.wrongType(
        path: dataset.path, found: dataset.type.name, expected: "a group, or an array of records", file: file)
    }
    let all = try dataset.readRecords()
    var result: OrderedDictionary<String, Element> = [:]
    for field in fields {
      result[field.name] = try all.withUnsafeBytes {
        try RecordField(field, recordBytes: bytes, count: dataset.count, path: dataset.path, file: file).read($0)
      }
    }
    return result
  }
}

/// One field of an array of records.
private struct RecordField {
  let field: H5Type.Field
  let recordBytes: Int
  let count: Int
  let path: String
  let file: String

  init(_ field: H5Type.Field, recordBytes: Int, count: Int, path: String, file: String) {
    self.field = field
    self.recordBytes = recordBytes
    self.count = count
    self.path = path
    self.file = file
  }

  func read(_ records: UnsafeRawBufferPointer) throws -> Element {
    var element = field.type
    var inner: [Int] = []
    if case .array(let type, let dimensions) = field.type { (element, inner) = (type, dimensions) }
    let shape = [count] + inner
    let perRecord = inner.reduce(1, *)
    if element.isBoolean {
      let values: [Int8] = try collect(records, perRecord)
      return .array(DenseArray(shape: shape, values: .bool(values.map { $0 != 0 })))
    }
    func numbers<Number: H5Number>(_ make: ([Number]) -> NumericArray) throws -> Element {
      .array(DenseArray(shape: shape, values: make(try collect(records, perRecord))))
    }
    switch element {
    case .integer(1, true, true): return try numbers(NumericArray.int8)
    case .integer(2, true, true): return try numbers(NumericArray.int16)
    case .integer(4, true, true): return try numbers(NumericArray.int32)
    case .integer(8, true, true): return try numbers(NumericArray.int64)
    case .integer(1, false, true): return try numbers(NumericArray.uint8)
    case .integer(2, false, true): return try numbers(NumericArray.uint16)
    case .integer(4, false, true): return try numbers(NumericArray.uint32)
    case .integer(8, false, true): return try numbers(NumericArray.uint64)
    case .float(4, true): return try numbers(NumericArray.float32)
    case .float(8, true): return try numbers(NumericArray.float64)
    case .fixedString(let bytes):
      let strings = try positions(records, perRecord, bytes).map {
        H5Dataset.text(UnsafeRawBufferPointer(rebasing: records[$0..<$0 + bytes]))
      }
      return .strings(StringArray(shape: shape, values: strings))
    default:
      throw AnnDataError.wrongType(
        path: path + "/" + field.name, found: element.name, expected: "numbers or strings", file: file)
    }
  }

  private func collect<Number: H5Number>(_ records: UnsafeRawBufferPointer, _ perRecord: Int) throws -> [Number] {
    try positions(records, perRecord, MemoryLayout<Number>.size).map {
      records.loadUnaligned(fromByteOffset: $0, as: Number.self)
    }
  }

  /// Where the field's values start, checked to lie inside the records.
  private func positions(_ records: UnsafeRawBufferPointer, _ perRecord: Int, _ bytes: Int) throws -> [Int] {
    let (extent, overflow) = perRecord.multipliedReportingOverflow(by: bytes)
    guard !overflow, field.offset >= 0, field.offset <= recordBytes - extent, recordBytes * count <= records.count
    else {
      throw AnnDataError.inconsistent(
        path: path + "/" + field.name, detail: "the field reaches beyond its record", file: file)
    }
    var result: [Int] = []
    result.reserveCapacity(count * perRecord)
    for record in 0..<count {
      for k in 0..<perRecord { result.append(record * recordBytes + field.offset + k * bytes) }
    }
    return result
  }
}

extension AnnData {
  /// Before 0.7, factors were codes in obs and var and their labels `uns/<column>_categories`.
  mutating func moveLegacyCategories() throws {
    let suffix = "_categories"
    for key in Array(uns.keys) where key.hasSuffix(suffix) {
      let column = String(key.dropLast(suffix.count))
      let labels: [String]
      switch uns[key] {
      case .strings(let strings): labels = strings.values
      case .string(let only): labels = [only]
      case .array(let array): labels = array.values.texts
      default: continue
      }
      var isUsed = false
      for part in [\AnnData.obs, \AnnData.var] {
        guard case .numeric(let numbers)? = self[keyPath: part].columns[column], let codes = numbers.codes else {
          continue
        }
        self[keyPath: part].columns[column] = .categorical(
          try Categorical(checking: codes, categories: labels, ordered: false, path: "/obs/" + column, file: source))
        isUsed = true
      }
      if isUsed { uns[key] = nil }
    }
  }
}
