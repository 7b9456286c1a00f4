import AnnData
import Compression
import Foundation
import StomicsCore
import TestSupport

/// Inputs of an instrument in a scratch folder: the fixtures of Tests/Fixtures/tenx, and small ones made by hand.
struct InputFixture {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  func path(_ name: String) -> String { scratch.path + "/" + name }

  /// Unpacks a fixture's file and returns its path.
  func file(_ name: String) throws -> String {
    try write(name, try Inflater().inflate(try readFile(Fixtures.path("tenx/\(name).gz")), format: .gzip))
  }

  /// Copies a fixture's folder, its HDF5 files unpacked, and returns its path.
  func folder(_ name: String, as copy: String? = nil) throws -> String {
    let source = Fixtures.path("tenx/" + name)
    for part in try FileManager.default.subpathsOfDirectory(atPath: source) {
      if PathKind(source + "/" + part) == .folder { continue }
      let bytes = try readFile(source + "/" + part)
      if part.hasSuffix(".h5.gz") {
        try write((copy ?? name) + "/" + part.dropLast(3), try Inflater().inflate(bytes, format: .gzip))
      } else {
        try write((copy ?? name) + "/" + part, bytes)
      }
    }
    return path(copy ?? name)
  }

  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let folder = path(name).split(separator: "/").dropLast().joined(separator: "/")
    try FileManager.default.createDirectory(atPath: "/" + folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

  /// A folder with the three files of a matrix of 3 features x 2 barcodes, parts replaced.
  func market(
    matrix: String = "%%MatrixMarket matrix coordinate integer general\n3 2 3\n1 1 5\n3 1 1\n2 2 7\n",
    features: String = "E1\tA\tGene Expression\nE2\tB\tGene Expression\nE3\tC\tGene Expression\n",
    barcodes: String = "AAA-1\nCCC-1\n", _ name: String = "made"
  ) throws -> String {
    try write(name + "/matrix.mtx", matrix)
    try write(name + "/features.tsv", features)
    try write(name + "/barcodes.tsv", barcodes)
    return path(name)
  }

  /// What reading says goes wrong; empty where nothing does.
  func message(_ path: String, _ options: InputOptions = InputOptions()) throws -> String {
    do {
      _ = try AnnData.readAny(path, options: options)
      return ""
    } catch let error as any StomicsError {
      return error.description
    }
  }

  static func options(_ change: (inout InputOptions) -> Void) -> InputOptions {
    var options = InputOptions()
    change(&options)
    return options
  }
}
