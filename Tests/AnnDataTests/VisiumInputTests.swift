import AnnData
import Compression
import Foundation
import StomicsCore
import TestSupport
import Testing

@Suite("Visium folders") struct VisiumInputTests {
  let fixture: InputFixture
  let folder: String

  init() throws {
    fixture = try InputFixture()
    folder = try fixture.folder("visium1")
  }

  private let positions = "visium1/spatial/tissue_positions_list.csv"

  private func lines() throws -> [String] {
    String(decoding: try readFile(fixture.path(positions)), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private func rewrite(_ name: String? = nil, _ lines: [String]) throws {
    try FileManager.default.removeItem(atPath: fixture.path(positions))
    try fixture.write(name ?? positions, lines.joined(separator: "\n") + "\n")
  }

  private func warnings(_ change: (inout InputOptions) -> Void = { _ in }) throws -> [String] {
    try AnnData.readAny(folder, options: InputFixture.options(change)).notes.filter(\.isWarning).map(\.text)
  }

  private static let header = "barcode,in_tissue,array_row,array_col,pxl_row_in_fullres,pxl_col_in_fullres"

  @Test("positions under every name and form are the same table") func forms() throws {
    let expected = try AnnData.readAny(folder).adata.obsm["spatial"]
    let rows = try lines()
    func check(_ name: String, _ lines: [String]) throws {
      try rewrite(name, lines)
      #expect(identical(try AnnData.readAny(folder).adata.obsm["spatial"], expected), "\(name)")
      try FileManager.default.removeItem(atPath: fixture.path(name))
      try fixture.write(positions, "")
    }
    try check("visium1/spatial/tissue_positions.csv", [Self.header] + rows)
    try check("visium1/spatial/tissue_positions.csv", rows)
    try check("visium1/spatial/tissue_positions_list.csv", [Self.header] + rows)
    try check("visium1/spatial/spots.txt", rows)
    try check("visium1/spatial/tissue_positions.tsv", rows.map { $0.replacingOccurrences(of: ",", with: "\t") })
    try check("visium1/spatial/tissue_positions.csv", ([Self.header] + rows).map { $0 + "\r" })
    let turned = rows.map { line in
      let parts = line.split(separator: ",")
      return ([parts[5], parts[4], "\"\(parts[0])\"", parts[3], parts[2], parts[1]] as [Any])
        .map { "\($0)" }.joined(separator: ",")
    }
    try check(
      "visium1/spatial/tissue_positions.csv",
      ["pxl_col_in_fullres,pxl_row_in_fullres,barcode,array_col,array_row,in_tissue"] + turned)
    try check("visium1/spatial/positions.csv", ["barcode,tissue,row,col,imagerow,imagecol"] + rows)
    let packed = try Deflater(level: 6).deflate(Array(rows.joined(separator: "\n").utf8), format: .gzip)
    try FileManager.default.removeItem(atPath: fixture.path(positions))
    try fixture.write("visium1/spatial/tissue_positions_list.csv.gz", packed)
    #expect(identical(try AnnData.readAny(folder).adata.obsm["spatial"], expected))
  }

  @Test("x is the pixel column, y the pixel row") func axes() throws {
    let adata = try AnnData.readAny(folder).adata
    let line = try lines().first { $0.hasPrefix(adata.obs.index[0] + ",") }?.split(separator: ",") ?? []
    #expect(try adata.coordinates()[0] == SIMD2(Double(line[5]) ?? 0, Double(line[4]) ?? 0))
  }

  @Test("barcodes without a position are kept and counted, positions without a barcode counted") func missing() throws {
    let rows = try lines()
    try rewrite(nil, Array(rows.dropFirst(2)))
    let (adata, notes) = try AnnData.readAny(folder)
    #expect(adata.observationCount == 8)
    #expect(try adata.coordinates().filter { $0.x.isNaN }.count == 2)
    #expect(try adata.numbers("in_tissue").filter(\.isNaN).count == 2)
    #expect(notes.contains { $0.isWarning && $0.text.hasPrefix("2 of 8 barcodes of the matrix have no position in") })
    #expect(
      notes.contains { !$0.isWarning && $0.text.contains("3 of 9 positions in") && $0.text.contains("none of them") })
    try rewrite(nil, rows.map { $0.replacingOccurrences(of: "TTTTTA-1,0", with: "TTTTTA-1,1") })
    #expect(try warnings().contains { $0.hasSuffix("; 1 of them lie on the tissue.") })
    try rewrite(nil, rows.map { $0.replacingOccurrences(of: "-1,", with: "-2,") })
    let text = try fixture.message(folder)
    #expect(text.contains("No barcode of") && text.contains("-2, ") && text.contains("another suffix"))
  }

  @Test("x and y exchanged are noticed where the image tells") func exchanged() throws {
    let rows = try lines().enumerated().map { k, line in
      line.split(separator: ",").prefix(4).joined(separator: ",") + ",\(390 - 3 * k),\(10 + 5 * k)"
    }
    try rewrite(nil, rows)
    #expect(
      try warnings().contains { $0.contains("lie outside of the image 'hires'") && $0.contains("x and y exchanged") })
  }

  /// Lines of positions that are wrong, and what the error says.
  @Test(arguments: [
    (["{header}", "{0}", "{header}"], "Line 3 of"), (["{0}", "{header}"], "in_tissue of 0 or 1"),
    (["{0}", "X-1,2,0,0,1,1"], "in_tissue of 0 or 1"), (["{0}", "X-1,1,0,0,1"], "a spot with 6 fields as in line 1"),
    (["{0}", "X-1,1,0.5,0,1,1"], "whole numbers as array_row"), (["{0}", "X-1,1,0,0,nan,1"], "numbers as pxl_row"),
    (["{0}", "X-1,1,0,0,1,1e300"], "numbers as pxl_row"), (["{0}", "X-1,1,0,0,1,1", "{0}"], "in lines 1 and 3"),
  ]) func linesThatAreWrong(_ template: [String], _ words: String) throws {
    let first = try lines()[0]
    try rewrite(nil, template.map { $0 == "{0}" ? first : $0 == "{header}" ? Self.header : $0 })
    let text = try fixture.message(folder)
    #expect(text.contains(words) && text.contains("tissue_positions_list.csv"), "\(text)")
  }

  @Test("tables of positions that are not there, or twice, or Parquet") func tables() throws {
    let rows = try lines()
    try fixture.write("visium1/spatial/other.csv", rows.joined(separator: "\n"))
    #expect(
      try fixture.message(folder).contains("more than one table of positions: other.csv, tissue_positions_list.csv"))
    try FileManager.default.removeItem(atPath: fixture.path("visium1/spatial/other.csv"))
    try rewrite("visium1/spatial/notes.csv", ["a,b", "1,2"])
    #expect(try fixture.message(folder).hasPrefix("A table of spot positions (tissue_positions.csv) is missing in"))
    let counts = try AnnData.readAny(folder + "/filtered_feature_bc_matrix.h5").adata
    #expect(counts.obsm.isEmpty && counts.observationCount == 8)
  }

  @Test("images and scale factors that are missing or something else") func pictures() throws {
    try FileManager.default.removeItem(atPath: folder + "/spatial/tissue_lowres_image.png")
    try fixture.write("visium1/spatial/tissue_hires_image.png", [0xff, 0xd8, 0xff, 0xe0, 0, 0])
    let (adata, notes) = try AnnData.readAny(folder)
    #expect(try adata.tissueImage() == nil && adata.spotDiameterFullres == 8.25)
    #expect(notes.contains { $0.isWarning && $0.text.contains("the mark of a JPEG") && $0.text.hasSuffix("left out.") })
    #expect(notes.contains { !$0.isWarning && $0.text.hasSuffix("has no image tissue_lowres_image.png.") })
    try fixture.write("visium1/spatial/scalefactors_json.json", "{\"spot_diameter_fullres\": 8, \"by\": \"hand\"}")
    #expect(try warnings().contains { $0.hasSuffix("'by' is no number and is left out.") })
    try fixture.write("visium1/spatial/scalefactors_json.json", "[1, 2")
    #expect(try fixture.message(folder).contains("scalefactors_json.json is no JSON object where"))
    try FileManager.default.removeItem(atPath: folder + "/spatial/scalefactors_json.json")
    #expect(try warnings().contains { $0.contains("has no scalefactors_json.json") })
  }

  @Test("the raw matrix: only where asked, or said") func raw() throws {
    try FileManager.default.removeItem(atPath: folder + "/filtered_feature_bc_matrix.h5")
    #expect(try warnings().contains { $0.contains("has no filtered matrix: raw_feature_bc_matrix.h5") })
    #expect(try warnings { $0.rawMatrix = true }.contains { $0.contains("no filtered matrix") } == false)
    let other = try fixture.folder("visium2")
    try FileManager.default.removeItem(atPath: other + "/raw_feature_bc_matrix.h5")
    let text = try fixture.message(other, InputFixture.options { $0.rawMatrix = true })
    #expect(text.hasPrefix("A raw matrix (--raw-matrix) is missing in"))
  }

  @Test("libraries: the file's name for itself, a flag, a prefix among several") func libraries() throws {
    func library(_ path: String, _ name: String? = nil) throws -> [String] {
      let adata = try AnnData.readAny(path, options: InputFixture.options { $0.library = name }).adata
      guard case .dictionary(let libraries)? = adata.uns["spatial"] else { return [] }
      return Array(libraries.keys)
    }
    #expect(try library(folder) == ["lib_a"] && library(folder, "mine") == ["mine"])
    for name in ["A_", "B_"] {
      try FileManager.default.copyItem(
        atPath: folder + "/filtered_feature_bc_matrix.h5", toPath: folder + "/\(name)filtered_feature_bc_matrix.h5")
    }
    for name in ["filtered", "raw"] {
      try FileManager.default.removeItem(atPath: folder + "/\(name)_feature_bc_matrix.h5")
    }
    #expect(try fixture.message(folder).contains("A_filtered_feature_bc_matrix.h5, B_filtered_feature_bc_matrix.h5"))
    #expect(try library(folder, "B") == ["B"])
  }

  @Test("bins of Visium HD; a Parquet table says how to make the CSV") func bins() throws {
    for edge in ["002", "016"] { _ = try fixture.folder("visium2", as: "hd/binned_outputs/square_\(edge)um") }
    let hd = fixture.path("hd")
    #expect(try fixture.message(hd).contains("more than one size of bins: 2, 16. Name one with --bin"))
    let wanted = InputFixture.options { $0.binMicrometres = 16 }
    #expect(try AnnData.readAny(hd, options: wanted).adata.observationCount == 8)
    #expect(try fixture.message(hd, InputFixture.options { $0.binMicrometres = 8 }).contains("no bins of edge '8'"))
    _ = try fixture.folder("visium2", as: "hd/binned_outputs/square_008um")
    #expect(try AnnData.readAny(hd).notes.contains { $0.text.contains("bins of 8 um are read, of 2, 8, 16") })
    let bin = hd + "/binned_outputs/square_008um"
    try FileManager.default.removeItem(atPath: bin + "/spatial/tissue_positions.csv")
    try fixture.write("hd/binned_outputs/square_008um/spatial/tissue_positions.parquet", "PAR1xxxxPAR1")
    let text = try fixture.message(hd)
    #expect(text.contains("is a Parquet table") && text.contains("tissue_positions.csv', index=False)"))
  }

  @Test("folders in which nothing is known, and flags that could change nothing") func refusals() throws {
    try fixture.write("nothing/readme.md", "hello")
    #expect(try fixture.message(fixture.path("nothing")).contains("no slice was recognised (found: readme.md)"))
    let v3 = try fixture.file("v3.h5")
    let market = try fixture.folder("market_v2")
    let h5ad = try fixture.file("v3_all.h5ad")
    let refusals: [(String, (inout InputOptions) -> Void, String)] = [
      (v3, { $0.rawMatrix = true }, "--raw-matrix"), (v3, { $0.binMicrometres = 8 }, "--bin"),
      (v3, { $0.library = "x" }, "--library"), (market, { $0.genome = "hg19" }, "--genome"),
      (market, { $0.featureTypes = .all }, "--feature-types"), (h5ad, { $0.genome = "hg19" }, "--genome"),
      (h5ad, { $0.featureTypes = .all }, "--feature-types"), (h5ad, { $0.library = "x" }, "--library"),
      (h5ad, { $0.rawMatrix = true }, "--raw-matrix"), (h5ad, { $0.binMicrometres = 8 }, "--bin"),
      (folder, { $0.binMicrometres = 8 }, "--bin"),
    ]
    for (path, change, flag) in refusals {
      let text = try fixture.message(path, InputFixture.options(change))
      #expect(text.hasPrefix("\(flag) has no effect on "), "\(path) \(flag): \(text)")
    }
  }

  @Test("genomes and types that are not there, and damaged matrices") func matrices() throws {
    let v2 = try fixture.file("v2.h5")
    #expect(try fixture.message(v2).contains("2 genomes: hg19, mm10. Name one with --genome"))
    #expect(try fixture.message(v2, InputFixture.options { $0.genome = "mm1" }).contains("Did you mean 'mm10'?"))
    let v3 = try fixture.file("v3.h5")
    #expect(try fixture.message(v3, InputFixture.options { $0.genome = "hg19" }).contains("found: GRCh38, mm10, )"))
    let types = InputFixture.options { $0.featureTypes = .only(["Antibody capture"]) }
    #expect(try fixture.message(v3, types).contains("Did you mean 'Antibody Capture'?"))
    #expect(try fixture.message(try fixture.file("antibodies.h5")).contains("no features of the type Gene Expression"))
    #expect(try fixture.message(try fixture.file("short_names.h5")).contains("/matrix/features/id of"))
    #expect(try fixture.message(try fixture.file("wild_index.h5")).contains("index 6 does not fit shape (8, 6)"))
  }
}
