import HDF5
import OrderedCollections

/// Files written before anndata 0.7: tables and mappings as arrays of records.
extension ElementReader {
  /// A table kept as records: the first field is the index, the others are the columns.
  func legacyTable(_ dataset: H5Dataset) throws -> DataFrame {
    let fields = try records(dataset).fields
    guard let first = fields.elements.first else {
      throw AnnDataError.wrongShape(path: dataset.path, found: "no field", expected: "an index", file: file)
    }
    let index: [String]
    switch first.value {
    case .strings(let strings) where strings.shape.count == 1: index = strings.values
    case .array(let array) where array.shape.count == 1: index = array.values.texts
    default: throw manyAxes(dataset, first.key)
    }
    var table = DataFrame(index: index, indexName: first.key)
    for (name, value) in fields.elements.dropFirst() {
      switch value {
      case .strings(let strings) where strings.shape.count == 1: table.columns[name] = .strings(strings.values)
      case .array(let array) where array.shape.count == 1: table.columns[name] = .numeric(array.values)
      default: throw manyAxes(dataset, name)
      }
    }
    return table
  }

  private func manyAxes(_ dataset: H5Dataset, _ name: String) -> AnnDataError {
    .wrongType(
      path: dataset.path + "/" + name, found: "an array of several axes", expected: "one value a row", file: file)
  }

  /// A mapping kept as records: a field a key.
  func legacyMapping(_ dataset: H5Dataset) throws -> OrderedDictionary<String, Element> {
    try records(dataset).fields
  }
}

extension AnnData {
  /// Brings what older versions kept in uns to where it belongs now: categories of factors, graphs of neighbours.
  mutating func moveLegacyParts() throws {
    try moveCategories()
    moveGraphs()
  }

  /// Graphs were kept under `uns/neighbors`; they go to obsp, as anndata does it.
  private mutating func moveGraphs() {
    guard case .dictionary(var neighbors)? = uns["neighbors"] else { return }
    for key in ["distances", "connectivities"] where obsp[key] == nil {
      guard case .sparse(let graph)? = neighbors[key], graph.rows == observationCount, graph.columns == observationCount
      else { continue }
      obsp[key] = .sparse(graph)
      neighbors[key] = nil
    }
    uns["neighbors"] = .dictionary(neighbors)
  }

  /// Factors were codes in obs and var, and their labels `uns/<column>_categories`.
  private mutating func moveCategories() throws {
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
