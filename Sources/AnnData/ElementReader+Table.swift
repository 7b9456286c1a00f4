import HDF5
import OrderedCollections

extension ElementReader {
  /// Reads a table: encoding `dataframe` 0.2.0, or 0.1.0 with its factors' categories apart.
  func dataFrame(_ group: H5Group) throws -> DataFrame {
    guard let indexName = try group.stringAttribute("_index") else {
      throw AnnDataError.missingKey(
        "_index", group: "the attributes of \(group.path)", available: try group.attributeNames(), file: file,
        advice: nil)
    }
    let indexColumn = try column(indexName, in: group)
    let index = try names(indexColumn, path: group.path + "/" + indexName)
    var table = DataFrame(index: index, indexName: indexName)
    if case .strings = indexColumn {} else { table.typedIndex = indexColumn }
    for name in try group.stringsAttribute("column-order") ?? [] {
      let column = try column(name, in: group)
      try require(column.count == index.count, "\(column.count) rows", "\(index.count)", group.path + "/" + name)
      table.columns[name] = column
    }
    return table
  }

  /// Reads one column of a table.
  private func column(_ name: String, in group: H5Group) throws -> Column {
    switch try group.kind(of: name) {
    case .group: return try column(try group.group(name))
    case .dataset:
      let dataset = try group.dataset(name)
      if let categories = try dataset.referencedDataset("categories") {
        return .categorical(try categorical(codes: dataset, categories: categories, ordered: nil))
      }
      return try column(dataset)
    default:
      throw AnnDataError.missingKey(name, group: group.path, available: try group.names(), file: file, advice: nil)
    }
  }

  private func column(_ dataset: H5Dataset) throws -> Column {
    try require(dataset.shape.count == 1, "\(dataset.shape)", "one axis", dataset.path)
    switch dataset.type {
    case .fixedString, .variableString: return .strings(try dataset.readStrings())
    default:
      guard let values = try NumericArray(dataset) else {
        throw AnnDataError.wrongType(
          path: dataset.path, found: dataset.type.name, expected: "a column of numbers or strings", file: file)
      }
      return .numeric(values)
    }
  }

  /// Reads a column that takes a group: a factor, or values with a mask.
  func column(_ group: H5Group) throws -> Column {
    let encoding = try group.stringAttribute(Encoding.typeAttribute) ?? ""
    switch encoding {
    case Encoding.categorical.type:
      let codes = try group.dataset("codes")
      let ordered = try group.boolAttribute("ordered")
      if try group.kind(of: "categories") == .group {
        let labels = try names(try column(try group.group("categories")), path: group.path + "/categories")
        return .categorical(try categorical(codes: codes, labels: labels, numeric: nil, ordered: ordered ?? false))
      }
      return .categorical(try categorical(codes: codes, categories: try group.dataset("categories"), ordered: ordered))
    case Encoding.nullableInteger.type, Encoding.nullableBoolean.type, Encoding.nullableStrings.type:
      return try nullable(group)
    default: throw AnnDataError.unsupportedEncoding(path: group.path, encoding: encoding, file: file)
    }
  }

  private func nullable(_ group: H5Group) throws -> Column {
    let values = try column(try group.dataset("values"))
    let maskPath = group.path + "/mask"
    guard case .numeric(let mask) = try column(try group.dataset("mask")) else {
      throw AnnDataError.wrongType(path: maskPath, found: "strings", expected: "truth values", file: file)
    }
    try require(mask.count == values.count, "\(mask.count) values", "\(values.count)", maskPath)
    let missing = mask.doubles.map { $0 != 0 }
    switch values {
    case .strings(let strings): return .nullableStrings(zip(strings, missing).map { $1 ? nil : $0 })
    case .numeric(let numbers): return .nullableNumeric(numbers, mask: missing)
    default: throw AnnDataError.wrongType(path: group.path, found: "a factor", expected: "numbers", file: file)
    }
  }

  private func categorical(codes: H5Dataset, categories: H5Dataset, ordered: Bool?) throws -> Categorical {
    let ordered = try ordered ?? categories.boolAttribute("ordered") ?? false
    switch try column(categories) {
    case .strings(let labels):
      return try categorical(codes: codes, labels: labels, numeric: nil, ordered: ordered)
    case .numeric(let numbers):
      return try categorical(codes: codes, labels: numbers.texts, numeric: numbers, ordered: ordered)
    default: throw AnnDataError.unsupportedEncoding(path: categories.path, encoding: "nested factor", file: file)
    }
  }

  private func categorical(
    codes: H5Dataset, labels: [String], numeric: NumericArray?, ordered: Bool
  ) throws -> Categorical {
    guard case .numeric(let numbers) = try column(codes), let values = numbers.codes else {
      throw AnnDataError.wrongType(
        path: codes.path, found: codes.type.name, expected: "codes (whole numbers)", file: file)
    }
    return try Categorical(
      checking: values, categories: labels, numericCategories: numeric, ordered: ordered, path: codes.path, file: file)
  }

  /// The names a column of any kind gives to rows.
  private func names(_ column: Column, path: String) throws -> [String] {
    switch column {
    case .strings(let values): return values
    case .numeric(let values): return values.texts
    case .categorical(let values): return values.labels.map { $0 ?? "nan" }
    case .nullableStrings(let values): return values.map { $0 ?? "nan" }
    case .nullableNumeric(let values, let mask): return zip(values.texts, mask).map { $1 ? "nan" : $0 }
    }
  }

  func require(_ condition: Bool, _ found: String, _ expected: String, _ path: String) throws {
    if !condition { throw AnnDataError.wrongShape(path: path, found: found, expected: expected, file: file) }
  }
}

extension Categorical {
  /// Makes a factor from a file's parts.
  /// - Throws: `AnnDataError.inconsistent` where a code has no category.
  init(
    checking codes: [Int32], categories: [String], numericCategories: NumericArray? = nil, ordered: Bool, path: String,
    file: String
  ) throws {
    if let row = codes.firstIndex(where: { $0 < -1 || Int($0) >= categories.count }) {
      throw AnnDataError.inconsistent(
        path: path, detail: "row \(row) has the code \(codes[row]), but there are \(categories.count) categories",
        file: file)
    }
    self.init(codes: codes, categories: categories, numericCategories: numericCategories, ordered: ordered)
  }
}

extension NumericArray {
  /// The values as text, whole numbers without a point, truth values as Python writes them.
  var texts: [String] {
    switch self {
    case .int8(let v): v.map(String.init)
    case .int16(let v): v.map(String.init)
    case .int32(let v): v.map(String.init)
    case .int64(let v): v.map(String.init)
    case .uint8(let v): v.map(String.init)
    case .uint16(let v): v.map(String.init)
    case .uint32(let v): v.map(String.init)
    case .uint64(let v): v.map(String.init)
    case .float32(let v): v.map { String($0) }
    case .float64(let v): v.map { String($0) }
    case .bool(let v): v.map { $0 ? "True" : "False" }
    }
  }

  /// The values as codes of a factor; nil where they are no whole numbers. What does not fit becomes -2, which no
  /// factor allows.
  var codes: [Int32]? {
    switch self {
    case .int8(let v): v.map(Int32.init)
    case .int16(let v): v.map(Int32.init)
    case .int32(let v): v
    case .int64(let v): v.map { Int32(exactly: $0) ?? -2 }
    case .uint8(let v): v.map(Int32.init)
    case .uint16(let v): v.map(Int32.init)
    case .uint32(let v): v.map { Int32(exactly: $0) ?? -2 }
    case .uint64(let v): v.map { Int32(exactly: $0) ?? -2 }
    case .float32, .float64, .bool: nil
    }
  }
}
