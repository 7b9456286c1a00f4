import AnnData
import Compression
import StomicsCore
import TestSupport
import Testing

@Suite("Matrices in text form") struct MatrixMarketTests {
  let fixture: InputFixture
  init() throws { fixture = try InputFixture() }

  static let banner = "%%MatrixMarket matrix coordinate integer general\n"

  private func dense(_ folder: String) throws -> [Float] {
    try AnnData.readAny(folder).adata.matrix().dense().values
  }

  /// 2 barcodes x 3 features, however it is written.
  @Test(arguments: [
    banner + "3 2 3\n1 1 5\n3 1 1\n2 2 7\n",
    banner + "% a comment\n%\n\n3 2 3\n1 1 5\n\n3 1 1\n% another\n2 2 7",
    banner + "3 2 3\r\n1 1 5\r\n3 1 1\r\n2 2 7\r\n\r\n",
    banner + "3 2 3\n2 2 7\n3 1 1\n1 1 5\n",
    "%%matrixmarket MATRIX Coordinate REAL General\n  3\t2  3 \n 1\t1 5.0\n3 1 1e0\n2 2  .7E+1 \n",
    banner + "3 2 4\n1 1 5\n3 1 1\n2 2 3\n2 2 4\n",
    banner + "2 3 3\n1 1 5\n1 3 1\n2 2 7\n",
  ]) func sameMatrix(_ text: String) throws {
    #expect(try dense(try fixture.market(matrix: text)) == [5, 0, 1, 0, 7, 0])
  }

  @Test("patterns are ones; fractions and negative numbers stay") func values() throws {
    let ones = "%%MatrixMarket matrix coordinate pattern general\n3 2 2\n1 1\n2 2\n"
    #expect(try dense(try fixture.market(matrix: ones)) == [1, 0, 0, 0, 1, 0])
    let real = "%%MatrixMarket matrix coordinate real general\n3 2 2\n1 1 -0.25\n2 2 1234567890123456789e-15\n"
    #expect(try dense(try fixture.market(matrix: real)) == [-0.25, 0, 0, 0, 1234.5679, 0])
  }

  @Test("a count that float32 would round is kept as float64") func largeCounts() throws {
    let text = Self.banner + "3 2 2\n1 1 16777217\n2 2 1\n"
    guard case .sparse(let counts)? = try AnnData.readAny(try fixture.market(matrix: text)).adata.x else { return }
    #expect(counts.values == .float64([16_777_217, 1]))
    guard case .sparse(let stored)? = try AnnData.readAny(try fixture.file("large_counts.h5")).adata.x else { return }
    #expect(stored.values.doubles.first == 16_777_217)
  }

  @Test("features of one column, and of more than three") func columns() throws {
    let one = try AnnData.readAny(try fixture.market(features: "A\nB\nC\n", "one"))
    #expect(one.adata.var.index == ["A", "B", "C"] && one.adata.var.columns.isEmpty)
    let row = { (k: Int) in "E\(k)\tG\(k)\tGene Expression\tchr1\t1\t2\n" }
    let six = try AnnData.readAny(try fixture.market(features: row(1) + row(2) + row(3), "six"))
    #expect(six.adata.var.index == ["G1", "G2", "G3"])
    #expect(Array(six.adata.var.columns.keys) == ["gene_ids", "feature_types"])
    #expect(six.notes.first?.text.hasSuffix("columns 4 to 6 of its 6 are left out.") == true)
  }

  @Test("no counts, no barcodes") func empty() throws {
    let none = try AnnData.readAny(try fixture.market(matrix: Self.banner + "3 2 0\n"))
    #expect(none.notes.map(\.isWarning) == [true] && none.notes[0].text.hasSuffix("holds no count: every value is 0."))
    let nobody = try AnnData.readAny(try fixture.market(matrix: Self.banner + "3 0 0\n", barcodes: "", "nobody"))
    #expect(nobody.adata.observationCount == 0 && nobody.adata.variableCount == 3)
    #expect(nobody.notes[0].text.hasSuffix("has 0 barcodes and 3 features: there is no count."))
    let file = try AnnData.readAny(try fixture.file("no_barcodes.h5"))
    #expect(file.adata.observationCount == 0 && file.notes.contains(where: \.isWarning))
  }

  @Test("names of other programs, where only one file can be meant") func otherNames() throws {
    try fixture.write("geo/GSM9_counts.mtx", Self.banner + "3 2 1\n2 1 4\n")
    try fixture.write("geo/GSM9_genes_list.tsv", "E1\tA\nE2\tB\nE3\tC\n")
    try fixture.write("geo/GSM9_barcodes_all.tsv", "AAA-1\nCCC-1\n")
    #expect(try dense(fixture.path("geo")) == [0, 4, 0, 0, 0, 0])
  }

  @Test("blocks read side by side give what one reading gives, and name the right line") func manyBlocks() throws {
    let count = 700_000
    var text = Self.banner + "3 \(count) \(count)\n"
    for k in 1...count { text += "\(k % 3 + 1) \(k) \(k % 7 + 1)\n" }
    let barcodes = (1...count).map { "B\($0)\n" }.joined()
    let matrix = try AnnData.readAny(try fixture.market(matrix: text, barcodes: barcodes)).adata.matrix()
    #expect(matrix.rows == count && matrix.nonzeroCount == count)
    let indices = (1...count).map { Int32($0 % 3) }
    let values = (1...count).map { Float($0 % 7 + 1) }
    #expect(matrix.indices == indices && matrix.values == values)
    let last = "\(count % 3 + 1) \(count) \(count % 7 + 1)\n"
    let bad = text.dropLast(last.count) + "4 \(count) 1\n"
    #expect(
      try fixture.message(try fixture.market(matrix: String(bad), barcodes: barcodes))
        .contains("Line \(count + 2) of"))
  }

  @Test("several members of a gzip file are one text") func members() throws {
    let packed = try readFile(Fixtures.path("tenx/market/matrix.mtx.gz"))
    let text = try Inflater().inflate(packed, format: .gzip)
    let folder = try fixture.folder("market")
    let deflater = try Deflater(level: 6)
    try fixture.write(
      "market/matrix.mtx.gz",
      deflater.deflate(Array(text[..<100]), format: .gzip) + deflater.deflate(Array(text[100...]), format: .gzip))
    #expect(try AnnData.readAny(folder).adata.variableCount == 4)
  }

  /// What is wrong, and what the error says of it.
  @Test(arguments: [
    ("3 2 2\n1 1 5\n", "has 1 line of entries where the number in its size line (line 2), 2, was expected"),
    ("3 2 1\n1 1 5\n2 2 1\n", "has 2 lines of entries"),
    ("3 2 1\n4 1 5\n", "Line 3 of "), ("3 2 1\n1 3 5\n", "is '1 3 5' where a row from 1 to 3, a column from 1 to 2"),
    ("3 2 1\n0 1 5\n", "'0 1 5'"), ("3 2 1\n1 1 x\n", "and a number was expected"), ("3 2 1\n1 1\n", "'1 1'"),
    ("3 2 1\n1 1 5 6\n", "'1 1 5 6'"), ("3 2 1\n-1 1 5\n", "'-1 1 5'"), ("3 2 1\n1.0 1 5\n", "'1.0 1 5'"),
    ("3 2 1\n99999999999999999999 1 5\n", "'99999999999999999999 1 5'"),
    ("3 2 999999999999\n1 1 5\n", "(line 2), 999999999999, was expected"), ("", "ends after 1 line"),
    ("3 2\n", "'3 2' where the size of the matrix"), ("3 2 -1\n", "'3 2 -1'"), ("a b c\n", "'a b c'"),
    ("2000000000 2 1\n1 1 5\n", "features of "), ("9999999999 2 1\n1 1 5\n", "the size of the matrix"),
  ]) func entriesThatAreWrong(_ body: String, _ words: String) throws {
    let text = try fixture.message(try fixture.market(matrix: Self.banner + body))
    #expect(text.contains(words) && text.contains("matrix.mtx"), "\(text)")
  }

  @Test(arguments: [
    ("%%MatrixMarket matrix array real general\n3 2\n", "dense ones, 'array', are not read"),
    ("%%MatrixMarket matrix coordinate complex general\n3 2 1\n1 1 5 0\n", "'integer', 'real' or 'pattern'"),
    ("%%MatrixMarket matrix coordinate integer symmetric\n3 2 1\n1 1 5\n", "is not square"),
    ("%%MatrixMarket vector coordinate integer general\n3 2 1\n", "Line 1 of"), ("3 2 1\n1 1 5\n", "'%%MatrixMarket"),
    ("", "is empty where '%%MatrixMarket"), ("\u{0}\u{1}\u{2}", "'%%MatrixMarket"),
  ]) func bannersThatAreNotRead(_ matrix: String, _ words: String) throws {
    let text = try fixture.message(try fixture.market(matrix: matrix))
    #expect(text.contains(words) && text.contains("matrix.mtx"), "\(text)")
  }

  @Test("lists that do not fit the matrix") func lengths() throws {
    let features = try fixture.message(try fixture.market(features: "E1\tA\nE2\tB\n"))
    #expect(features.contains("features of ") && features.contains("has 2 entries") && features.contains("has 3"))
    let header = try fixture.message(try fixture.market(barcodes: "barcode\nAAA-1\nCCC-1\n"))
    #expect(header.contains("has 3 entries") && header.contains("'barcode', looks like a header: remove it"))
    let ragged = try fixture.message(try fixture.market(features: "E1\tA\nE2\nE3\tC\n"))
    #expect(ragged.contains("Line 2 of") && ragged.contains("2 columns as in line 1"))
    let blank = try fixture.message(try fixture.market(barcodes: "\nCCC-1\n"))
    #expect(blank.contains("Line 1 of") && blank.contains("is empty where a barcode was expected"))
    let repeated = try AnnData.readAny(try fixture.market(barcodes: "AAA-1\nAAA-1\n"))
    #expect(repeated.notes[0].text.hasSuffix("1 barcodes occur more than once, for example AAA-1."))
  }

  @Test("files that are missing or cut short") func files() throws {
    try fixture.write("alone/matrix.mtx", Self.banner + "3 2 0\n")
    #expect(
      try fixture.message(fixture.path("alone")).hasPrefix("features.tsv(.gz) or genes.tsv(.gz), which belongs to"))
    try fixture.write("alone/features.tsv", "A\nB\nC\n")
    #expect(try fixture.message(fixture.path("alone/matrix.mtx")).hasPrefix("barcodes.tsv(.gz), which belongs to"))
    let folder = try fixture.folder("market")
    for name in ["matrix.mtx.gz", "features.tsv.gz", "barcodes.tsv.gz"] {
      let whole = try readFile(folder + "/" + name)
      try fixture.write("market/" + name, Array(whole.dropLast(9)))
      let text = try fixture.message(folder)
      #expect(
        text.contains(name) && text.contains("cannot be read: a gzip stream is damaged or truncated"), "\(text)")
      try fixture.write("market/" + name, whole)
    }
  }
}
