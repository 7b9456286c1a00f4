import Compression
import StomicsCore

/// Text files of an instrument, packed with gzip or not: their first bytes tell, not their names.
enum InputText {
  /// Reads a whole file, unpacked.
  ///
  /// A packed file may hold at most 64 times its size and 64 MiB: matrices pack 3 to 10 to 1.
  /// - Throws: `FileError`, `InputError.unreadable`
  static func read(_ path: String) throws -> [UInt8] {
    let bytes = try readFile(path)
    guard bytes.starts(with: [0x1f, 0x8b]) else { return bytes }
    do {
      return try Inflater().inflate(bytes, format: .gzip, limit: bytes.count * 64 + 64 << 20)
    } catch let error as CompressionError {
      throw InputError.unreadable(file: path, reason: error.description)
    }
  }

  /// The first bytes of a file, unpacked: enough for a line.
  static func beginning(_ path: String) throws -> [UInt8] {
    let bytes = try readFile(path, atMost: 4096)
    return bytes.starts(with: [0x1f, 0x8b]) ? try read(path) : bytes
  }

  /// The lines of a text without their ends (LF or CR LF); a byte order mark and blank lines at the end are left out.
  static func lines(_ bytes: [UInt8]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var start = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    bytes.withUnsafeBufferPointer { bytes in
      for k in start..<bytes.count where bytes[k] == newline {
        result.append(start..<(k > start && bytes[k - 1] == carriageReturn ? k - 1 : k))
        start = k + 1
      }
      if start < bytes.count { result.append(start..<bytes.count) }
    }
    while result.last?.isEmpty == true { result.removeLast() }
    return result
  }

  /// The parts of a line between separators, without quotes around them.
  static func fields(_ bytes: [UInt8], _ line: Range<Int>, separator: UInt8) -> [String] {
    bytes[line].split(separator: separator, omittingEmptySubsequences: false).map { part in
      var part = part
      if part.count >= 2, part.first == quote, part.last == quote { part = part.dropFirst().dropLast() }
      return String(decoding: part, as: UTF8.self)
    }
  }

  static let newline = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let tab = UInt8(ascii: "\t")
  static let comma = UInt8(ascii: ",")
  static let quote = UInt8(ascii: "\"")
}
