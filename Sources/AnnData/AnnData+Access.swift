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
      return CSRMatrix(nonzerosOf: array.values.floats, rows: array.shape[0], columns: array.shape[1])
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
      path: "/obsm/" + key, found: element.typeName, expected: "coordinates: numbers in two columns, x and y",
      file: source)
  }

  /// A column of labels in obs: a factor as it is, strings and truth values with their values sorted as categories.
  ///
  /// Missing stays missing; so do empty strings and "nan" among plain strings.
  /// - Throws: `AnnDataError` where there is no such column, or it holds measurements.
  public func labels(_ column: String) throws -> Categorical {
    switch try observationColumn(column) {
    case .categorical(let values): return values
    case .strings(let values):
      return Categorical(labels: values.map { $0.isEmpty || $0 == "nan" ? nil : $0 })
    case .nullableStrings(let values): return Categorical(labels: values)
    case .numeric(.bool(let values)): return Categorical(labels: values.map { $0 ? "True" : "False" })
    case .numeric(let values) where values.codes != nil: return Categorical(wholeNumbers: values)
    case .numeric(let values):
      throw AnnDataError.wrongType(
        path: "/obs/" + column, found: "a column of \(values.typeName)", expected: "labels", file: source)
    case .nullableNumeric(let values, let mask):
      return Categorical(labels: zip(values.texts, mask).map { $1 ? nil : $0 })
    }
  }

  /// A column of numbers in obs, as Double; truth values are 0 and 1, missing is NaN.
  /// - Throws: `AnnDataError` where there is no such column, or it holds text.
  public func numbers(_ column: String) throws -> [Double] {
    let found = try observationColumn(column)
    switch found {
    case .numeric(let values): return values.doubles
    case .nullableNumeric(let values, let mask): return zip(values.doubles, mask).map { $1 ? .nan : $0 }
    case .categorical(let values):
      if let numbers = values.numericCategories?.doubles {
        return values.codes.map { $0 < 0 ? .nan : numbers[Int($0)] }
      }
    default: break
    }
    throw AnnDataError.wrongType(
      path: "/obs/" + column, found: "a column of labels", expected: "numbers", file: source)
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

extension Categorical {
  /// Makes categories of whole numbers, in the order of the numbers.
  init(wholeNumbers values: NumericArray) {
    let doubles = values.doubles
    let distinct = Array(Set(doubles)).sorted()
    let position = Dictionary(uniqueKeysWithValues: distinct.enumerated().map { ($1, Int32($0)) })
    self.init(
      codes: doubles.map { position[$0] ?? -1 },
      categories: distinct.map { Int(exactly: $0).map(String.init) ?? String($0) })
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
    case .column(let column): "a column of \(column.count) values"
    case .dictionary(let members): "a mapping with the keys \(Array(members.keys))"
    case .string: "a string"
    case .scalar(let value): "a single \(value.typeName)"
    case .null: "null"
    case .opaque(let part): "of the encoding '\(part.encoding)', which is not interpreted here"
    }
  }
}
