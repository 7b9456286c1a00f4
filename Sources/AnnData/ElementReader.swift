import HDF5
import OrderedCollections
import StomicsCore

/// Reads what a group or dataset holds, by its `encoding-type` or, in files older than those, by its looks.
///
/// - Source: the on-disk format of anndata, https://anndata.readthedocs.io/en/stable/fileformat-prose.html
struct ElementReader {
  let file: String
  /// Written before anndata 0.8: elements without attributes, single strings as arrays of one.
  let isLegacy: Bool

  private let counter = Counter()

  init(file: String, isLegacy: Bool) {
    self.file = file
    self.isLegacy = isLegacy
  }

  /// How deep groups may nest, and how many elements a file may have: beyond that lies a tangle of links.
  private static let deepest = 64
  private static let most = 1_000_000

  private final class Counter {
    var count = 0
    /// The groups on the way to what is read.
    var onTheWay: Set<H5Identity> = []
  }

  /// Reads the member `name` of a group.
  func element(_ name: String, in group: H5Group, depth: Int = 0) throws -> Element {
    let path = group.path == "/" ? "/" + name : group.path + "/" + name
    guard depth < ElementReader.deepest else {
      throw AnnDataError.inconsistent(
        path: path, detail: "groups nest deeper than \(ElementReader.deepest) levels", file: file)
    }
    counter.count += 1
    guard counter.count <= ElementReader.most else {
      throw AnnDataError.inconsistent(path: path, detail: "more than \(ElementReader.most) elements", file: file)
    }
    switch try group.kind(of: name) {
    case .group: return try element(try group.group(name), depth: depth)
    case .dataset: return try element(try group.dataset(name))
    case .namedType: return opaque(path, "named type")
    case .danglingLink:
      throw AnnDataError.inconsistent(path: path, detail: "a link that leads to nothing", file: file)
    case nil:
      throw AnnDataError.missingKey(name, group: group.path, available: try group.names(), file: file, advice: nil)
    }
  }

  private func element(_ group: H5Group, depth: Int) throws -> Element {
    let encoding = try group.stringAttribute(Encoding.typeAttribute)
    switch encoding {
    case Encoding.csr.type?, Encoding.csc.type?: return try sparseElement(group, encoding)
    case Encoding.dataframe.type: return .table(try dataFrame(group))
    case Encoding.categorical.type, Encoding.nullableInteger.type, Encoding.nullableBoolean.type,
      Encoding.nullableStrings.type:
      return try column(group).map(Element.column) ?? opaque(group.path, encoding ?? "")
    case Encoding.dictionary.type, "", nil:
      if encoding == nil, let format = try group.stringAttribute("h5sparse_format") {
        return try sparseElement(group, format + "_matrix")
      }
      return .dictionary(try dictionary(group, depth: depth))
    case let other?: return opaque(group.path, other)
    }
  }

  private func sparseElement(_ group: H5Group, _ encoding: String?) throws -> Element {
    try sparse(group).map(Element.sparse) ?? opaque(group.path, encoding ?? "")
  }

  /// Reads all members of a mapping.
  func dictionary(_ group: H5Group, depth: Int = 0) throws -> OrderedDictionary<String, Element> {
    guard counter.onTheWay.insert(group.identity).inserted else {
      throw AnnDataError.inconsistent(path: group.path, detail: "it contains itself, by a link", file: file)
    }
    defer { counter.onTheWay.remove(group.identity) }
    var result: OrderedDictionary<String, Element> = [:]
    for name in try group.names() { result[name] = try element(name, in: group, depth: depth + 1) }
    return result
  }

  private func element(_ dataset: H5Dataset) throws -> Element {
    if dataset.isNull { return .null }
    let encoding = try dataset.stringAttribute(Encoding.typeAttribute)
    switch encoding {
    case nil, "", Encoding.records.type:
      if dataset.type.isReadableRecord { return .records(try records(dataset)) }
    default: break
    }
    switch encoding {
    case nil, "", Encoding.array.type, Encoding.strings.type, Encoding.string.type, Encoding.scalar.type: break
    case let other?: return opaque(dataset.path, other)
    }
    switch dataset.type {
    case .fixedString where encoding == Encoding.array.type:
      // An array of bytes objects, which Python keeps apart from text.
      return opaque(dataset.path, "array of bytes")
    case .fixedString, .variableString:
      let strings = try dataset.readStrings()
      if dataset.shape.isEmpty { return .string(strings.first ?? "") }
      if isLegacy, case .fixedString = dataset.type, dataset.shape == [1] { return .string(strings[0]) }
      return .strings(StringArray(shape: dataset.shape, values: strings))
    default:
      guard let values = try NumericArray(dataset) else {
        return opaque(dataset.path, encoding ?? dataset.type.name)
      }
      return dataset.shape.isEmpty ? .scalar(values) : .array(DenseArray(shape: dataset.shape, values: values))
    }
  }

  private func opaque(_ path: String, _ encoding: String) -> Element {
    .opaque(OpaqueElement(file: file, path: path, encoding: encoding))
  }
}
