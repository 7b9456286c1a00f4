internal import CHDF5
import StomicsCore

/// How datasets are packed when written.
public enum H5Compression: Sendable, Equatable {
  case none
  /// Byte shuffle and deflate, 1 (fast) to 9 (small): every reader of HDF5 can unpack it.
  case gzip(level: Int)
}

/// A group that is written.
public final class H5OutputGroup: H5OutputObject {
  /// Creates a group in it.
  /// - Parameter keepsOrder: remembers the order in which members are made, and takes attributes of any size.
  public func createGroup(_ name: String, keepsOrder: Bool = false) throws -> H5OutputGroup {
    try H5Library.locked {
      guard let plist = Handle(H5Pcreate(stomics_h5p_group_create()), H5Pclose) else {
        throw failure("create", name)
      }
      // Without the time of making: equal data make equal files.
      H5Pset_obj_track_times(plist.id, false)
      if keepsOrder {
        let flags = UInt32(H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED)
        H5Pset_link_creation_order(plist.id, flags)
        H5Pset_attr_creation_order(plist.id, flags)
      }
      guard let links = linkPlist(),
        let created = Handle(
          H5Gcreate2(handle.id, name, links.id, plist.id, hid_t(H5P_DEFAULT)), H5Gclose,
          of: context.life)
      else { throw failure("create", name) }
      return H5OutputGroup(context, created, path: path.appendingKey(name))
    }
  }

  /// Writes numbers; an empty `shape` makes a single value.
  @discardableResult
  public func write<Number: H5Number>(
    _ name: String, _ values: [Number], shape: [Int]? = nil, compression: H5Compression = .none
  ) throws -> H5OutputDataset {
    try values.withUnsafeBytes {
      try write(name, bytes: $0, as: Number.scalar, shape: shape ?? [values.count], compression: compression)
    }
  }

  /// Writes truth values as h5py does: an enumeration FALSE, TRUE.
  @discardableResult
  public func write(
    _ name: String, _ values: [Bool], shape: [Int]? = nil, compression: H5Compression = .none
  ) throws -> H5OutputDataset {
    try values.map { $0 ? 1 : 0 as Int8 }.withUnsafeBytes {
      try write(name, bytes: $0, as: .bool, shape: shape ?? [values.count], compression: compression)
    }
  }

  private func write(
    _ name: String, bytes: UnsafeRawBufferPointer, as scalar: H5Scalar, shape: [Int], compression: H5Compression
  ) throws -> H5OutputDataset {
    let count = shape.reduce(1, *)
    precondition(bytes.count == count * scalar.bytes, "\(bytes.count) bytes for shape \(shape)")
    guard case .gzip(let level) = compression, bytes.count > 1024, !shape.isEmpty else {
      let type = try fileType(scalar, name)
      let dataset = try create(name, type: type, shape: shape, plist: nil)
      if count > 0 { try dataset.writeAll(bytes.baseAddress, memoryType: type.id) }
      return dataset
    }
    let chunk = ChunkWriter.chunkShape(shape, elementBytes: scalar.bytes)
    let dataset = try H5Library.locked {
      let plist = try chunkedPlist(name, chunk: chunk, shuffled: scalar.bytes > 1, level: level)
      return try create(name, type: try fileType(scalar, name), shape: shape, plist: plist)
    }
    try ChunkWriter(dataset, chunk: chunk, elementBytes: scalar.bytes, level: level).write(bytes)
    return dataset
  }

  /// Writes strings of varying length, UTF-8; an empty `shape` makes a single string. A NUL ends a string.
  @discardableResult
  public func write(
    _ name: String, strings: [String], shape: [Int]? = nil, compression: H5Compression = .none
  ) throws -> H5OutputDataset {
    let shape = shape ?? [strings.count]
    precondition(strings.count == shape.reduce(1, *), "\(strings.count) strings for shape \(shape)")
    return try H5Library.locked {
      guard let type = H5Types.variable() else { throw failure("create", name) }
      var plist: Handle?
      if case .gzip(let level) = compression, strings.count > 64, !shape.isEmpty {
        let chunk = ChunkWriter.chunkShape(shape, elementBytes: GlobalHeap.referenceBytes)
        plist = try chunkedPlist(name, chunk: chunk, shuffled: true, level: level)
      }
      let dataset = try create(name, type: type, shape: shape, plist: plist)
      if !strings.isEmpty {
        try H5Types.withPointers(to: strings) { try dataset.writeAll($0, memoryType: type.id) }
      }
      return dataset
    }
  }

  /// Writes a dataset without a value (an empty dataspace), as h5py's `Empty`.
  @discardableResult
  public func writeNull(_ name: String) throws -> H5OutputDataset {
    try H5Library.locked {
      guard let type = Handle(H5Tcopy(stomics_h5t_float()), H5Tclose) else { throw failure("create", name) }
      return try createNull(name, type: type)
    }
  }

  // MARK: Pieces

  func createNull(_ name: String, type: Handle) throws -> H5OutputDataset {
    guard let space = Handle(H5Screate(H5S_NULL), H5Sclose) else { throw failure("create", name) }
    return try create(name, type: type.id, space: space.id, shape: [], plist: nil)
  }

  func create(_ name: String, type: Handle, shape: [Int], plist: Handle?) throws -> H5OutputDataset {
    try H5Library.locked {
      let extent = shape.map { hsize_t($0) }
      let space =
        shape.isEmpty
        ? Handle(H5Screate(H5S_SCALAR), H5Sclose)
        : Handle(H5Screate_simple(Int32(shape.count), extent, nil), H5Sclose)
      guard let space else { throw failure("create", name) }
      return try create(name, type: type.id, space: space.id, shape: shape, plist: plist)
    }
  }

  private func create(_ name: String, type: hid_t, space: hid_t, shape: [Int], plist: Handle?) throws -> H5OutputDataset
  {
    guard let links = linkPlist(), let plist = plist ?? Handle(H5Pcreate(stomics_h5p_dataset_create()), H5Pclose),
      // Without the time of writing: equal data make equal files.
      H5Pset_obj_track_times(plist.id, false) >= 0,
      let created = Handle(
        H5Dcreate2(handle.id, name, type, space, links.id, plist.id, hid_t(H5P_DEFAULT)), H5Dclose,
        of: context.life)
    else { throw failure("create", name) }
    return H5OutputDataset(context, created, path: path.appendingKey(name), shape: shape)
  }

  private func fileType(_ scalar: H5Scalar, _ name: String) throws -> Handle {
    try H5Library.locked {
      let type =
        scalar == .bool ? H5Types.boolean() : Handle(H5Tcopy(scalar.nativeID), H5Tclose)
      guard let type else { throw failure("create", name) }
      return type
    }
  }

  private func chunkedPlist(_ name: String, chunk: [Int], shuffled: Bool, level: Int) throws -> Handle {
    guard let plist = Handle(H5Pcreate(stomics_h5p_dataset_create()), H5Pclose),
      H5Pset_chunk(plist.id, Int32(chunk.count), chunk.map { hsize_t($0) }) >= 0,
      !shuffled || H5Pset_shuffle(plist.id) >= 0,
      H5Pset_deflate(plist.id, UInt32(clamping: level)) >= 0
    else { throw failure("create", name) }
    return plist
  }

  /// Names of links are UTF-8; groups on the way to a name with slashes are made.
  private func linkPlist() -> Handle? {
    guard let plist = Handle(H5Pcreate(stomics_h5p_link_create()), H5Pclose),
      H5Pset_char_encoding(plist.id, H5T_CSET_UTF8) >= 0, H5Pset_create_intermediate_group(plist.id, 1) >= 0
    else { return nil }
    return plist
  }
}
