import OrderedCollections

extension AnnData {
  /// The given observations and variables, in the given order; nil keeps all of them.
  ///
  /// Everything aligned with them follows: layers, obsm, obsp, varm, varp and raw (whose own genes stay). `uns` stays as
  /// it is. Parts that only a file holds (`Element.opaque`) cannot be cut and are left out; their keys are in `dropped`.
  public func subset(
    observations: [Int]? = nil, variables: [Int]? = nil, dropped: inout [String]
  ) -> AnnData {
    func cut(
      _ group: OrderedDictionary<String, Element>, _ name: String, _ rows: [Int]?, _ columns: [Int]?
    ) -> OrderedDictionary<String, Element> {
      if rows == nil && columns == nil { return group }
      var result: OrderedDictionary<String, Element> = [:]
      for (key, element) in group {
        if let part = element.gathering(rows: rows, columns: columns) {
          result[key] = part
        } else {
          dropped.append(name + "/" + key)
        }
      }
      return result
    }
    var result = self
    if let observations {
      result.obs = obs.gathering(observations)
      dropped += obs.opaqueColumns.map { "obs/" + $0 }
    }
    if let variables {
      result.var = self.var.gathering(variables)
      dropped += self.var.opaqueColumns.map { "var/" + $0 }
    }
    if let x {
      result.x = x.gathering(rows: observations, columns: variables)
      if result.x == nil { dropped.append("X") }
    }
    result.layers = cut(layers, "layers", observations, variables)
    result.obsm = cut(obsm, "obsm", observations, nil)
    result.obsp = cut(obsp, "obsp", observations, observations)
    result.varm = cut(varm, "varm", variables, nil)
    result.varp = cut(varp, "varp", variables, variables)
    if let observations, let rawX = raw?.x {
      result.raw?.x = rawX.gathering(rows: observations, columns: nil)
      if result.raw?.x == nil { dropped.append("raw/X") }
    }
    return result
  }

  /// The observations at the given positions, in that order; `subset` tells what could not be cut.
  public func gatheringObservations(_ positions: [Int]) -> AnnData {
    var dropped: [String] = []
    return subset(observations: positions, dropped: &dropped)
  }

  /// The variables at the given positions, in that order, each at most once; `subset` tells what could not be cut.
  public func gatheringVariables(_ positions: [Int]) -> AnnData {
    var dropped: [String] = []
    return subset(variables: positions, dropped: &dropped)
  }
}

extension Element {
  /// The given positions along the first and the second axis; nil keeps an axis whole.
  ///
  /// Returns nil for what has no such axes or stays in its file.
  public func gathering(rows: [Int]?, columns: [Int]?) -> Element? {
    switch self {
    case .array(let array):
      guard let (indices, shape) = Element.picks(array.shape, rows, columns) else { return nil }
      return .array(DenseArray(shape: shape, values: array.values.gathering(indices)))
    case .strings(let array):
      guard let (indices, shape) = Element.picks(array.shape, rows, columns) else { return nil }
      return .strings(StringArray(shape: shape, values: indices.map { array.values[$0] }))
    case .sparse(let sparse):
      return .sparse(sparse.gathering(rows: rows, columns: columns))
    case .table(let table):
      guard rows == nil || table.opaqueColumns.isEmpty else { return nil }
      return columns == nil ? .table(rows.map(table.gathering) ?? table) : nil
    case .column(let column):
      guard let rows else { return columns == nil ? self : nil }
      return columns == nil ? column.gathering(rows).map(Element.column) : nil
    case .records(let records):
      guard let rows, columns == nil, records.shape.count == 1 else { return rows == nil ? self : nil }
      let fields = records.fields.compactMapValues { $0.gathering(rows: rows, columns: nil) }
      return .records(RecordArray(shape: [rows.count], fields: fields))
    case .null: return .null
    case .dictionary, .string, .scalar, .opaque: return nil
    }
  }

  /// The positions in a row-major array that the given rows and columns take, and the new shape.
  private static func picks(_ shape: [Int], _ rows: [Int]?, _ columns: [Int]?) -> (indices: [Int], shape: [Int])? {
    guard let height = shape.first, columns == nil || shape.count >= 2 else { return nil }
    let width = shape.count >= 2 ? shape[1] : 1
    let depth = shape.dropFirst(2).reduce(1, *)
    let rowList = rows ?? Array(0..<height)
    let columnList = columns ?? Array(0..<width)
    var indices: [Int] = []
    indices.reserveCapacity(rowList.count * columnList.count * depth)
    for i in rowList {
      for j in columnList {
        let start = (i * width + j) * depth
        indices.append(contentsOf: start..<start + depth)
      }
    }
    var newShape = shape
    newShape[0] = rowList.count
    if shape.count >= 2 { newShape[1] = columnList.count }
    return (indices, newShape)
  }
}

extension SparseArray {
  /// The given rows and columns, each column at most once; the layout stays.
  public func gathering(rows rowList: [Int]?, columns columnList: [Int]?) -> SparseArray {
    let byRow = layout == .csr
    let majorList = (byRow ? rowList : columnList) ?? Array(0..<(byRow ? rows : columns))
    let minorList = byRow ? columnList : rowList
    var position: [Int32]?
    if let minorList {
      var map = [Int32](repeating: -1, count: byRow ? columns : rows)
      for (new, old) in minorList.enumerated() { map[old] = Int32(new) }
      position = map
    }
    var pointers = [0]
    pointers.reserveCapacity(majorList.count + 1)
    var newIndices: [Int32] = []
    var taken: [Int] = []
    for i in majorList {
      for k in indptr[i]..<indptr[i + 1] {
        let j = position.map { $0[Int(indices[k])] } ?? indices[k]
        if j >= 0 {
          newIndices.append(j)
          taken.append(k)
        }
      }
      pointers.append(taken.count)
    }
    return SparseArray(
      layout: layout, rows: rowList?.count ?? rows, columns: columnList?.count ?? columns, indptr: pointers,
      indices: newIndices, values: values.gathering(taken))
  }
}
