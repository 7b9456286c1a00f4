internal import CHDF5
import Glibc

/// Finds an attribute's bytes in an object header, every offset checked.
///
/// The library converts references to strings while it reads an attribute, and crashes on those of a damaged file; this
/// reader takes the references as they lie there, for `GlobalHeap` to follow.
/// - Source: HDF5 File Format Specification 3.0, IV.A.1 (object headers) and IV.A.2.m (the attribute message).
struct ObjectHeader {
  private let raw: RawBytes
  private static let attributeMessage = 0x0C
  private static let continuationMessage = 0x10
  /// A header in more pieces is taken for a loop.
  private static let mostPieces = 1000

  init(_ raw: RawBytes) { self.raw = raw }

  /// The values of the attribute `name` of the object whose header lies at `address`; nil where the attribute is not in
  /// the header itself (kept densely, shared) or the header is of another form.
  func attribute(_ name: String, at address: UInt64) -> [UInt8]? {
    guard let start = Int(exactly: address), let head = raw.read(at: start, count: 64) ?? raw.readUpToEnd(at: start, 64)
    else { return nil }
    if head.bytes(0, 4) == Array("OHDR".utf8) { return attributeVersion2(name, start, head) }
    guard head.integer(0, 1) == 1, let size = head.integer(8, 4) else { return nil }
    return search(name, pieces: [(start + 16, size)], version: 1, ordered: false)
  }

  private func attributeVersion2(_ name: String, _ start: Int, _ head: Bytes) -> [UInt8]? {
    guard head.integer(4, 1) == 2, let flags = head.integer(5, 1) else { return nil }
    var position = 6
    if flags & 0x20 != 0 { position += 16 }
    if flags & 0x10 != 0 { position += 4 }
    let width = 1 << (flags & 3)
    guard let size = head.integer(position, width) else { return nil }
    return search(name, pieces: [(start + position + width, size)], version: 2, ordered: flags & 4 != 0)
  }

  /// Goes through the messages of the first piece and of those it leads to.
  private func search(_ name: String, pieces first: [(Int, Int)], version: Int, ordered: Bool) -> [UInt8]? {
    var pieces = first
    var next = 0
    while next < pieces.count, next < ObjectHeader.mostPieces {
      let (start, size) = pieces[next]
      next += 1
      guard let piece = raw.read(at: start, count: size) else { return nil }
      let prefix = version == 1 ? 8 : ordered ? 6 : 4
      var position = 0
      while position + prefix <= size {
        let kind = version == 1 ? piece.integer(position, 2) : piece.integer(position, 1)
        let length = version == 1 ? piece.integer(position + 2, 2) : piece.integer(position + 1, 2)
        let flags = version == 1 ? piece.integer(position + 4, 1) : piece.integer(position + 3, 1)
        guard let kind, let length, let flags, let body = piece.slice(position + prefix, length) else { break }
        // Flag 2: the message itself lies elsewhere.
        if kind == ObjectHeader.attributeMessage, flags & 2 == 0, let values = values(of: name, in: body) {
          return values
        }
        if kind == ObjectHeader.continuationMessage, let at = body.integer(0, 8), let count = body.integer(8, 8) {
          // The second form has a signature before and a checksum behind.
          pieces.append(version == 1 ? (at, count) : (at + 4, count - 8))
        }
        position += prefix + length
      }
    }
    return nil
  }

  /// The values of an attribute message, where it is of that name.
  private func values(of name: String, in body: Bytes) -> [UInt8]? {
    guard let version = body.integer(0, 1), (1...3).contains(version), let nameBytes = body.integer(2, 2),
      let typeBytes = body.integer(4, 2), let spaceBytes = body.integer(6, 2)
    else { return nil }
    let start = version == 3 ? 9 : 8
    guard let found = body.bytes(start, nameBytes), found.prefix(while: { $0 != 0 }).elementsEqual(name.utf8) else {
      return nil
    }
    func padded(_ count: Int) -> Int { version == 1 ? (count + 7) & ~7 : count }
    let values = start + padded(nameBytes) + padded(typeBytes) + padded(spaceBytes)
    return body.bytes(values, body.count - values)
  }
}

/// Bytes with checked access; little-endian, as all metadata of HDF5.
struct Bytes {
  private let content: ArraySlice<UInt8>

  init(_ content: ArraySlice<UInt8>) { self.content = content }

  var count: Int { content.count }

  func slice(_ offset: Int, _ count: Int) -> Bytes? {
    guard offset >= 0, count >= 0, offset <= content.count, count <= content.count - offset else { return nil }
    let start = content.startIndex + offset
    return Bytes(content[start..<start + count])
  }

  func bytes(_ offset: Int, _ count: Int) -> [UInt8]? { slice(offset, count).map { Array($0.content) } }

  /// An unsigned number of `width` bytes; nil where it lies outside or does not fit.
  func integer(_ offset: Int, _ width: Int) -> Int? {
    guard let slice = slice(offset, width) else { return nil }
    return Int(exactly: slice.content.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) })
  }
}

/// Reads from the file that the library has open, past the library. Offsets count from the end of the user block.
struct RawBytes {
  private let descriptor: Int32
  private let base: Int
  /// Bytes behind the user block.
  let size: Int

  /// Nil where the file's addresses or lengths are not 8 bytes, or it is not one plain file.
  init?(_ context: FileContext) {
    let found = H5Library.locked { () -> (Int32, Int)? in
      guard let plist = Handle(H5Fget_create_plist(context.handle.id), H5Pclose) else { return nil }
      var userBlock: hsize_t = 0
      var addressBytes = 0
      var lengthBytes = 0
      var file: UnsafeMutableRawPointer?
      guard H5Pget_userblock(plist.id, &userBlock) >= 0,
        H5Pget_sizes(plist.id, &addressBytes, &lengthBytes) >= 0, addressBytes == 8, lengthBytes == 8,
        H5Fget_vfd_handle(context.handle.id, hid_t(H5P_DEFAULT), &file) >= 0, let file,
        userBlock <= hsize_t(context.size)
      else { return nil }
      return (file.load(as: Int32.self), Int(userBlock))
    }
    guard let (descriptor, base) = found, descriptor >= 0 else { return nil }
    self.descriptor = descriptor
    self.base = base
    size = context.size - base
  }

  /// `count` bytes; nil where they reach beyond the file.
  func read(at offset: Int, count: Int) -> Bytes? {
    guard offset >= 0, count >= 0, offset <= size, count <= size - offset else { return nil }
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
      initialised = max(0, pread(descriptor, buffer.baseAddress, count, off_t(base + offset)))
    }
    return bytes.count == count ? Bytes(bytes[...]) : nil
  }

  /// As many of `count` bytes as the file has.
  func readUpToEnd(at offset: Int, _ count: Int) -> Bytes? { read(at: offset, count: min(count, size - offset)) }
}
