internal import CHDF5
import Glibc

/// Reads strings of varying length from a file's global heap, every offset checked.
///
/// libhdf5 1.10 trusts the heap of a damaged file and crashes; this decoder reads the raw bytes itself.
/// - Source: HDF5 File Format Specification 3.0, III.E "Global heap" and IV.A.2.d (variable-length references).
final class GlobalHeap {
  private let path: String
  private let context: FileContext
  private let descriptor: Int32
  /// Addresses count from here: the size of a user block, mostly 0.
  private let base: Int
  private var collections: [UInt64: Collection] = [:]

  /// One stretch of the heap and where its objects lie in it.
  private struct Collection {
    var bytes: [UInt8]
    var objects: [UInt32: Range<Int>]
  }

  /// Bytes of a reference as a file with 8-byte addresses holds it: length, address of the collection, index.
  static let referenceBytes = 16

  /// Nil where the file's addresses or lengths are not 8 bytes, or it is not one plain file.
  init?(_ context: FileContext, path: String) {
    self.context = context
    self.path = path
    var descriptor: Int32 = -1
    var base = 0
    let usable = H5Library.locked { () -> Bool in
      guard let plist = Handle(H5Fget_create_plist(context.handle.id), H5Pclose) else { return false }
      var userBlock: hsize_t = 0
      var addressBytes = 0
      var lengthBytes = 0
      var file: UnsafeMutableRawPointer?
      guard H5Pget_userblock(plist.id, &userBlock) >= 0,
        H5Pget_sizes(plist.id, &addressBytes, &lengthBytes) >= 0, addressBytes == 8, lengthBytes == 8,
        H5Fget_vfd_handle(context.handle.id, hid_t(H5P_DEFAULT), &file) >= 0, let file
      else { return false }
      base = Int(clamping: userBlock)
      descriptor = file.load(as: Int32.self)
      return true
    }
    guard usable, descriptor >= 0 else { return nil }
    self.descriptor = descriptor
    self.base = base
  }

  /// The string that a 16-byte reference at `offset` of `references` leads to; empty for a null reference.
  func string(_ references: UnsafeRawBufferPointer, at offset: Int) throws -> String {
    let length = Int(references.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    let address = references.loadUnaligned(fromByteOffset: offset + 4, as: UInt64.self)
    let index = references.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self)
    if length == 0 || address == 0 || address == .max { return "" }
    let collection = try collection(at: address)
    guard let range = collection.objects[index] else {
      throw damaged("object \(index) of the heap at \(address) does not exist")
    }
    guard length <= range.count else {
      throw damaged("a string of \(length) bytes in a heap object of \(range.count)")
    }
    // Writers that count the closing NUL, or pad with more, mean the text before it.
    let text = collection.bytes[range.lowerBound..<range.lowerBound + length]
    return String(decoding: text.firstIndex(of: 0).map { text[..<$0] } ?? text, as: UTF8.self)
  }

  private func collection(at address: UInt64) throws -> Collection {
    if let known = collections[address] { return known }
    let collection = try load(address)
    collections[address] = collection
    return collection
  }

  private func load(_ address: UInt64) throws -> Collection {
    guard let start = Int(exactly: address), start <= context.size - base - 16 else {
      throw damaged("a heap at \(address), beyond the end of the file")
    }
    let head = try read(at: start + base, count: 16)
    guard head.starts(with: "GCOL".utf8), head[4] == 1 else { throw damaged("no heap at \(address)") }
    let size = head.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self) }
    guard size >= 16, size <= UInt64(context.size - base - start) else {
      throw damaged("the heap at \(address) claims \(size) bytes")
    }
    let bytes = try read(at: start + base, count: Int(size))
    var objects: [UInt32: Range<Int>] = [:]
    bytes.withUnsafeBytes { bytes in
      var position = 16
      while position + 16 <= bytes.count {
        let index = UInt32(bytes.loadUnaligned(fromByteOffset: position, as: UInt16.self))
        let length = bytes.loadUnaligned(fromByteOffset: position + 8, as: UInt64.self)
        // Index 0 is the free space that ends the collection.
        guard index != 0, length <= UInt64(bytes.count - position - 16) else { break }
        objects[index] = position + 16..<position + 16 + Int(length)
        position += 16 + (Int(length) + 7) & ~7
      }
    }
    return Collection(bytes: bytes, objects: objects)
  }

  private func read(at offset: Int, count: Int) throws -> [UInt8] {
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
      initialised = max(0, pread(descriptor, buffer.baseAddress, count, off_t(offset)))
    }
    guard bytes.count == count else { throw damaged("the heap at \(offset) ends early") }
    return bytes
  }

  private func damaged(_ detail: String) -> H5Error { .damaged(path: path, detail: detail, file: context.name) }
}
