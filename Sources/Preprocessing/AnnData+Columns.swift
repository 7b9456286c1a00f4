import AnnData
import StomicsCore

extension AnnData {
  /// An obs column as numbers; NaN where missing. Categories and strings count when they read as numbers.
  /// - Throws: `PreprocessingError.missingColumn`, `.notNumeric`.
  public func numbers(_ key: String, purpose: String) throws -> [Double] {
    guard let column = obs[key] else {
      throw PreprocessingError.missingColumn(key, purpose: purpose, available: Array(obs.columns.keys))
    }
    func parsed(_ texts: [String?]) throws -> [Double] {
      try texts.map { text in
        guard let text, !["", "NA", "nan", "NaN"].contains(text) else { return .nan }
        switch text {
        case "True", "TRUE", "true": return 1
        case "False", "FALSE", "false": return 0
        default:
          guard let value = Double(text) else {
            throw PreprocessingError.notNumeric(column: key, purpose: purpose)
          }
          return value
        }
      }
    }
    switch column {
    case .numeric(let values): return values.doubles
    case .nullableNumeric(let values, let mask): return zip(values.doubles, mask).map { $1 ? .nan : $0 }
    case .categorical(let values):
      if let numbers = values.numericCategories?.doubles {
        return values.codes.map { $0 < 0 ? .nan : numbers[Int($0)] }
      }
      return try parsed(values.labels)
    case .strings(let values): return try parsed(values)
    case .nullableStrings(let values): return try parsed(values)
    }
  }

  /// The spots' coordinates (x, y), `[N]`, in the file's unit: full-resolution pixels for Visium, y down.
  ///
  /// A third column is not read.
  /// - Throws: `PreprocessingError.noCoordinates` with the keys there are, `.coordinateShape`.
  public func coordinates(_ key: String = Keys.spatial) throws -> [SIMD2<Double>] {
    guard let element = obsm[key] else {
      throw PreprocessingError.noCoordinates(key: key, available: Array(obsm.keys), file: source)
    }
    switch element {
    case .array(let array):
      guard array.shape.count == 2, array.shape[0] == observationCount, array.shape[1] >= 2 else {
        throw PreprocessingError.coordinateShape(key: key, found: "an array of shape \(array.shape)")
      }
      let width = array.shape[1]
      let values = array.values.doubles
      return (0..<observationCount).map { SIMD2(values[$0 * width], values[$0 * width + 1]) }
    case .table(let table):
      guard table.count == observationCount, table.columns.count >= 2,
        case .numeric(let x) = table.columns.values[0], case .numeric(let y) = table.columns.values[1]
      else {
        throw PreprocessingError.coordinateShape(key: key, found: "a table without two columns of numbers")
      }
      return zip(x.doubles, y.doubles).map { SIMD2($0, $1) }
    default:
      throw PreprocessingError.coordinateShape(key: key, found: "no array")
    }
  }

  /// A column of `var` as text where it holds text, else nil.
  func geneTexts(_ key: String) -> [String]? {
    switch self.var[key] {
    case .strings(let values): return values
    case .nullableStrings(let values): return values.map { $0 ?? "" }
    case .categorical(let values) where values.numericCategories == nil: return values.labels.map { $0 ?? "" }
    default: return nil
    }
  }
}

/// Makes names unique as anndata's `var_names_make_unique`: the first keeps its name, the others get "-1", "-2", … past
/// names that are taken.
/// - Returns: the names that were renamed, each once, in order.
func makeUnique(_ names: inout [String]) -> [String] {
  var taken = Set(names)
  if taken.count == names.count { return [] }
  var seen: Set<String> = []
  var counters: [String: Int] = [:]
  var renamed: [String] = []
  for i in names.indices where !seen.insert(names[i]).inserted {
    let name = names[i]
    if counters[name] == nil { renamed.append(name) }
    var number = counters[name, default: 0]
    repeat { number += 1 } while taken.contains("\(name)-\(number)")
    counters[name] = number
    names[i] = "\(name)-\(number)"
    taken.insert(names[i])
  }
  return renamed
}
