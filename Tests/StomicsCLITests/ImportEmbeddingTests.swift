import AnnData
import Foundation
import StomicsCore
import Testing

@testable import StomicsCLI

@Suite("import-embedding")
struct ImportEmbeddingTests {
  private let slice: SmallSlice
  private let spots: [String]

  init() throws {
    slice = try SmallSlice()
    spots = try AnnData.read(slice.path).obs.index
  }

  private func write(_ text: String, _ name: String) throws -> String {
    let path = slice.folder + "/" + name
    try AtomicFile.write(Array(text.utf8), to: path)
    return path
  }

  private func table(_ rows: [(String, [Float])], separator: String = ",") -> String {
    (["" + separator + "a" + separator + "b"]
      + rows.map { ([$0.0] + $0.1.map { "\($0)" }).joined(separator: separator) }).joined(separator: "\n") + "\n"
  }

  private func arguments(_ file: String, _ more: String...) -> [String] {
    ["import-embedding", slice.path, "--file", file, "--key", "X_mine", "-o", slice.folder + "/out.h5ad"] + more
  }

  private func embedding() throws -> [Double] {
    guard case .array(let array)? = try AnnData.read(slice.folder + "/out.h5ad").obsm["X_mine"] else { return [] }
    return array.values.doubles
  }

  @Test("a table is joined by barcode in any order, and a model trains on it")
  func joined() throws {
    let rows = spots.indices.map { (spots[$0], [Float($0), Float($0) / 2]) }
    let file = try write(table(rows.reversed() + [("elsewhere", [0, 0])], separator: "\t"), "emb.tsv")
    let outcome = succeed(arguments(file))
    #expect(outcome.output.contains("200 spots x 2 columns") && outcome.output.contains("1 rows are of other spots"))
    #expect(try embedding() == spots.indices.flatMap { [Double($0), Double($0) / 2] })
    succeed(
      [
        "train", slice.folder + "/out.h5ad", "-o", slice.folder + "/run", "--mode", "embedding_only", "--embedding",
        "obsm:X_mine",
      ]
        + SmallSlice.quick)
    // Everything else is passed on.
    let before = try AnnData.read(slice.path)
    var after = try AnnData.read(slice.folder + "/out.h5ad")
    after.obsm["X_mine"] = nil
    #expect(before.obs == after.obs && before.x == after.x && before.obsm == after.obsm && before.uns == after.uns)
  }

  @Test("a .npy goes by order, or by a list of barcodes; spots without a row are said")
  func npy() throws {
    let header =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (200, 1), }".padding(
        toLength: 117, withPad: " ", startingAt: 0) + "\n"
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8)
    for i in 0..<200 { withUnsafeBytes(of: Float(i).bitPattern.littleEndian) { bytes += $0 } }
    let file = slice.folder + "/emb.npy"
    try AtomicFile.write(bytes, to: file)
    succeed(arguments(file))
    #expect(try embedding() == (0..<200).map(Double.init))
    let list = try write((spots.dropFirst(2) + ["x", "y"]).joined(separator: "\r\n") + "\n", "barcodes.txt")
    let refused = Stomics.run(arguments(file, "--barcodes", list))
    #expect(refused.exitCode == 65 && refused.errors.contains("no row for 2 of the slice's 200 spots"))
    succeed(arguments(file, "--barcodes", list, "--missing", "zero"))
    #expect(try embedding() == [0, 0] + (0..<198).map(Double.init))
    succeed(arguments(file, "--barcodes", list, "--missing", "drop"))
    #expect(try embedding() == (0..<198).map(Double.init))
    #expect(try AnnData.read(slice.folder + "/out.h5ad").obs.index == Array(spots.dropFirst(2)))
  }

  @Test("a first column of numbers is barcodes where its header says so")
  func numericBarcodes() throws {
    let rows = (0..<200).map { "\($0),1.5" }.joined(separator: "\n")
    let named = Stomics.run(arguments(try write("barcode,a\n" + rows + "\n", "named.csv")))
    #expect(named.exitCode == 65 && named.errors.contains("no barcode"))
    #expect(succeed(arguments(try write("b,a\n" + rows + "\n", "plain.csv"))).output.contains("x 2 columns"))
  }

  @Test("what cannot be imported says why")
  func refused() throws {
    func expect(_ text: String, _ name: String, _ words: String, _ more: String...) throws {
      let outcome = Stomics.run(
        [
          "import-embedding", slice.path, "--file", try write(text, name), "--key", "X_mine", "-o",
          slice.folder + "/no.h5ad",
        ]
          + more)
      #expect(outcome.exitCode == 65 || outcome.exitCode == 64, "\(words): \(outcome)")
      #expect(outcome.errors.contains(words), "\(words): \(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: slice.folder + "/no.h5ad"))
    }
    try expect("a,b\n1,2\n", "few.csv", "1 rows", "--missing", "zero")
    try expect(table([(spots[0], [1, 2]), (spots[0], [3, 4])]), "twice.csv", "twice")
    try expect(table([("nobody", [1, 2])]), "other.csv", "no barcode")
    try expect(table([(spots[0], [1, .nan])]), "nan.csv", "finite number")
    try expect("barcode\n\(spots[0])\n", "none.csv", "nothing to import")
    try expect("text", "emb.npy", "no NumPy file")
    try expect(
      table([(spots[0], [1, 2])]), "list.csv", "one a row was expected", "--barcodes", slice.folder + "/twice.csv")
    let there = Stomics.run(
      [
        "import-embedding", slice.path, "--file", slice.folder + "/few.csv", "--key", "X_pca", "-o",
        slice.folder + "/no.h5ad",
      ])
    #expect(there.exitCode == 64 && there.errors.contains("--overwrite"))
  }
}
