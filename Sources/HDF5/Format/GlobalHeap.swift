/// Reads strings and lists of varying length from a file's global heap, every offset checked.
/// - Source: HDF5 File Format Specification 3.0, III.E, and IV.A.2.d for the references.
final class GlobalHeap {
  private unowned let file: FileContext
  private var collections: [Int: Collection] = [:]
  private var keptBytes = 0

  /// One stretch of the heap and where its objects lie in it.
  private struct Collection {
    var bytes: [UInt8]
    /// By the objects' numbers; empty for those that do not exist.
    var objects: [Range<Int>]
  }

  /// Bytes of a reference in a file with addresses of 8 bytes: length, address of the collection, number.
  static let referenceBytes = 16
  /// Collections are kept for the next reader up to this many bytes: strings are read in their order.
  private static let mostKept = 16 << 20

  init(_ file: FileContext) { self.file = file }

  /// The string that the reference at `offset` leads to; empty for a null reference.
  func string(_ references: UnsafeRawBufferPointer, at offset: Int) throws -> String {
    try object(references, at: offset, elementBytes: 1) { bytes in
      // Writers that count the closing NUL, or pad with more, mean the text before it.
      String(
        decoding: bytes.firstIndex(of: 0).map { UnsafeRawBufferPointer(rebasing: bytes[..<$0]) } ?? bytes, as: UTF8.self
      )
    } ?? ""
  }

  /// Calls `body` with the bytes of a list of elements of `elementBytes` each; nil for a null reference.
  func object<Value>(
    _ references: UnsafeRawBufferPointer, at offset: Int, elementBytes: Int,
    _ body: (UnsafeRawBufferPointer) throws -> Value
  ) throws -> Value? {
    let count = Int(references.loadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian)
    let address = references.loadUnaligned(fromByteOffset: offset + 4, as: UInt64.self).littleEndian
    let index = Int(references.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self).littleEndian)
    if count == 0 || address == 0 || address == .max { return nil }
    guard let start = Int(exactly: address) else { throw Malformed("no heap at \(address)") }
    let (length, overflow) = count.multipliedReportingOverflow(by: elementBytes)
    let collection = try collection(at: start)
    guard collection.objects.indices.contains(index), !collection.objects[index].isEmpty else {
      throw Malformed("object \(index) of the heap at \(address) does not exist")
    }
    let range = collection.objects[index]
    guard !overflow, length <= range.count else {
      throw Malformed("\(length) bytes in a heap object of \(range.count)")
    }
    return try collection.bytes.withUnsafeBytes {
      try body(UnsafeRawBufferPointer(rebasing: $0[range.lowerBound..<range.lowerBound + length]))
    }
  }

  private func collection(at address: Int) throws -> Collection {
    if let known = collections[address] { return known }
    var head = try file.metadata(at: address, count: 8 + file.widths.length)
    try head.expect("GCOL")
    _ = try head.expectVersion(1...1, of: "a heap")
    try head.skip(3)
    let size = try head.length(file.widths)
    let first = head.position
    guard size >= first else { throw Malformed("a heap of \(size) bytes") }
    let bytes = try file.bytes.bytes(at: file.place(of: address), count: size)
    var reader = ByteReader(bytes)
    try reader.skip(first)
    var objects: [Range<Int>] = []
    // Index 0 is the free space that ends the collection; too little room for a head ends it too.
    while reader.remaining >= 8 + file.widths.length {
      let index = try reader.integer(2)
      try reader.skip(6)
      let length = try reader.length(file.widths)
      guard index != 0, length <= reader.remaining else { break }
      if index >= objects.count { objects += [Range<Int>](repeating: 0..<0, count: index + 1 - objects.count) }
      objects[index] = reader.position..<reader.position + length
      try reader.skip(min(reader.remaining, (length + 7) & ~7))
    }
    if keptBytes > GlobalHeap.mostKept {
      collections.removeAll()
      keptBytes = 0
    }
    let collection = Collection(bytes: bytes, objects: objects)
    collections[address] = collection
    keptBytes += size + objects.count * MemoryLayout<Range<Int>>.stride
    return collection
  }
}
