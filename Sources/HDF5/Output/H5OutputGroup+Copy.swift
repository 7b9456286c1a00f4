internal import CHDF5
import StomicsCore

extension H5OutputGroup {
  /// Copies a group or dataset from a file that is read, with everything in it, value for value.
  ///
  /// Links are followed, so what they lead to is copied. Types stay as they are; datasets become uncompressed.
  /// - Throws: `H5Error.cannotCopy` for references to other objects and for types of unknown kinds.
  public func copy(_ sourceName: String, from source: H5Group, as name: String) throws {
    var onTheWay: Set<H5Identity> = []
    try copy(sourceName, from: source, as: name, &onTheWay)
  }

  private func copy(
    _ sourceName: String, from source: H5Group, as name: String, _ onTheWay: inout Set<H5Identity>
  ) throws {
    let path = source.path.appendingKey(sourceName)
    switch try source.kind(of: sourceName) {
    case .group:
      let group = try source.group(sourceName)
      guard onTheWay.count < 64, onTheWay.insert(group.identity).inserted else {
        throw H5Error.cannotCopy(path: path, reason: "it contains itself, by a link", file: source.file)
      }
      let made = try createGroup(name, keepsOrder: try group.allAttributes().contains { $0.values.count > 1 << 15 })
      try made.copyAttributes(of: group)
      for member in try group.names() { try made.copy(member, from: group, as: member, &onTheWay) }
      onTheWay.remove(group.identity)
    case .dataset:
      let dataset = try source.dataset(sourceName)
      let made = try copy(dataset, as: name)
      try made.copyAttributes(of: dataset)
    case .namedType, .danglingLink:
      throw H5Error.cannotCopy(path: path, reason: "it is neither a group nor a dataset", file: source.file)
    case nil:
      throw H5Error.missing(name: sourceName, group: source.path, available: try source.names(), file: source.file)
    }
  }

  private func copy(_ dataset: H5Dataset, as name: String) throws -> H5OutputDataset {
    let values = try dataset.isNull ? [] : dataset.readBytes()
    let image = try dataset.context.describing(dataset.path) {
      try MemoryImage(values, of: dataset.type, count: dataset.count, in: dataset.context)
    }
    return try H5Library.locked {
      guard let type = dataset.type.libraryType(), let memoryType = dataset.type.memoryType() else {
        throw H5Error.cannotCopy(path: dataset.path, reason: "it holds \(dataset.type.name)", file: dataset.file)
      }
      if dataset.isNull { return try createNull(name, type: type) }
      let made = try create(name, type: type, shape: dataset.shape, plist: nil)
      if dataset.count > 0 { try made.writeAll(image.pointer, memoryType: memoryType.id) }
      return made
    }
  }
}

extension H5OutputObject {
  fileprivate func copyAttributes(of source: H5Object) throws {
    for attribute in try source.allAttributes() {
      let path = source.path + "@" + attribute.name
      let image = try source.context.describing(path) {
        try MemoryImage(attribute.values, of: attribute.type, count: attribute.count, in: source.context)
      }
      try H5Library.locked {
        guard let type = attribute.type.libraryType(), let memoryType = attribute.type.memoryType() else {
          throw H5Error.cannotCopy(path: path, reason: "it holds \(attribute.type.name)", file: source.file)
        }
        try write(
          attribute.name, type: type.id, memoryType: memoryType.id, space: attribute.space, pointer: image.pointer)
      }
    }
  }

  private func write(
    _ name: String, type: hid_t, memoryType: hid_t, space: Dataspace, pointer: UnsafeRawPointer?
  ) throws {
    let made =
      space.isNull
      ? Handle(H5Screate(H5S_NULL), H5Sclose)
      : space.shape.isEmpty
        ? Handle(H5Screate(H5S_SCALAR), H5Sclose)
        : Handle(H5Screate_simple(Int32(space.shape.count), space.shape.map { hsize_t($0) }, nil), H5Sclose)
    guard let made,
      let attribute = Handle(
        H5Acreate2(handle.id, name, type, made.id, hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT)), H5Aclose, of: context.life)
    else { throw failure("write attribute '\(name)' of") }
    if space.count > 0 { try check(H5Awrite(attribute.id, memoryType, pointer), "write attribute '\(name)' of") }
  }
}

extension H5Type {
  /// Bytes an element takes in memory, where a reference to the heap is a pointer, or a count and a pointer.
  fileprivate var memoryBytes: Int {
    switch self {
    case .variableString: MemoryLayout<UInt>.size
    case .variableArray: 2 * MemoryLayout<UInt>.size
    case .compound(_, let fields) where usesHeap: fields.reduce(0) { $0 + $1.type.memoryBytes }
    case .array(let element, let dimensions): dimensions.reduce(element.memoryBytes, *)
    default: fileBytes
    }
  }

  /// The library's type for the elements of a `MemoryImage`.
  fileprivate func memoryType() -> Handle? {
    guard usesHeap else { return libraryType() }
    switch self {
    case .compound(_, let fields):
      guard let type = Handle(H5Tcreate(H5T_COMPOUND, memoryBytes), H5Tclose) else { return nil }
      var offset = 0
      for field in fields {
        guard let member = field.type.memoryType(), H5Tinsert(type.id, field.name, offset, member.id) >= 0 else {
          return nil
        }
        offset += field.type.memoryBytes
      }
      return type
    case .array(let element, let dimensions):
      guard let base = element.memoryType() else { return nil }
      return Handle(H5Tarray_create2(base.id, UInt32(dimensions.count), dimensions.map { hsize_t($0) }), H5Tclose)
    case .variableArray(let element):
      guard let base = element.memoryType() else { return nil }
      return Handle(H5Tvlen_create(base.id), H5Tclose)
    default: return libraryType()
    }
  }
}

/// Elements as the library takes them: what lies in the file's heap stands behind pointers.
private final class MemoryImage {
  private var blocks: [UnsafeMutableRawBufferPointer] = []
  private let elements: UnsafeMutableRawBufferPointer
  /// Bytes that heap objects may still take: each lies in the file once.
  private var room: Int

  var pointer: UnsafeRawPointer? { UnsafeRawPointer(elements.baseAddress) }

  init(_ values: [UInt8], of type: H5Type, count: Int, in file: FileContext) throws {
    elements = .allocate(byteCount: count * type.memoryBytes, alignment: 16)
    room = 4 * file.size
    if !type.usesHeap {
      elements.copyBytes(from: values)
      return
    }
    try values.withUnsafeBytes { values in
      for k in 0..<count {
        try fill(elements, at: k * type.memoryBytes, from: values, at: k * type.fileBytes, type, file)
      }
    }
  }

  deinit {
    elements.deallocate()
    for block in blocks { block.deallocate() }
  }

  private func makeBlock(_ count: Int) throws -> UnsafeMutableRawBufferPointer {
    room -= count
    guard room >= 0 else { throw Malformed("more in its heap than the file has room for") }
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 16)
    blocks.append(block)
    return block
  }

  private func fill(
    _ target: UnsafeMutableRawBufferPointer, at place: Int, from source: UnsafeRawBufferPointer, at start: Int,
    _ type: H5Type, _ file: FileContext
  ) throws {
    switch type {
    case .variableString:
      let text = try file.heap.string(source, at: start)
      let block = try makeBlock(text.utf8.count + 1)
      block.copyBytes(from: text.utf8)
      block[text.utf8.count] = 0
      target.storeBytes(of: UInt(bitPattern: block.baseAddress), toByteOffset: place, as: UInt.self)
    case .variableArray(let element):
      let width = element.fileBytes
      var list: (count: Int, pointer: UInt) = (0, 0)
      try file.heap.object(source, at: start, elementBytes: width) { bytes in
        let copy = Array(bytes)
        let count = copy.count / width
        let block = try makeBlock(count * element.memoryBytes)
        try copy.withUnsafeBytes { copy in
          for k in 0..<count {
            try fill(block, at: k * element.memoryBytes, from: copy, at: k * width, element, file)
          }
        }
        list = (count, UInt(bitPattern: block.baseAddress))
      }
      target.storeBytes(of: UInt(list.count), toByteOffset: place, as: UInt.self)
      target.storeBytes(of: list.pointer, toByteOffset: place + MemoryLayout<UInt>.size, as: UInt.self)
    case .compound(_, let fields) where type.usesHeap:
      var offset = 0
      for field in fields {
        try fill(target, at: place + offset, from: source, at: start + field.offset, field.type, file)
        offset += field.type.memoryBytes
      }
    case .array(let element, let dimensions) where type.usesHeap:
      for k in 0..<dimensions.reduce(1, *) {
        try fill(
          target, at: place + k * element.memoryBytes, from: source, at: start + k * element.fileBytes, element, file)
      }
    default:
      for k in 0..<type.fileBytes { target[place + k] = source[start + k] }
    }
  }
}
