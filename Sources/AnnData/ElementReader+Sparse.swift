import HDF5

extension ElementReader {
  /// Reads a sparse matrix and checks that its parts fit together; nil for one that is not interpreted: of one axis, of
  /// an axis longer than `Int32.max`, or of other values than numbers.
  func sparse(_ group: H5Group) throws -> SparseArray? {
    let name =
      try group.stringAttribute(Encoding.typeAttribute)
      ?? group.stringAttribute("h5sparse_format").map { $0 + "_matrix" }
    guard let layout = name.flatMap(SparseArray.Layout.init(rawValue:)) else {
      throw AnnDataError.unsupportedEncoding(path: group.path, encoding: name ?? "", file: file)
    }
    guard let shape = try group.integersAttribute("shape") ?? group.integersAttribute("h5sparse_shape") else {
      throw AnnDataError.missingKey(
        "shape", group: "the attributes of \(group.path)", available: try group.attributeNames(), file: file,
        advice: nil)
    }
    guard (1...2).contains(shape.count), shape.allSatisfy({ $0 >= 0 }) else {
      throw AnnDataError.wrongShape(path: group.path, found: "\(shape)", expected: "two axes", file: file)
    }
    guard shape.count == 2, shape.allSatisfy({ $0 <= Int(Int32.max) }) else { return nil }
    guard let indptr = try integers("indptr", in: group), let indices = try indices(in: group) else {
      throw AnnDataError.wrongType(
        path: group.path, found: "another type", expected: "whole numbers in indices and indptr", file: file)
    }
    guard let values = try NumericArray(try group.dataset("data")) else { return nil }
    let matrix = SparseArray(
      layout: layout, rows: shape[0], columns: shape[1], indptr: indptr, indices: indices, values: values)
    if let flaw = matrix.flaw { throw AnnDataError.inconsistent(path: group.path, detail: flaw, file: file) }
    return matrix
  }

  private func integers(_ name: String, in group: H5Group) throws -> [Int]? {
    switch try NumericArray(try group.dataset(name)) {
    case .int64(let v): v.map { Int($0) }
    case .uint64(let v): v.map { Int(clamping: $0) }
    case .uint32(let v): v.map { Int($0) }
    case let other?: other.codes.map { $0.map(Int.init) }
    case nil: nil
    }
  }

  private func indices(in group: H5Group) throws -> [Int32]? {
    // A column beyond Int32 is out of range in any case; -2 says so.
    try NumericArray(try group.dataset("indices"))?.codes
  }
}
