internal import CHDF5

/// A group: names that lead to groups and datasets.
public final class H5Group: H5Object {
  static func open(_ context: FileContext, at location: hid_t, name: String, path: String) throws -> H5Group {
    try H5Library.locked {
      guard let handle = Handle(H5Gopen2(location, name, hid_t(H5P_DEFAULT)), H5Gclose, of: context.life) else {
        throw H5Error.library(
          operation: "open", path: path, detail: H5Library.errorText(), file: context.name)
      }
      return H5Group(context, handle, path: path)
    }
  }

  /// The names in it: in the order of creation where the file keeps that, otherwise sorted by bytes.
  public func names() throws -> [String] {
    try H5Library.locked {
      final class Names { var list: [String] = [] }
      let names = Names()
      let collect: H5L_iterate_t = { _, name, _, context in
        guard let name, let context else { return -1 }
        Unmanaged<Names>.fromOpaque(context).takeUnretainedValue().list.append(String(cString: name))
        return 0
      }
      var position: hsize_t = 0
      let order = keepsCreationOrder() ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME
      try check(
        H5Literate(
          handle.id, order, H5_ITER_INC, &position, collect, Unmanaged.passUnretained(names).toOpaque()),
        "list")
      return names.list
    }
  }

  private func keepsCreationOrder() -> Bool {
    guard let plist = Handle(H5Gget_create_plist(handle.id), H5Pclose) else { return false }
    var flags: UInt32 = 0
    return H5Pget_link_creation_order(plist.id, &flags) >= 0 && flags & UInt32(H5P_CRT_ORDER_TRACKED) != 0
  }

  /// What a name leads to; nil where there is no such name. Slashes separate the steps of a longer way.
  public func kind(of name: String) throws -> H5Kind? {
    try H5Library.locked {
      guard linkExists(name) else {
        H5Eclear2(hid_t(H5E_DEFAULT))
        return nil
      }
      guard H5Oexists_by_name(handle.id, name, hid_t(H5P_DEFAULT)) > 0 else {
        H5Eclear2(hid_t(H5E_DEFAULT))
        return .danglingLink
      }
      var info = H5O_info_t()
      try check(
        H5Oget_info_by_name2(handle.id, name, &info, UInt32(H5O_INFO_BASIC), hid_t(H5P_DEFAULT)), "look up", name)
      switch info.type {
      case H5O_TYPE_GROUP: return .group
      case H5O_TYPE_DATASET: return .dataset
      default: return .namedType
      }
    }
  }

  /// Every step of the way must exist for the library to look for the next.
  private func linkExists(_ name: String) -> Bool {
    let steps = name.split(separator: "/", omittingEmptySubsequences: false)
    var way = ""
    for step in steps {
      if step.isEmpty || step == "." || step.utf8.contains(0) { return false }
      way += way.isEmpty ? String(step) : "/" + step
      if H5Lexists(handle.id, way, hid_t(H5P_DEFAULT)) <= 0 { return false }
    }
    return true
  }

  /// Whether something of that name is there.
  public func contains(_ name: String) -> Bool { ((try? kind(of: name)) ?? nil) != nil }

  /// Opens a group in it.
  public func group(_ name: String) throws -> H5Group {
    try expect(.group, name)
    return try H5Group.open(context, at: handle.id, name: name, path: path.appendingKey(name))
  }

  /// Opens a dataset in it.
  public func dataset(_ name: String) throws -> H5Dataset {
    try expect(.dataset, name)
    return try H5Library.locked {
      guard let opened = Handle(H5Dopen2(handle.id, name, hid_t(H5P_DEFAULT)), H5Dclose, of: context.life) else {
        throw failure("open", name)
      }
      return try H5Dataset(opened: opened, in: context, path: path.appendingKey(name))
    }
  }

  private func expect(_ expected: H5Kind, _ name: String) throws {
    guard let kind = try kind(of: name) else {
      throw H5Error.missing(name: name, group: path, available: (try? names()) ?? [], file: file)
    }
    guard kind == expected else {
      throw H5Error.wrongKind(
        path: path.appendingKey(name), expected: "a \(expected.rawValue)", found: "a \(kind.rawValue)", file: file)
    }
  }
}
