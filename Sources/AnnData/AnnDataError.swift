import StomicsCore

/// What can be wrong with annotated data; every case names the file and the key.
public enum AnnDataError: StomicsError, Equatable {
  /// A 10x matrix or the folder of an instrument's run, given where h5ad is read.
  case instrumentInput(file: String, what: String)
  /// An HDF5 file without obs and var.
  case notAnnData(file: String, found: [String])
  case missingKey(String, group: String, available: [String], file: String, advice: String?)
  case wrongShape(path: String, found: String, expected: String, file: String)
  case wrongType(path: String, found: String, expected: String, file: String)
  /// An encoding this program does not know, where it cannot be passed over.
  case unsupportedEncoding(path: String, encoding: String, file: String)
  /// The parts of something do not fit together: a sparse matrix's pointers, a factor's codes.
  case inconsistent(path: String, detail: String, file: String)
  case duplicateNames(axis: String, names: [String], count: Int, file: String)
  case missingRecipe(file: String)

  public var kind: ErrorKind { .data }

  public var description: String {
    switch self {
    case .instrumentInput(let file, let what):
      return "\(file) is \(what), not an h5ad file: run stomics preprocess on it first, "
        + "or stomics convert for an h5ad file of it as it is."
    case .notAnnData(let file, let found):
      return "\(file) is an HDF5 file but not an h5ad file: it has no obs and var (found: \(list(found)))"
    case .missingKey(let key, let group, let available, let file, let advice):
      return "'\(key)' not found in \(group) of \(name(file)) (found: \(list(available)))."
        + (advice.map { " " + $0 } ?? "")
    case .wrongShape(let path, let found, let expected, let file):
      return "\(path) of \(name(file)) has the shape \(found) where \(expected) was expected"
    case .wrongType(let path, let found, let expected, let file):
      return "\(path) of \(name(file)) is \(found) where \(expected) was expected"
    case .unsupportedEncoding(let path, let encoding, let file):
      return "\(path) of \(name(file)) has the encoding '\(encoding)', which this program does not know"
    case .inconsistent(let path, let detail, let file):
      return "\(path) of \(name(file)) is damaged: \(detail). Write the file again from its source."
    case .duplicateNames(let axis, let names, let count, let file):
      return "\(count) names in \(axis) of \(name(file)) occur more than once, for example \(list(names)). "
        + "Make them unique, in Python with adata.\(axis)_names_make_unique()"
    case .missingRecipe(let file):
      return "\(name(file)) has no recipe (uns/stomics/recipe): run stomics preprocess on it first"
    }
  }

  private func name(_ file: String) -> String { file.isEmpty ? "the data" : file }

  private func list(_ names: [String]) -> String {
    if names.isEmpty { return "nothing" }
    return names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", … \(names.count) in all" : "")
  }
}
