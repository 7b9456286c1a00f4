/// A file that is read: its name for messages, its bytes, and what its objects share.
final class FileContext {
  let name: String
  let bytes: FileBytes
  let superblock: Superblock
  /// Files that external links led to, by path; they stay open as long as this one.
  private var linked: [String: FileContext] = [:]
  /// Files on the way here by external links.
  private let depth: Int
  private(set) lazy var heap = GlobalHeap(self)
  /// Bytes that may still be made up for elements that were never written, by the headers of their datasets.
  private var unwritten: [Int: Int] = [:]
  private lazy var sharedMessages = Result { try SharedMessages(self) }

  init(name: String, bytes: FileBytes, superblock: Superblock, depth: Int = 0) {
    self.name = name
    self.bytes = bytes
    self.superblock = superblock
    self.depth = depth
  }

  /// Bytes of the whole file: the bound for everything it claims.
  var size: Int { bytes.size }
  var widths: FieldWidths { superblock.widths }
  /// Bytes of a reference into the global heap: length, address, number.
  var referenceBytes: Int { 8 + widths.address }

  /// Bytes at an address, as the file counts addresses.
  func metadata(at address: Int, count: Int) throws -> ByteReader {
    ByteReader(try bytes.bytes(at: try place(of: address), count: count))
  }

  /// As many of `count` bytes as the file has.
  func metadata(at address: Int, upTo count: Int) throws -> ByteReader {
    let start = try place(of: address)
    return ByteReader(try bytes.bytes(at: start, count: max(0, min(count, size - start))))
  }

  /// Where an address lies, counted from the file's first byte.
  func place(of address: Int) throws -> Int {
    let (place, overflow) = address.addingReportingOverflow(superblock.base)
    guard address >= 0, !overflow, place <= size else { throw Malformed("address \(address) lies outside the file") }
    return place
  }

  /// Elements that were never written take no room in the file, so the file does not bound them: together they may come
  /// to 64 MiB and the file's own size.
  func allowUnwritten(_ bytes: Int, of header: Int) throws {
    let others = unwritten.reduce(0) { $1.key == header ? $0 : $0 + $1.value }
    guard bytes <= (64 << 20) + size - others else { throw Malformed("\(bytes) bytes that were never written") }
    unwritten[header] = bytes
  }

  /// Runs a reader and says of what it finds wrong which object of which file it is.
  func describing<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as Malformed {
      throw H5Error.damaged(path: path, detail: error.detail, file: name)
    }
  }

  /// A message that lies in another object's header, or in the heap of shared messages.
  /// - Source: HDF5 File Format Specification 3.0, IV.A.2 "shared message".
  func sharedMessage(_ reference: ByteReader, _ kind: ObjectHeader.Kind) throws -> ByteReader {
    var reader = reference
    let version = try reader.expectVersion(1...3, of: "a shared message")
    let place = try reader.byte()
    if version == 3, place == 1 { return try sharedMessages.get().message(try reader.array(8), kind) }
    if version == 1 { try reader.skip(6 + widths.length) }
    guard let address = try reader.address(widths) else { throw Malformed("a shared message that is nowhere") }
    guard let message = try ObjectHeader(self, at: address).messages.first(where: { $0.kind == kind }),
      !message.isShared
    else { throw Malformed("a shared message that is not where it should be") }
    return message.body
  }

  /// The file that an external link names: as it stands, or beside this one.
  func linkedFile(_ path: String) throws -> FileContext {
    if let known = linked[path] { return known }
    guard depth < 16 else { throw Malformed("links through more than 16 files") }
    let folder = name.lastIndex(of: "/").map { String(name[...$0]) } ?? ""
    let candidates: [String] = path.hasPrefix("/") ? [path, folder + lastStep(path)] : [folder + path, path]
    var failure: (any Error)?
    for candidate in candidates {
      do {
        let file = try FileContext.open(candidate, depth: depth + 1)
        linked[path] = file
        return file
      } catch {
        failure = failure ?? error
      }
    }
    throw failure ?? Malformed("a link to no file")
  }

  private func lastStep(_ path: String) -> Substring { path.split(separator: "/").last ?? "" }
}

/// Messages that many objects share, kept in heaps of their own.
/// - Source: HDF5 File Format Specification 3.0, III.F and IV.A.2.p.
struct SharedMessages {
  private unowned let file: FileContext
  private var heaps: [(kinds: Int, heap: Int)] = []

  init(_ file: FileContext) throws {
    self.file = file
    guard let address = file.superblock.extensionHeader,
      var message = try ObjectHeader(file, at: address).first(.sharedMessageTable, in: file)
    else { throw Malformed("a message in a table of shared ones, and no such table") }
    _ = try message.expectVersion(0...0, of: "a table of shared messages")
    guard let table = try message.address(file.widths) else { throw Malformed("a table of shared messages nowhere") }
    let count = try message.byte()
    guard count <= 8 else { throw Malformed("\(count) tables of shared messages") }
    var reader = try file.metadata(at: table, count: 4 + count * (14 + 2 * file.widths.address) + 4)
      .verified("a table of shared messages")
    try reader.expect("SMTB")
    for _ in 0..<count {
      try reader.skip(2)
      let kinds = try reader.integer(2)
      try reader.skip(4 + 2 + 2 + 2)
      _ = try reader.address(file.widths)
      if let heap = try reader.address(file.widths) { heaps.append((kinds, heap)) }
    }
  }

  func message(_ id: [UInt8], _ kind: ObjectHeader.Kind) throws -> ByteReader {
    guard let heap = heaps.first(where: { $0.kinds >> kind.rawValue & 1 == 1 })?.heap else {
      throw Malformed("a shared message in no table")
    }
    return try FractalHeap(file, at: heap).object(id)
  }
}
