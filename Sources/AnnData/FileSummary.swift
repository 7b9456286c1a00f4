import HDF5
import OrderedCollections

/// What is inside an HDF5 file, h5ad or not: the tree of its groups and datasets, and what is wrong with it.
public struct FileSummary: Sendable, Equatable, Codable {
  public var file: String
  /// Size of the file in bytes.
  public var bytes: Int
  /// What kind of file it is, in words.
  public var kind: String
  /// Number of observations and variables, where it could be read as annotated data.
  public var observations: Int?
  public var variables: Int?
  public var members: [Node]
  /// What is wrong, what is not understood, and what to look out for; empty where nothing is.
  public var problems: [String]

  /// A group or a dataset.
  public struct Node: Sendable, Equatable, Codable {
    public var name: String
    public var path: String
    /// "group", "dataset", or what else the name leads to.
    public var kind: String
    /// Its `encoding-type`, where it has one.
    public var encoding: String?
    public var shape: [Int]?
    /// The elements' type, as numpy names it; of a sparse matrix, its values'.
    public var type: String?
    /// Bytes it takes in the file, with its members.
    public var storedBytes: Int
    /// The chunks' shape, nil where the data are in one piece.
    public var chunks: [Int]?
    public var filters: [String] = []
    /// More about the content: categories, stored entries, range of values.
    public var details: String?
    /// Why it cannot be read or is not understood.
    public var problem: String?
    public var members: [Node] = []
  }

  /// Looks through a file.
  /// - Throws: `H5Error` where it cannot be opened at all; flaws further inside are listed in `problems`.
  public static func read(_ path: String) throws -> FileSummary {
    let file = try H5File.open(path)
    let root = try file.root()
    var walker = SummaryWalker(file: path)
    var summary = FileSummary(
      file: path, bytes: file.size, kind: "HDF5 file", members: walker.members(of: root), problems: [])
    let hasTables = root.contains("obs") && root.contains("var")
    if hasTables {
      let encoded = (try? root.stringAttribute(Encoding.typeAttribute)) ?? nil
      let compound = (try? root.kind(of: "obs")) == .dataset
      summary.kind =
        "h5ad, written by anndata "
        + (encoded != nil ? "0.8 or newer" : compound ? "before 0.7" : "0.7")
    }
    summary.problems = walker.problems
    do {
      let data = try AnnData.read(path)
      summary.observations = data.observationCount
      summary.variables = data.variableCount
      summary.problems += data.oddities
      summary.addDetails(of: data)
    } catch {
      if let kind = TenxFile.layout(of: root)?.description {
        summary.kind = kind
      } else {
        summary.problems.append("\(error)")
      }
    }
    return summary
  }

  /// Adds what only the values tell.
  private mutating func addDetails(of data: AnnData) {
    var details: [String: String] = [:]
    if let x = data.x { details["/X"] = x.valueDetails }
    for (key, layer) in data.layers { details["/layers/" + key] = layer.valueDetails }
    for (table, frame) in [("/obs/", data.obs), ("/var/", data.var)] {
      for (key, column) in frame.columns { details[table + key] = Element.column(column).valueDetails }
    }
    FileSummary.add(details, to: &members)
  }

  private static func add(_ details: [String: String], to nodes: inout [Node]) {
    for place in nodes.indices {
      if let text = details[nodes[place].path] {
        nodes[place].details = [nodes[place].details, text].compactMap { $0 }.joined(separator: ", ")
      }
      add(details, to: &nodes[place].members)
    }
  }
}

/// Collects the nodes of a file.
private struct SummaryWalker {
  let file: String
  var problems: [String] = []
  private var onTheWay: Set<H5Identity> = []
  private var seen = 0

  /// A file with more is taken for a tangle of links.
  private static let mostNodes = 100_000

  init(file: String) { self.file = file }

  mutating func members(of group: H5Group) -> [FileSummary.Node] {
    guard onTheWay.insert(group.identity).inserted else {
      problems.append("\(group.path) contains itself, by a link")
      return []
    }
    defer { onTheWay.remove(group.identity) }
    do {
      return try group.names().map { node($0, in: group) }
    } catch {
      problems.append("\(error)")
      return []
    }
  }

  private mutating func node(_ name: String, in group: H5Group) -> FileSummary.Node {
    let path = group.path == "/" ? "/" + name : group.path + "/" + name
    var node = FileSummary.Node(name: name, path: path, kind: "group", storedBytes: 0)
    seen += 1
    if seen > SummaryWalker.mostNodes { return node }
    do {
      let kind = try group.kind(of: name)
      node.kind = kind?.rawValue ?? "nothing"
      switch kind {
      case .group: try describe(try group.group(name), &node)
      case .dataset: try describe(try group.dataset(name), &node)
      case .danglingLink: report("a link that leads to nothing", &node)
      case .namedType, nil: break
      }
    } catch {
      report("\(error)", &node)
    }
    return node
  }

  private mutating func report(_ problem: String, _ node: inout FileSummary.Node) {
    node.problem = problem
    problems.append(problem.contains(node.path) ? problem : "\(node.path): \(problem)")
  }

  private mutating func describe(_ group: H5Group, _ node: inout FileSummary.Node) throws {
    node.encoding = try group.stringAttribute(Encoding.typeAttribute) ?? group.stringAttribute("h5sparse_format")
    node.members = members(of: group)
    node.storedBytes = node.members.reduce(0) { $0 + $1.storedBytes }
    let members = node.members
    func member(_ name: String) -> FileSummary.Node? { members.first { $0.name == name } }
    switch node.encoding {
    case Encoding.csr.type, Encoding.csc.type, "csr", "csc":
      node.shape = try group.integersAttribute("shape") ?? group.integersAttribute("h5sparse_shape")
      let data = member("data")
      (node.type, node.chunks, node.filters) = (data?.type, data?.chunks, data?.filters ?? [])
      if let stored = data?.shape?.first, let shape = node.shape, shape.count == 2 {
        let all = Double(shape[0]) * Double(shape[1])
        let share = all > 0 ? (Double(stored) / all * 1000).rounded() / 10 : 0
        node.details = "\(stored) stored (\(share) %)"
      }
    case Encoding.categorical.type:
      (node.shape, node.type) = (member("codes")?.shape, "categorical")
    case Encoding.nullableInteger.type, Encoding.nullableBoolean.type, Encoding.nullableStrings.type:
      (node.shape, node.type) = (member("values")?.shape, member("values")?.type)
    case Encoding.dataframe.type:
      if let index = try group.stringAttribute("_index") { node.shape = member(index)?.shape.map { [$0.first ?? 0] } }
    case nil, "", Encoding.dictionary.type, Encoding.anndata.type, Encoding.raw.type: break
    case let other?: node.problem = "the encoding '\(other)' is not interpreted, only passed on"
    }
  }

  private mutating func describe(_ dataset: H5Dataset, _ node: inout FileSummary.Node) throws {
    node.encoding = try dataset.stringAttribute(Encoding.typeAttribute)
    node.shape = dataset.isNull ? nil : dataset.shape
    node.type = dataset.isNull ? "nothing" : dataset.type.name
    node.storedBytes = dataset.storedBytes
    if case .chunked(let shape) = dataset.layout { node.chunks = shape }
    node.filters = dataset.filters.map(\.name)
    node.details = try scalarText(dataset)
    if let missing = dataset.missingFilter {
      report("compressed with \(missing), which cannot be unpacked here", &node)
    }
  }
}

/// A single value as text, long strings cut.
private func scalarText(_ dataset: H5Dataset) throws -> String? {
  guard dataset.shape.isEmpty, !dataset.isNull else { return nil }
  switch dataset.type {
  case .fixedString, .variableString:
    let text = try dataset.readStrings().first ?? ""
    return "'" + text.prefix(60) + (text.count > 60 ? "…'" : "'")
  default: return try NumericArray(dataset)?.texts.first
  }
}

extension AnnData {
  /// What to look out for in data that could be read.
  fileprivate var oddities: [String] {
    var result: [String] = []
    for (axis, names) in [("obs", obs.index), ("var", self.var.index)] {
      let repeated = AnnData.duplicates(in: names)
      if !repeated.isEmpty {
        let subject = repeated.count == 1 ? "1 name in \(axis) occurs" : "\(repeated.count) names in \(axis) occur"
        result.append("\(subject) more than once, for example \(repeated.prefix(3).joined(separator: ", "))")
      }
    }
    if let matrix = try? matrix(), let place = matrix.firstNotFinite {
      result.append("X holds values that are no numbers, first in row \(place.row), column \(place.column)")
    }
    if obsm[Keys.spatial] == nil {
      let others = obsm.isEmpty ? "it is empty" : "it has " + obsm.keys.joined(separator: ", ")
      result.append("no coordinates under obsm/\(Keys.spatial) (\(others))")
    }
    for key in opaqueKeys { result.append("\(key) is not interpreted, only passed on") }
    return result
  }

  /// Paths of everything kept as it lies in the file.
  private var opaqueKeys: [String] {
    func find(_ element: Element, _ path: String) -> [String] {
      switch element {
      case .opaque(let part): ["\(path) (\(part.encoding))"]
      case .dictionary(let members): members.flatMap { find($0.value, path + "/" + $0.key) }
      default: []
      }
    }
    let groups: [(String, OrderedDictionary<String, Element>)] = [
      ("layers", layers), ("obsm", obsm), ("varm", varm), ("obsp", obsp), ("varp", varp), ("uns", uns),
    ]
    let tables = [("obs", obs), ("var", self.var)]
    let columns = tables.flatMap { name, table in
      table.columns.compactMap { key, column in
        if case .opaque(let part, _) = column { "\(name)/\(key) (\(part.encoding))" } else { nil }
      }
    }
    return columns + groups.flatMap { find(.dictionary($1), $0) } + others.keys.map { "/\($0)" }
  }
}

extension Element {
  /// The range of a matrix's values, the categories of a factor.
  fileprivate var valueDetails: String? {
    switch self {
    case .sparse(let matrix): return matrix.values.rangeText
    case .array(let array): return array.values.rangeText
    case .column(.categorical(let factor)):
      let missing = factor.codes.count { $0 < 0 }
      let shown = factor.categories.prefix(8).joined(separator: ", ") + (factor.categories.count > 8 ? ", …" : "")
      return "\(factor.categories.count) \(factor.categories.count == 1 ? "category" : "categories"): \(shown)"
        + (missing > 0 ? "; \(missing) missing" : "")
    case .column(.numeric(let values)): return values.rangeText
    case .column(.nullableNumeric(_, let mask)): return "\(mask.count { $0 }) missing"
    case .column(.nullableStrings(let values)): return "\(values.count { $0 == nil }) missing"
    default: return nil
    }
  }
}
