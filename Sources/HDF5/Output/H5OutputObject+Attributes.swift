internal import CHDF5

extension H5OutputObject {
  /// Sets a text attribute: one UTF-8 string of varying length.
  public func setAttribute(_ name: String, _ value: String) throws {
    try setStrings(name, [value], shape: [])
  }

  /// Sets an attribute of several strings.
  public func setAttribute(_ name: String, _ values: [String]) throws {
    try setStrings(name, values, shape: [values.count])
  }

  /// Sets an attribute of whole numbers (int64).
  public func setAttribute(_ name: String, _ values: [Int]) throws {
    try H5Library.locked {
      try write(name, type: stomics_h5t_int64(), shape: [values.count], values.map { Int64($0) })
    }
  }

  /// Sets a truth value as h5py does.
  public func setAttribute(_ name: String, _ value: Bool) throws {
    try H5Library.locked {
      guard let type = H5Types.boolean() else { throw failure("write attribute '\(name)' of") }
      try write(name, type: type.id, shape: [], [value ? 1 : 0 as Int8])
    }
  }

  private func setStrings(_ name: String, _ values: [String], shape: [Int]) throws {
    try H5Library.locked {
      guard let type = H5Types.variable() else { throw failure("write attribute '\(name)' of") }
      if values.isEmpty {
        // As anndata does: an empty list is an empty array of numbers.
        try write(name, type: stomics_h5t_double(), shape: [0], [Double]())
        return
      }
      try H5Types.withPointers(to: values) { try write(name, type: type.id, shape: shape, pointer: $0) }
    }
  }

  private func write<Value>(_ name: String, type: hid_t, shape: [Int], _ values: [Value]) throws {
    try values.withUnsafeBytes { try write(name, type: type, shape: shape, pointer: $0.baseAddress) }
  }

  func write(_ name: String, type: hid_t, shape: [Int], pointer: UnsafeRawPointer?) throws {
    let space =
      shape.isEmpty
      ? Handle(H5Screate(H5S_SCALAR), H5Sclose)
      : Handle(H5Screate_simple(Int32(shape.count), shape.map { hsize_t($0) }, nil), H5Sclose)
    guard let space,
      let attribute = Handle(
        H5Acreate2(handle.id, name, type, space.id, hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT)), H5Aclose, of: context.life)
    else { throw failure("write attribute '\(name)' of") }
    if !shape.contains(0) { try check(H5Awrite(attribute.id, type, pointer), "write attribute '\(name)' of") }
  }
}
