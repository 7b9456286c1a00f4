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
    let indexColumn = try column(indexName, in: group, count: nil)
    let index = try names(indexColumn, path: group.path + "/" + indexName)
    var table = DataFrame(index: index, indexName: indexName)
    if case .strings = indexColumn {} else { table.typedIndex = indexColumn }
    for name in try group.stringsAttribute("column-order") ?? [] {
      let column = try column(name, in: group, count: index.count)
      try require(column.count == index.count, "\(column.count) rows", "\(index.count)", group.path + "/" + name)
      table.columns[name] = column
    }
    return table
  }

  /// Reads one column of a table; `count` is its number of rows where that is known already.
  private func column(_ name: String, in group: H5Group, count: Int?) throws -> Column {
    switch try group.kind(of: name) {
    case .group:
      let member = try group.group(name)
      if let column = try column(member) { return column }
      // Of an unknown encoding even the number of rows is unknown; the table says it.
      let encoding = try member.stringAttribute(Encoding.typeAttribute) ?? "group"
      guard let count else {
        throw AnnDataError.unsupportedEncoding(path: member.path, encoding: encoding, file: file)
      }
      return .opaque(OpaqueElement(file: file, path: member.path, encoding: encoding), count: count)
    case .dataset:
      let dataset = try group.dataset(name)
      if let categories = try dataset.referencedDataset("categories") {
        return .categorical(
          try categorical(
            codes: dataset, categories: try column(categories), path: categories.path,
            ordered: try categories.boolAttribute("ordered") ?? false))
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
        let part = OpaqueElement(file: file, path: dataset.path, encoding: dataset.type.name)
        return .opaque(part, count: dataset.shape[0])
      }
      return .numeric(values)
    }
  }

  /// Reads a column that takes a group: a factor, or values with a mask; nil for other encodings, and where its values
  /// or categories are not interpreted.
  func column(_ group: H5Group) throws -> Column? {
    switch try group.stringAttribute(Encoding.typeAttribute) ?? "" {
    case Encoding.categorical.type:
      let categories = try column("categories", in: group, count: 0)
      if case .opaque = categories { return nil }
      return .categorical(
        try categorical(
          codes: try group.dataset("codes"), categories: categories, path: group.path + "/categories",
          ordered: try group.boolAttribute("ordered") ?? false))
    case Encoding.nullableInteger.type, Encoding.nullableBoolean.type, Encoding.nullableStrings.type:
      return try nullable(group)
    default: return nil
    }
  }

  private func nullable(_ group: H5Group) throws -> Column? {
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
    default: return nil
    }
  }

  private func categorical(codes: H5Dataset, categories: Column, path: String, ordered: Bool) throws -> Categorical {
    guard case .numeric(let numbers) = try column(codes), let values = numbers.codes else {
      throw AnnDataError.wrongType(
        path: codes.path, found: codes.type.name, expected: "codes (whole numbers)", file: file)
    }
    let labels = try names(categories, path: path)
    var typed: Column?
    if case .strings = categories {} else { typed = categories }
    return try Categorical(
      checking: values, categories: labels, typedCategories: typed, ordered: ordered, path: codes.path, file: file)
  }

  /// The names a column of any kind gives to rows.
  private func names(_ column: Column, path: String) throws -> [String] {
    switch column {
    case .strings(let values): return values
    case .numeric(let values): return values.texts
    case .categorical(let values): return values.labels.map { $0 ?? "nan" }
    case .nullableStrings(let values): return values.map { $0 ?? "nan" }
    case .nullableNumeric(let values, let mask): return zip(values.texts, mask).map { $1 ? "nan" : $0 }
    case .opaque(let part, _):
      throw AnnDataError.wrongType(path: path, found: part.encoding, expected: "names (strings or numbers)", file: file)
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
    checking codes: [Int32], categories: [String], typedCategories: Column? = nil, ordered: Bool, path: String,
    file: String
  ) throws {
    if let row = codes.firstIndex(where: { $0 < -1 || Int($0) >= categories.count }) {
      throw AnnDataError.inconsistent(
        path: path, detail: "row \(row) has the code \(codes[row]), but there are \(categories.count) categories",
        file: file)
    }
    self.init(codes: codes, categories: categories, typedCategories: typedCategories, ordered: ordered)
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
    case .float16(let v): v.map { "\($0)" }
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
    case .float16, .float32, .float64, .bool: nil
    }
  }
}
