import HDF5

/// The encodings of anndata's file format: the attributes `encoding-type` and `encoding-version`.
struct Encoding: Equatable {
  let type: String
  let version: String

  static let typeAttribute = "encoding-type"
  static let versionAttribute = "encoding-version"

  static let anndata = Encoding(type: "anndata", version: "0.1.0")
  static let raw = Encoding(type: "raw", version: "0.1.0")
  static let dictionary = Encoding(type: "dict", version: "0.1.0")
  static let array = Encoding(type: "array", version: "0.2.0")
  static let csr = Encoding(type: "csr_matrix", version: "0.1.0")
  static let csc = Encoding(type: "csc_matrix", version: "0.1.0")
  static let dataframe = Encoding(type: "dataframe", version: "0.2.0")
  static let categorical = Encoding(type: "categorical", version: "0.2.0")
  static let strings = Encoding(type: "string-array", version: "0.2.0")
  static let string = Encoding(type: "string", version: "0.2.0")
  static let scalar = Encoding(type: "numeric-scalar", version: "0.2.0")
  static let null = Encoding(type: "null", version: "0.1.0")
  static let records = Encoding(type: "rec-array", version: "0.2.0")
  static let nullableInteger = Encoding(type: "nullable-integer", version: "0.1.0")
  static let nullableBoolean = Encoding(type: "nullable-boolean", version: "0.1.0")
  static let nullableStrings = Encoding(type: "nullable-string-array", version: "0.1.0")

  /// Marks a group or dataset as encoded so.
  func mark(_ object: H5OutputObject) throws {
    try object.setAttribute(Encoding.typeAttribute, type)
    try object.setAttribute(Encoding.versionAttribute, version)
  }
}
