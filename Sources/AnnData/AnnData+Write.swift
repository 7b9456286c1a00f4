import Glibc
import HDF5
import OrderedCollections
import StomicsCore

extension AnnData {
  /// How arrays are packed in a file that is written.
  public enum Compression: Sendable, Equatable {
    case none
    /// Byte shuffle and gzip, 1 (fast) to 9 (small).
    case gzip(level: Int)

    var hdf5: H5Compression {
      switch self {
      case .none: .none
      case .gzip(let level): .gzip(level: min(9, max(1, level)))
      }
    }
  }

  /// Writes an h5ad file that `anndata.read_h5ad`, scanpy and squidpy read, atomically: a killed run or a full disk
  /// leaves the old file, or none.
  ///
  /// What was read and not touched comes back as it was, in current encodings; parts that this program does not
  /// interpret are copied from the file they were read from, which must still be there.
  /// - Throws: `FileError.cannotWrite`; `H5Error` where an uninterpreted part cannot be copied.
  public func write(to path: String, compression: Compression = .gzip(level: 4)) throws {
    try AnnData.requireWritable(path)
    try AtomicFile.write(to: path) { temporary in
      let file = try H5OutputFile.create(temporary)
      do {
        try ElementWriter(compression: compression.hdf5).write(self, to: try file.root())
        try file.close()
      } catch {
        // The library keeps hold of an unfinished file; its space is given back here.
        truncate(temporary, 0)
        throw AnnData.writingError(error, path: path, temporary: temporary)
      }
    }
  }

  /// Says "the disk is full" instead of the library's words, and the file's own name instead of the temporary one.
  private static func writingError(_ error: any Error, path: String, temporary: String) -> any Error {
    let text: String
    switch error as? H5Error {
    case .library(_, _, let detail, temporary)?: text = detail
    case .cannotWrite(_, let reason)?: text = reason
    default: return error
    }
    let full = ["No space left", "Disk quota", "File too large"].first(where: text.contains)
    return FileError.cannotWrite(path: path, reason: full.map { "the disk is full (\($0))" } ?? text)
  }

  /// Says early and plainly what the library would say late.
  private static func requireWritable(_ path: String) throws {
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    let folder = name.count == path.count ? "." : path.dropLast(name.count) + "."
    var status = stat()
    guard stat(folder, &status) == 0, access(folder, W_OK | X_OK) == 0 else {
      throw FileError.cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw FileError.cannotWrite(path: path, reason: "it is a folder")
    }
  }
}

/// Writes elements in the current encodings.
struct ElementWriter {
  let compression: H5Compression

  func write(_ data: AnnData, to root: H5OutputGroup) throws {
    try Encoding.anndata.mark(root)
    if let x = data.x { try write(x, as: "X", to: root) }
    try write(data.obs, as: "obs", to: root)
    try write(data.var, as: "var", to: root)
    for (name, members) in [
      ("layers", data.layers), ("obsm", data.obsm), ("varm", data.varm), ("obsp", data.obsp), ("varp", data.varp),
      ("uns", data.uns),
    ] {
      try write(.dictionary(members), as: name, to: root)
    }
    if let raw = data.raw {
      let group = try root.createGroup("raw")
      try Encoding.raw.mark(group)
      if let x = raw.x { try write(x, as: "X", to: group) }
      try write(raw.var, as: "var", to: group)
      try write(.dictionary(raw.varm), as: "varm", to: group)
    }
    for (name, part) in data.others { try write(.opaque(part), as: name, to: root) }
  }

  /// Writes one element under a name.
  func write(_ element: Element, as name: String, to group: H5OutputGroup) throws {
    switch element {
    case .array(let array):
      try Encoding.array.mark(
        try array.values.write(name, to: group, shape: array.shape, compression: compression))
    case .strings(let array):
      try Encoding.strings.mark(
        try group.write(name, strings: array.values, shape: array.shape, compression: compression))
    case .sparse(let matrix): try write(matrix, as: name, to: group)
    case .table(let table): try write(table, as: name, to: group)
    case .records(let records):
      guard let fields = records.fieldValues else {
        throw AnnDataError.wrongType(
          path: group.path + "/" + name, found: "records of another kind",
          expected: "fields of numbers or strings along the records", file: group.file)
      }
      try Encoding.records.mark(try group.write(name, records: fields, shape: records.shape))
    case .column(let column): try write(column, as: name, to: group)
    case .dictionary(let members):
      // A group lists its members by name, unless it is told to remember the order they came in.
      let isSorted = zip(members.keys, members.keys.dropFirst()).allSatisfy {
        !$1.utf8.lexicographicallyPrecedes($0.utf8)
      }
      let created = try group.createGroup(name, keepsOrder: !isSorted)
      try Encoding.dictionary.mark(created)
      for (key, member) in members { try write(member, as: key, to: created) }
    case .string(let text): try Encoding.string.mark(try group.write(name, strings: [text], shape: []))
    case .scalar(let value):
      try Encoding.scalar.mark(try value.write(name, to: group, shape: [], compression: .none))
    case .null: try Encoding.null.mark(try group.writeNull(name))
    case .opaque(let part):
      let source = try H5File.open(part.file).root()
      try group.copy(String(part.path.drop { $0 == "/" }), from: source, as: name)
    }
  }

  private func write(_ matrix: SparseArray, as name: String, to group: H5OutputGroup) throws {
    let created = try group.createGroup(name)
    try (matrix.layout == .csr ? Encoding.csr : Encoding.csc).mark(created)
    try created.setAttribute("shape", [matrix.rows, matrix.columns])
    try matrix.values.write("data", to: created, shape: [matrix.values.count], compression: compression)
    // scipy wants indices and pointers of one type.
    if matrix.indices.count <= Int(Int32.max) {
      try created.write("indices", matrix.indices, compression: compression)
      try created.write("indptr", matrix.indptr.map { Int32($0) }, compression: compression)
    } else {
      try created.write("indices", matrix.indices.map { Int64($0) }, compression: compression)
      try created.write("indptr", matrix.indptr.map { Int64($0) }, compression: compression)
    }
  }

  private func write(_ table: DataFrame, as name: String, to group: H5OutputGroup) throws {
    // The list of columns is an attribute, and an attribute above 64 KiB needs the newer group.
    let created = try group.createGroup(name, keepsOrder: table.columns.count > 3000)
    try Encoding.dataframe.mark(created)
    try created.setAttribute("_index", table.indexName)
    try created.setAttribute("column-order", Array(table.columns.keys))
    if table.columns[table.indexName] == nil {
      try write(table.typedIndex ?? .strings(table.index), as: table.indexName, to: created)
    }
    for (key, column) in table.columns { try write(column, as: key, to: created) }
  }

  private func write(_ column: Column, as name: String, to group: H5OutputGroup) throws {
    switch column {
    case .numeric(let values):
      try Encoding.array.mark(
        try values.write(name, to: group, shape: [values.count], compression: compression))
    case .strings(let values):
      try Encoding.strings.mark(try group.write(name, strings: values, compression: compression))
    case .categorical(let values): try write(values, as: name, to: group)
    case .nullableNumeric(let values, let mask):
      let created = try group.createGroup(name)
      if case .bool = values {
        try Encoding.nullableBoolean.mark(created)
      } else {
        try Encoding.nullableInteger.mark(created)
      }
      try write(.numeric(values), as: "values", to: created)
      try write(.numeric(.bool(mask)), as: "mask", to: created)
    case .opaque(let part, _): try write(.opaque(part), as: name, to: group)
    case .nullableStrings(let values):
      let created = try group.createGroup(name)
      try Encoding.nullableStrings.mark(created)
      try write(.strings(values.map { $0 ?? "" }), as: "values", to: created)
      try write(.numeric(.bool(values.map { $0 == nil })), as: "mask", to: created)
    }
  }

  private func write(_ factor: Categorical, as name: String, to group: H5OutputGroup) throws {
    let created = try group.createGroup(name)
    try Encoding.categorical.mark(created)
    try created.setAttribute("ordered", factor.ordered)
    try write(.numeric(factor.smallestCodes), as: "codes", to: created)
    try write(factor.typedCategories ?? .strings(factor.categories), as: "categories", to: created)
  }
}

extension Categorical {
  /// The codes in the smallest type that holds them, as pandas keeps them.
  fileprivate var smallestCodes: NumericArray {
    switch categories.count {
    case ...Int(Int8.max): .int8(codes.map { Int8($0) })
    case ...Int(Int16.max): .int16(codes.map { Int16($0) })
    default: .int32(codes)
    }
  }
}
