import Compression
import Foundation
import StomicsCore
import TestSupport
import Testing

/// Files on which some version of a reader once crashed, hung or took too much memory (`scripts/fuzz --keep`).
@Suite("Files that once ended the program", .enabled(if: Program.path != nil))
struct DamagedFileTests {
  struct Stored: Sendable, CustomTestStringConvertible {
    let file: String
    let kind: String
    var testDescription: String { file }
  }

  /// The lines of the table: file, kind, number, what it once did, how it was damaged.
  static let stored: [Stored] = {
    let text = (try? readFile(Fixtures.path("damaged/seeds.tsv"))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return text.split(separator: "\n").dropFirst().map { line in
      let fields = line.split(separator: "\t").map(String.init)
      return Stored(file: fields[0], kind: fields[1])
    }
  }()

  @Test("is opened or refused, in a process of its own", arguments: stored.filter { ["h5ad", "h5"].contains($0.kind) })
  func hdf5(_ stored: Stored) throws {
    let scratch = try Scratch()
    let bytes = try Inflater().inflate(try readFile(Fixtures.path("damaged/" + stored.file)), format: .gzip)
    _ = try scratch.file("a.h5ad", bytes)
    for command in ["info a.h5ad", "convert a.h5ad b.h5ad"] {
      let (exitCode, printed) = try Program.shell("stomics \(command) --quiet", in: scratch.path)
      let allowed = [0, ErrorKind.data.rawValue, ErrorKind.file.rawValue]
      #expect(allowed.contains(exitCode), "stomics \(command): \(exitCode) \(printed.prefix(500))")
      if exitCode != 0 { #expect(printed.contains("a.h5ad"), "the error does not name the file: \(printed)") }
    }
  }

  @Test("every stored file has a line in the table, and every line a file") func table() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Fixtures.path("damaged"))
    #expect(names.filter { $0.hasSuffix(".gz") }.sorted() == Self.stored.map(\.file).sorted())
  }
}
