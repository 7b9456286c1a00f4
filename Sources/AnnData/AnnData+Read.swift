import HDF5
import OrderedCollections
import StomicsCore

extension AnnData {
  /// Which of the matrices over all genes are read: they are nearly all of a file's size.
  public enum Matrices: Sendable {
    /// X, every layer, raw.
    case all
    /// `layers/counts`; X where there is no such layer.
    case counts
    /// None: obs, var, coordinates, embeddings, graphs and uns only.
    case none
  }

  /// Reads an h5ad file of any anndata version since 0.5.
  ///
  /// Everything is read but what this program does not interpret (`OpaqueElement`), which stays in the file until it is
  /// written again.
  /// - Throws: `H5Error` for files that cannot be opened or are damaged, `AnnDataError` for content that makes no sense.
  public static func read(_ path: String, matrices: Matrices = .all) throws -> AnnData {
    if PathKind(path) == .folder, let what = SliceInput.instrumentInput(path) {
      throw AnnDataError.instrumentInput(file: path, what: what)
    }
    let file = try H5File.open(path)
    let root = try file.root()
    try requireAnnData(root, file: path)
    let isLegacy = try root.stringAttribute(Encoding.typeAttribute) == nil
    let reader = ElementReader(file: path, isLegacy: isLegacy)
    var data = AnnData(x: nil, obs: try reader.table("obs", in: root), var: try reader.table("var", in: root))
    data.source = path
    let countsAlone = try matrices == .counts ? reader.counts(in: root) : nil
    if let countsAlone { data.layers[Keys.counts] = countsAlone }
    if matrices == .all || (matrices == .counts && countsAlone == nil), root.contains("X") {
      let x = try reader.element("X", in: root)
      if x != .null { data.x = x }
    }
    if matrices == .all { data.layers = try reader.mapping("layers", in: root) }
    data.obsm = try reader.mapping("obsm", in: root)
    data.varm = try reader.mapping("varm", in: root)
    data.obsp = try reader.mapping("obsp", in: root)
    data.varp = try reader.mapping("varp", in: root)
    data.uns = try reader.mapping("uns", in: root)
    if matrices == .all { data.raw = try reader.raw(in: root) }
    for name in try root.names() where !AnnData.rootMembers.contains(name) {
      data.others[name] = OpaqueElement(file: path, path: "/" + name, encoding: "no part of annotated data")
    }
    if isLegacy { try data.moveLegacyParts() }
    try data.requireShapes()
    return data
  }

  /// What an h5ad file holds at its root, today and before version 0.7.
  private static let rootMembers: Set<String> = [
    "X", "obs", "var", "layers", "obsm", "varm", "obsp", "varp", "uns", "raw", "raw.X", "raw.var", "raw.varm",
  ]

  private static func requireAnnData(_ root: H5Group, file: String) throws {
    if root.contains("obs"), root.contains("var") { return }
    if let kind = TenxFile.layout(of: root)?.description {
      throw AnnDataError.instrumentInput(file: file, what: "a " + kind)
    }
    throw AnnDataError.notAnnData(file: file, found: try root.names())
  }

  /// Throws where a part has another number of rows or columns than obs and var say.
  private func requireShapes() throws {
    let n = observationCount
    let g = variableCount
    func check(_ element: Element, _ path: String, rows: Int, columns: Int?) throws {
      guard let extent = element.extent else { return }
      if extent.rows != rows || (columns != nil && extent.columns != columns) {
        let found = extent.columns.map { "[\(extent.rows), \($0)]" } ?? "[\(extent.rows)]"
        throw AnnDataError.wrongShape(
          path: path, found: found, expected: columns.map { "[\(rows), \($0)]" } ?? "\(rows) rows", file: source)
      }
    }
    if let x { try check(x, "/X", rows: n, columns: g) }
    for (key, element) in layers { try check(element, "/layers/" + key, rows: n, columns: g) }
    for (key, element) in obsm { try check(element, "/obsm/" + key, rows: n, columns: nil) }
    for (key, element) in varm { try check(element, "/varm/" + key, rows: g, columns: nil) }
    for (key, element) in obsp { try check(element, "/obsp/" + key, rows: n, columns: n) }
    for (key, element) in varp { try check(element, "/varp/" + key, rows: g, columns: g) }
    if let raw {
      if let x = raw.x { try check(x, "/raw/X", rows: n, columns: raw.var.count) }
      for (key, element) in raw.varm { try check(element, "/raw/varm/" + key, rows: raw.var.count, columns: nil) }
    }
  }
}

extension Element {
  /// The first two axes; nil where it has no rows (scalars, opaque parts).
  var extent: (rows: Int, columns: Int?)? {
    switch self {
    case .array(let array): array.shape.isEmpty ? nil : (array.shape[0], array.shape.count > 1 ? array.shape[1] : nil)
    case .strings(let array): array.shape.isEmpty ? nil : (array.shape[0], array.shape.count > 1 ? array.shape[1] : nil)
    case .sparse(let matrix): (matrix.rows, matrix.columns)
    case .table(let table): (table.count, table.columns.count)
    case .records(let records): records.shape.first.map { ($0, nil) }
    case .column(let column): (column.count, nil)
    case .dictionary, .string, .scalar, .null, .opaque: nil
    }
  }
}

extension ElementReader {
  fileprivate func table(_ name: String, in root: H5Group) throws -> DataFrame {
    switch try root.kind(of: name) {
    case .dataset: return try legacyTable(try root.dataset(name))
    default:
      guard case .table(let table) = try element(name, in: root) else {
        throw AnnDataError.wrongType(path: "/" + name, found: "something else", expected: "a table", file: file)
      }
      return table
    }
  }

  fileprivate func mapping(_ name: String, in root: H5Group) throws -> OrderedDictionary<String, Element> {
    switch try root.kind(of: name) {
    case nil: return [:]
    case .dataset: return try legacyMapping(try root.dataset(name))
    default:
      guard case .dictionary(let mapping) = try element(name, in: root) else {
        throw AnnDataError.wrongType(path: "/" + name, found: "something else", expected: "a mapping", file: file)
      }
      return mapping
    }
  }

  /// `layers/counts`, nil where the file has no such layer.
  fileprivate func counts(in root: H5Group) throws -> Element? {
    guard try root.kind(of: "layers") == .group else { return nil }
    let layers = try root.group("layers")
    return layers.contains(Keys.counts) ? try element(Keys.counts, in: layers) : nil
  }

  fileprivate func raw(in root: H5Group) throws -> AnnData.Raw? {
    if try root.kind(of: "raw") == .group {
      let group = try root.group("raw")
      guard group.contains("var") else { return nil }
      let x = group.contains("X") ? try element("X", in: group) : nil
      var raw = AnnData.Raw(x: x, var: try table("var", in: group))
      raw.varm = try mapping("varm", in: group)
      return raw
    }
    guard root.contains("raw.var"), root.contains("raw.X") else { return nil }
    var raw = AnnData.Raw(x: try element("raw.X", in: root), var: try table("raw.var", in: root))
    raw.varm = try mapping("raw.varm", in: root)
    return raw
  }
}
