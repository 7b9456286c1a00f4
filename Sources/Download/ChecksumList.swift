import Glibc
import StomicsCore

/// `SHA256SUMS` of a folder, as coreutils writes it: `sha256sum --check SHA256SUMS` checks the same.
struct ChecksumList {
  static let fileName = "SHA256SUMS"

  private let path: String
  /// Every line as it stands, those that are no checksums too.
  private var lines: [String]

  /// Reads the list of a folder; an absent one is empty.
  /// - Throws: `FileError.cannotRead`
  init(folder: String) throws {
    path = folder + "/" + Self.fileName
    guard access(path, F_OK) == 0 else {
      lines = []
      return
    }
    lines = String(decoding: try readFile(path), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// The SHA-256 recorded for a file, in lower case.
  subscript(name: String) -> String? { lines.lazy.compactMap(Self.parse).last { $0.name == name }?.sha256 }

  /// Records a checksum in place of an older one of that name, and writes the list.
  /// - Throws: `FileError.cannotWrite`
  mutating func record(_ sha256: String, for name: String) throws {
    lines.removeAll { Self.parse($0)?.name == name }
    lines.append("\(sha256)  \(name)")
    try AtomicFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: path)
  }

  /// `DIGITS  NAME`, or `DIGITS *NAME` of a list in binary mode.
  private static func parse(_ line: String) -> (sha256: String, name: String)? {
    let digits = line.prefix(64)
    let rest = line.dropFirst(64)
    guard digits.utf8.count == 64, digits.utf8.allSatisfy(isHexadecimal),
      rest.hasPrefix("  ") || rest.hasPrefix(" *")
    else { return nil }
    return (digits.lowercased(), String(rest.dropFirst(2)))
  }
}
