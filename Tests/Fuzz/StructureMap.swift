import Compression
import HDF5

/// Where in a file the parts lie that a reader looks at first, and which parts a checksum covers.
struct StructureMap: Sendable {
  /// Starts of structures: heads of tables, trees, heaps, chunks.
  private(set) var places: [Int] = []
  /// The part before this is left alone by most damage: with it the file would not even be opened.
  private(set) var guarded = 0
  /// The part that is text, in a file that is not all text.
  private(set) var text: Range<Int>?
  /// Covered bytes, each followed by a checksum of 4 bytes.
  private(set) var checksums: [Range<Int>] = []
  private let format: Kind.Format

  init(_ bytes: [UInt8], format: Kind.Format) {
    self.format = format
    switch format {
    case .hdf5: mapHDF5(bytes)
    case .png: mapPNG(bytes)
    case .safetensors:
      guard bytes.count >= 8 else { return }
      let length = bytes[..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
      if 8 + length <= bytes.count { text = 8..<8 + length }
      guarded = 8
    case .text, .bytes: break
    }
  }

  /// Makes the checksums fit the bytes again, and says how many did not.
  func repair(_ bytes: inout [UInt8]) -> Int {
    var changed = 0
    for range in checksums where range.upperBound + 4 <= bytes.count {
      let sum = format == .png ? bytes[range].withUnsafeBytes(Checksum.crc32) : Lookup3.hash(bytes[range])
      for k in 0..<4 {
        // PNG is big-endian, HDF5 little-endian.
        let byte = UInt8(truncatingIfNeeded: sum >> UInt32(8 * (format == .png ? 3 - k : k)))
        if bytes[range.upperBound + k] != byte {
          bytes[range.upperBound + k] = byte
          changed += 1
        }
      }
    }
    return (changed + 3) / 4
  }

  // MARK: HDF5

  /// Signatures of the structures of an HDF5 file (HDF5 File Format Specification 3.0, III and IV); those of the newer
  /// format, whose checksum is looked for, stand last.
  private static let plain = ["TREE", "HEAP", "SNOD", "GCOL"]
  private static let summed = [
    "OHDR", "OCHK", "FRHP", "FHDB", "FHIB", "BTHD", "BTLF", "BTIN", "FAHD", "FADB", "EAHD", "EAIB", "EASB", "EADB",
    "SMTB", "SMLI", "FSHD", "FSSE",
  ]

  private mutating func mapHDF5(_ bytes: [UInt8]) {
    guard bytes.count > 96 else { return }
    let version = bytes[8]
    guarded = version < 2 ? 96 : 48
    // Superblock 2 and 3: 44 bytes with addresses of 8 bytes, then the checksum.
    if version >= 2 { checksums.append(0..<44) }
    let plain = Set(Self.plain.map(word))
    let summed = Set(Self.summed.map(word))
    for i in stride(from: 0, to: bytes.count - 16, by: 1) {
      let found = bytes[i..<i + 4].reduce(0) { $0 << 8 | UInt32($1) }
      if plain.contains(found) {
        places.append(i)
      } else if summed.contains(found) {
        places.append(i)
        if let end = coveredEnd(bytes, from: i) { checksums.append(i..<end) }
      } else if i % 8 == 0, isOldObjectHeader(bytes, at: i) {
        places.append(i)
      }
    }
  }

  private func word(_ text: String) -> UInt32 { text.utf8.reduce(0) { $0 << 8 | UInt32($1) } }

  /// An object header of version 1 has no signature: version 1, a number of messages, references, a size.
  private func isOldObjectHeader(_ bytes: [UInt8], at i: Int) -> Bool {
    bytes[i] == 1 && bytes[i + 1] == 0 && (1...200).contains(bytes[i + 2]) && bytes[i + 3] == 0
      && (1...8).contains(bytes[i + 4]) && bytes[i + 5..<i + 8].allSatisfy { $0 == 0 }
      && (bytes[i + 8] >= 16 || bytes[i + 9] > 0) && bytes[i + 10..<i + 16].allSatisfy { $0 == 0 }
  }

  /// Where the bytes end that a checksum covers: the first place whose next four bytes are their checksum.
  private func coveredEnd(_ bytes: [UInt8], from start: Int) -> Int? {
    let last = min(start + 4096, bytes.count - 4)
    for end in stride(from: start + 8, through: last, by: 1) {
      let stored = bytes[end..<end + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      // Nearly all places are ruled out by a checksum of 0, or by one that equals the signature of what follows.
      if stored != 0, Lookup3.hash(bytes[start..<end]) == stored { return end }
    }
    return nil
  }

  // MARK: PNG

  private mutating func mapPNG(_ bytes: [UInt8]) {
    guarded = 8
    var place = 8
    while place + 12 <= bytes.count {
      let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      guard place + 12 + length <= bytes.count else { return }
      places.append(place)
      places.append(place + 8)
      checksums.append(place + 4..<place + 8 + length)
      place += 12 + length
    }
  }
}
