/// Reads strings of varying length from a file's global heap, every offset checked.
///
/// libhdf5 1.10 trusts the heap of a damaged file and crashes; this decoder reads the raw bytes itself.
/// - Source: HDF5 File Format Specification 3.0, III.E "Global heap" and IV.A.2.d (variable-length references).
final class GlobalHeap {
  private let raw: RawBytes
  private let file: String
  private var collections: [Int: Collection] = [:]

  /// One stretch of the heap and where its objects lie in it.
  private struct Collection {
    var bytes: Bytes
    var objects: [Int: Range<Int>] = [:]
  }

  /// Bytes of a reference as a file with 8-byte addresses holds it: length, address of the collection, index.
  static let referenceBytes = 16

  /// Nil for files whose bytes cannot be had (`RawBytes`).
  init?(_ context: FileContext) {
    guard let raw = RawBytes(context) else { return nil }
    self.raw = raw
    file = context.name
  }

  /// The string that a 16-byte reference at `offset` of `references` leads to; empty for a null reference.
  /// - Parameter path: the object it belongs to, for errors.
  func string(_ references: UnsafeRawBufferPointer, at offset: Int, path: String) throws -> String {
    let length = Int(references.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    let address = references.loadUnaligned(fromByteOffset: offset + 4, as: UInt64.self)
    let index = Int(references.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
    if length == 0 || address == 0 || address == .max { return "" }
    func damaged(_ detail: String) -> H5Error { .damaged(path: path, detail: detail, file: file) }
    guard let collection = try collection(at: address) else { throw damaged("no heap at \(address)") }
    guard let range = collection.objects[index] else {
      throw damaged("object \(index) of the heap at \(address) does not exist")
    }
    guard length <= range.count, let text = collection.bytes.bytes(range.lowerBound, length) else {
      throw damaged("a string of \(length) bytes in a heap object of \(range.count)")
    }
    // Writers that count the closing NUL, or pad with more, mean the text before it.
    return String(decoding: text.firstIndex(of: 0).map { text[..<$0] } ?? text[...], as: UTF8.self)
  }

  private func collection(at address: UInt64) throws -> Collection? {
    guard let start = Int(exactly: address) else { return nil }
    if let known = collections[start] { return known }
    guard let head = raw.read(at: start, count: 16), head.bytes(0, 5) == Array("GCOL".utf8) + [1],
      let size = head.integer(8, 8), size >= 16, let bytes = raw.read(at: start, count: size)
    else { return nil }
    var collection = Collection(bytes: bytes)
    var position = 16
    while position + 16 <= size, let index = bytes.integer(position, 2), let length = bytes.integer(position + 8, 8) {
      // Index 0 is the free space that ends the collection.
      guard index != 0, length <= size - position - 16 else { break }
      collection.objects[index] = position + 16..<position + 16 + length
      position += 16 + (length + 7) & ~7
    }
    collections[start] = collection
    return collection
  }
}
