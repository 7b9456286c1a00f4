import AnnData
import Compression
import Foundation
import Images
import Simulation
import StomicsCore
import TestSupport
import Testing

@testable import StomicsCLI

/// An instrument's files through the commands: preprocess, convert and info take them, the others say what to do.
@Suite("Inputs of an instrument through the commands") final class InputCommandTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func path(_ name: String) -> String { scratch.path + "/" + name }

  private func tenx(_ name: String = "v3.h5", as copy: String? = nil) throws -> String {
    let packed = try readFile(Fixtures.path("tenx/\(name).gz"))
    return try scratch.file(copy ?? name, try Inflater().inflate(packed, format: .gzip))
  }

  /// A simulated slice as the folder of a Visium run, written as text.
  private func visium() throws -> String {
    let slice = try simulateCortex(SimulationOptions(spots: 120, genes: 150, seed: 5))
    let counts = try slice.matrix()
    let points = try slice.coordinates()
    let grid = try (slice.numbers("array_row"), slice.numbers("array_col"))
    for folder in ["run", "run/spatial", "run/filtered_feature_bc_matrix"] {
      try FileManager.default.createDirectory(atPath: path(folder), withIntermediateDirectories: false)
    }
    var entries = ""
    for i in 0..<counts.rows {
      for k in counts.range(ofRow: i) { entries += "\(counts.indices[k] + 1) \(i + 1) \(Int(counts.values[k]))\n" }
    }
    func write(_ name: String, _ text: String) throws { _ = try scratch.file("run/" + name, Array(text.utf8)) }
    let matrix = "filtered_feature_bc_matrix/"
    try write(
      matrix + "matrix.mtx",
      "%%MatrixMarket matrix coordinate integer general\n\(counts.columns) \(counts.rows) \(counts.nonzeroCount)\n"
        + entries)
    try write(matrix + "barcodes.tsv", slice.obs.index.joined(separator: "\n"))
    try write(matrix + "features.tsv", slice.var.index.map { "\($0)\t\($0)\tGene Expression\n" }.joined())
    let lines = points.indices.map { i in
      "\(slice.obs.index[i]),1,\(Int(grid.0[i])),\(Int(grid.1[i])),\(points[i].y),\(points[i].x)\n"
    }
    try write("spatial/tissue_positions_list.csv", lines.joined())
    try write("spatial/scalefactors_json.json", "{\"spot_diameter_fullres\": 89.5}")
    return path("run")
  }

  @Test("image features of a Visium folder: the image in it, or one of its own") func imageFeatures() throws {
    let folder = try visium()
    let simulated = try simulateCortex(SimulationOptions(spots: 120, genes: 150, seed: 5, image: true))
    let tissue = try #require(try simulated.tissueImage())
    let rgba = try #require(Image(tissue))
    let wanted = ["-q", "--no-standardise"]
    try rgba.writePNG(to: path("slide.png"))
    let own = ["--image-file", path("slide.png"), "--scale-factor", "\(tissue.scale)"]
    succeed(["image-features", folder, "-o", path("own.h5ad"), "--library", "mine"] + own + wanted)
    try rgba.writePNG(to: folder + "/spatial/tissue_hires_image.png")
    let factors = "{\"spot_diameter_fullres\": 89.5, \"tissue_hires_scalef\": \(tissue.scale)}"
    _ = try scratch.file("run/spatial/scalefactors_json.json", Array(factors.utf8))
    succeed(["image-features", folder, "-o", path("found.h5ad"), "--library", "mine"] + wanted)
    let features = try #require(try AnnData.read(path("found.h5ad")).obsm["X_image"])
    #expect(try AnnData.read(path("own.h5ad")).obsm["X_image"] == features)
    // Without an image the error says how to give one.
    try FileManager.default.removeItem(atPath: folder + "/spatial/tissue_hires_image.png")
    let none = Stomics.run(["image-features", folder, "-o", path("none.h5ad")])
    #expect(none.exitCode == 65 && none.errors.contains("--image-file"), "\(none.errors)")
  }

  @Test("a Visium folder is preprocessed to what its h5ad gives, and trained on") func wholeWay() throws {
    let folder = try visium()
    let flags = ["--n-top-genes", "80", "--n-pcs", "5", "-q"]
    #expect(Stomics.run(["preprocess", folder, "-o", path("a.h5ad")] + flags).exitCode == 0)
    #expect(Stomics.run(["convert", folder, path("c.h5ad"), "-q"]).exitCode == 0)
    #expect(Stomics.run(["preprocess", path("c.h5ad"), "-o", path("b.h5ad")] + flags).exitCode == 0)
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: path("a.h5ad")))
        == Data(contentsOf: URL(fileURLWithPath: path("b.h5ad"))))
    #expect(try AnnData.read(path("a.h5ad")).obsp["spatial_connectivities"] != nil)
  }

  @Test("commands that read h5ad say to preprocess first") func others() throws {
    let folder = try visium()
    let file = try tenx(as: "matrix.h5ad")
    for input in [folder, file] {
      for command in [
        ["train", input, "-o", path("r")], ["plot", "genes", input, "--gene", "MOBP", "-o", path("o.png")],
        ["plot", "domains", input, "-o", path("o.png")],
      ] {
        let outcome = Stomics.run(command)
        #expect(outcome.exitCode == 65 && outcome.errors.contains("run stomics preprocess on it first"), "\(outcome)")
      }
    }
  }

  @Test("a 10x file with the wrong ending is read for what it is") func wrongEnding() throws {
    let outcome = Stomics.run(["convert", try tenx(as: "matrix.h5ad"), path("o.h5ad")])
    #expect(outcome.exitCode == 0 && outcome.output.contains("8 spots, 4 genes"))
    #expect(outcome.errors.contains("left out 2 Antibody Capture"))
    let all = Stomics.run(["convert", path("matrix.h5ad"), path("o.h5ad"), "--feature-types", "all"])
    #expect(all.output.contains("8 spots, 6 genes"))
    let two = Stomics.run(
      ["convert", path("matrix.h5ad"), path("o.h5ad"), "--feature-types", "Antibody Capture, Gene Expression"])
    #expect(two.output.contains("8 spots, 6 genes"))
  }

  @Test("flags that could change nothing, or name nothing, are refused") func flags() throws {
    let v2 = try tenx("v2.h5")
    let several = Stomics.run(["convert", v2, path("o.h5ad")])
    #expect(several.exitCode == 64 && several.errors.contains("Name one with --genome"))
    #expect(Stomics.run(["convert", v2, path("o.h5ad"), "--genome", "hg19"]).exitCode == 0)
    let bin = Stomics.run(["preprocess", v2, "-o", path("o2.h5ad"), "--genome", "hg19", "--bin", "8"])
    #expect(bin.exitCode == 64 && bin.errors.contains("--bin has no effect on"))
    let empty = Stomics.run(["convert", v2, path("o.h5ad"), "--feature-types", ","])
    #expect(empty.exitCode == 64 && empty.errors.contains("names no type"))
    let both = Stomics.run(["preprocess", v2, "-o", path("o2.h5ad"), "--use-raw", "--layer", "x"])
    #expect(both.exitCode == 64 && both.errors.contains("exclude each other"))
    #expect(!FileManager.default.fileExists(atPath: path("o2.h5ad")))
  }

  @Test("a layer or raw becomes X") func views() throws {
    let file = try scratch.fixture("everything.h5ad")
    #expect(Stomics.run(["convert", file, path("l.h5ad"), "--layer", "whole"]).exitCode == 0)
    let layer = try AnnData.read(path("l.h5ad"))
    #expect(layer.layers["whole"] == nil && layer.layers["dense"] != nil)
    #expect(try layer.matrix() == AnnData.read(file).matrix(layer: "whole"))
    #expect(Stomics.run(["convert", file, path("r.h5ad"), "--use-raw"]).exitCode == 0)
    let raw = try AnnData.read(path("r.h5ad"))
    #expect(raw.var.index.first == "RAW0" && raw.variableCount == 9 && raw.raw == nil && raw.layers.isEmpty)
    #expect(raw.varm["load"] != nil && raw.obsm["X_pca"] != nil)
    let none = Stomics.run(["convert", file, path("n.h5ad"), "--layer", "count"])
    #expect(
      none.exitCode == 65 && none.errors.contains("'count' not found in layers of")
        && none.errors.contains("counts, dense, whole"))
    let made = Stomics.run(
      ["preprocess", file, "-o", path("p.h5ad"), "--use-raw", "--n-pcs", "0", "--min-cells", "1", "--knn-k", "2"])
    #expect(made.exitCode == 0 && made.output.contains("of 9"), "\(made)")
    let bare = Stomics.run(["preprocess", path("r.h5ad"), "-o", path("p.h5ad"), "--use-raw"])
    #expect(bare.exitCode == 65 && bare.errors.contains("'raw/X' not found in the file"))
  }

  @Test("info of a folder and of a matrix") func info() throws {
    let outcome = Stomics.run(["info", try visium()])
    #expect(outcome.exitCode == 0, "\(outcome)")
    for words in [
      "120 observations (barcodes), 150 variables (features)", "Gene Expression 150", "120 of 120 barcodes in tissue",
      "spatial/tissue_positions_list.csv", "has no image tissue_hires_image.png", "Nothing wrong was found.",
    ] { #expect(outcome.output.contains(words), "\(words) in \(outcome.output)") }
    let file = Stomics.run(["info", try tenx(), "--json"])
    #expect(file.output.contains("\"feature types\"") && file.output.contains("\"tree\""))
    let nothing = Stomics.run(["info", Fixtures.path("metrics")])
    #expect(nothing.exitCode == 74 && nothing.errors.contains("no slice was recognised"))
  }
}
