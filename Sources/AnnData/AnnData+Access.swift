import OrderedCollections
import StomicsCore

extension AnnData {
  /// X, or a layer, as rows of spots `[N, G]` of Float, columns ascending, repeated entries summed.
  ///
  /// Values that are not finite are kept as they are; `CSRMatrix.firstNotFinite` finds them.
  /// - Throws: `AnnDataError.missingKey` where there is no such layer or no X.
  public func matrix(layer: String? = nil) throws -> CSRMatrix {
    if let layer {
      guard let element = layers[layer] else {
        throw AnnDataError.missingKey(layer, group: "layers", available: Array(layers.keys), file: source, advice: nil)
      }
      return try csr(element, path: "/layers/" + layer)
    }
    guard let x else {
      throw AnnDataError.missingKey(
        "X", group: "the file", available: layers.keys.map { "layers/" + $0 }, file: source,
        advice: "Without X, name a layer.")
    }
    return try csr(x, path: "/X")
  }

  private func csr(_ element: Element, path: String) throws -> CSRMatrix {
    switch element {
    case .sparse(let matrix): return try matrix.csrMatrix()
    case .array(let array) where array.shape.count == 2:
      return CSRMatrix(nonzerosOf: array.values, rows: array.shape[0], columns: array.shape[1])
    default:
      throw AnnDataError.wrongType(
        path: path, found: element.typeName, expected: "a matrix of numbers, dense or sparse", file: source)
    }
  }

  /// Positions of the observations, `[N]` pairs (x, y), from obsm; further axes are left out.
  ///
  /// In Visium data x is the column and y the row of the full-resolution image in pixels, y pointing down.
  /// - Throws: `AnnDataError` where the key is missing or no table of two columns.
  public func coordinates(key: String = Keys.spatial) throws -> [SIMD2<Double>] {
    guard let element = obsm[key] else {
      throw AnnDataError.missingKey(
        key, group: "/obsm", available: Array(obsm.keys), file: source,
        advice: "Name the coordinates with --spatial-key.")
    }
    switch element {
    case .array(let array) where array.shape.count == 2 && array.shape[1] >= 2:
      let width = array.shape[1]
      let values = array.values.doubles
      return (0..<array.shape[0]).map { SIMD2(values[$0 * width], values[$0 * width + 1]) }
    case .table(let table):
      let columns = table.columns.values.compactMap { column -> [Double]? in
        if case .numeric(let values) = column { values.doubles } else { nil }
      }
      if columns.count >= 2 { return zip(columns[0], columns[1]).map { SIMD2($0, $1) } }
    default: break
    }
    throw AnnDataError.wrongType(
      path: "/obsm/" + key, found: element.typeName, expected: "a table of numbers in two columns, x and y,",
      file: source)
  }

  /// A column of labels in obs: a factor as it is, other columns with their distinct values as categories, sorted.
  ///
  /// Missing are: a code of -1, a masked or NaN number, and the labels "", "NA", "nan", "NaN" and "None", whose category,
  /// if there is one, keeps its place.
  /// - Throws: `AnnDataError` where there is no such column, or it holds measurements (fractions).
  public func labels(_ column: String) throws -> Categorical {
    switch try observationColumn(column) {
    case .categorical(var values):
      let missing = values.categories.map(isMissing)
      if missing.contains(true) { values.codes = values.codes.map { $0 >= 0 && missing[Int($0)] ? -1 : $0 } }
      return values
    case .strings(let values): return Categorical(labels: values.map { isMissing($0) ? nil : $0 })
    case .nullableStrings(let values):
      return Categorical(labels: values.map { $0.flatMap { isMissing($0) ? nil : $0 } })
    case .numeric(let values): return try labels(values, mask: nil, column)
    case .nullableNumeric(let values, let mask): return try labels(values, mask: mask, column)
    case .opaque(let part, _):
      throw AnnDataError.wrongType(
        path: "/obs/" + column, found: "a column of \(part.encoding)", expected: "a column of labels", file: source)
    }
  }

  /// Whole numbers as labels, in the order of the numbers, and truth values.
  private func labels(_ values: NumericArray, mask: [Bool]?, _ column: String) throws -> Categorical {
    let numbers = values.doubles
    let isBoolean = if case .bool = values { true } else { false }
    let present = numbers.indices.filter { mask?[$0] != true && !numbers[$0].isNaN }
    let distinct = Set(present.map { numbers[$0] }).sorted()
    guard distinct.allSatisfy({ $0 == $0.rounded() && abs($0) < 0x1p53 }) else {
      throw AnnDataError.wrongType(
        path: "/obs/" + column, found: "a column of fractions (\(values.typeName))", expected: "a column of labels",
        file: source)
    }
    let position = Dictionary(uniqueKeysWithValues: distinct.enumerated().map { ($1, Int32($0)) })
    var codes = [Int32](repeating: -1, count: numbers.count)
    for row in present { codes[row] = position[numbers[row]] ?? -1 }
    return Categorical(
      codes: codes, categories: distinct.map { isBoolean ? ($0 == 0 ? "False" : "True") : String(Int($0)) })
  }

  /// A column of numbers in obs, as Double; truth values are 0 and 1, missing is NaN. Strings and categories count where
  /// they read as numbers.
  /// - Throws: `AnnDataError` where there is no such column, or it holds text.
  public func numbers(_ column: String) throws -> [Double] {
    func parsed(_ texts: [String?]) throws -> [Double] {
      try texts.map { text in
        guard let text, !isMissing(text) else { return .nan }
        switch text {
        case "True", "TRUE", "true": return 1
        case "False", "FALSE", "false": return 0
        default:
          guard let value = Double(text) else {
            throw AnnDataError.wrongType(
              path: "/obs/" + column, found: "a column of text ('\(text)')", expected: "a column of numbers",
              file: source)
          }
          return value
        }
      }
    }
    switch try observationColumn(column) {
    case .numeric(let values): return values.doubles
    case .nullableNumeric(let values, let mask): return zip(values.doubles, mask).map { $1 ? .nan : $0 }
    case .categorical(let values):
      guard let numbers = values.numericCategories?.doubles else { return try parsed(values.labels) }
      return values.codes.map { $0 < 0 ? .nan : numbers[Int($0)] }
    case .strings(let values): return try parsed(values)
    case .nullableStrings(let values): return try parsed(values)
    case .opaque(let part, _):
      throw AnnDataError.wrongType(
        path: "/obs/" + column, found: "a column of \(part.encoding)", expected: "a column of numbers", file: source)
    }
  }

  /// What R, pandas and people write for "no value".
  private func isMissing(_ label: String) -> Bool {
    switch label {
    case "", "NA", "nan", "NaN", "None": true
    default: false
    }
  }

  private func observationColumn(_ name: String) throws -> Column {
    guard let column = obs.columns[name] else {
      throw AnnDataError.missingKey(name, group: "/obs", available: Array(obs.columns.keys), file: source, advice: nil)
    }
    return column
  }

  /// Names that occur more than once in `obs` or `var`, each once, in the order of their first appearance.
  public static func duplicates(in names: [String]) -> [String] {
    var counts: [String: Int] = [:]
    for name in names { counts[name, default: 0] += 1 }
    if counts.count == names.count { return [] }
    var result: [String] = []
    for name in names where counts[name, default: 0] > 1 {
      result.append(name)
      counts[name] = 0
    }
    return result
  }

  /// - Throws: `AnnDataError.duplicateNames` where two variables have one name.
  public func requireUniqueVariables() throws {
    let names = AnnData.duplicates(in: self.var.index)
    if !names.isEmpty {
      throw AnnDataError.duplicateNames(axis: "var", names: Array(names.prefix(5)), count: names.count, file: source)
    }
  }
}

extension Element {
  /// What it is, for messages.
  public var typeName: String {
    switch self {
    case .array(let array): "an array of \(array.values.typeName) of shape \(array.shape)"
    case .strings(let array): "an array of strings of shape \(array.shape)"
    case .sparse(let matrix): "a sparse matrix of \(matrix.values.typeName) [\(matrix.rows), \(matrix.columns)]"
    case .table(let table): "a table with the columns \(Array(table.columns.keys))"
    case .records(let records): "an array of records with the fields \(Array(records.fields.keys))"
    case .column(let column): "a column of \(column.count) values"
    case .dictionary(let members): "a mapping with the keys \(Array(members.keys))"
    case .string: "a string"
    case .scalar(let value): "a single \(value.typeName)"
    case .null: "null"
    case .opaque(let part): "of the encoding '\(part.encoding)', which is not interpreted here"
    }
  }
}
