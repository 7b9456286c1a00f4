import AnnData
import Foundation
import Images
import Plotting
import StomicsCore
import TestSupport
import Testing

@testable import StomicsCLI

extension PlotFolder {
  /// The slice of the letter F with probabilities, embeddings, a graph and counts.
  fileprivate func writeFull() throws {
    var adata = try AnnData.read(path + "/slice.h5ad")
    let codes = try adata.labels(Keys.predictedDomain).codes.map(Int.init)
    // 0.7 of the predicted domain; the first spot is sure.
    var probabilities = [Float](repeating: 0.1, count: 40)
    for (i, code) in codes.enumerated() { probabilities[i * 4 + code] = 0.7 }
    for c in 0..<4 { probabilities[c] = c == codes[0] ? 1 : 0 }
    adata.obsm[Keys.domainProbabilities] = .array(DenseArray(shape: [10, 4], values: .float32(probabilities)))
    adata.obsm["X_umap"] = .array(
      DenseArray(shape: [10, 2], values: .float32((0..<10).flatMap { [Float($0), Float($0 * $0)] })))
    adata.obsm[Keys.embedding] = .array(
      DenseArray(shape: [10, 3], values: .float32((0..<30).map { Float(($0 * 7) % 11) })))
    // Spot 0 lists 1 and 4, spot 1 lists 0, spot 2 lists 3; the others none.
    adata.obsp[Keys.spatialConnectivities] = .sparse(
      SparseArray(
        CSRMatrix(
          rows: 10, columns: 10, indptr: [0, 2, 3, 4] + [Int](repeating: 4, count: 7), indices: [1, 4, 0, 3],
          values: [1, 1, 1, 1])))
    adata.layers[Keys.counts] = .array(
      DenseArray(shape: [10, 2], values: .float32((0..<20).map { Float($0 % 4) })))
    try adata.write(to: path + "/full.h5ad")
  }

  func json(_ words: String...) throws -> [String: Any] {
    let outcome = Stomics.run(
      ["plot"] + words.map { $0.hasPrefix("@") ? path + "/" + $0.dropFirst() : $0 } + ["--json", "-q"])
    #expect(outcome.exitCode == 0, "\(words): \(outcome.errors)")
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    return try #require(object as? [String: Any])
  }
}

@Suite("stomics plot: embeddings, probabilities, graphs, quality") struct FigureCommandTests {
  @Test("embedding draws a matrix of two columns as it is, y up, and lays others out") func embedding() throws {
    let folder = try PlotFolder()
    try folder.writeFull()
    let outcome = folder.plot(
      "embedding", "@full.h5ad", "--basis", "X_umap", "-o", "@e.svg", "--color", "layer", "--color", "MOBP", "--color",
      "depth")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("10 spots by obsm/X_umap; coloured by layer, MOBP, depth"))
    let svg = try folder.text("e.svg")
    for word in ["layer", "MOBP", "depth", "umap 1", "umap 2", "Layer1", "log-normalised counts"] {
      #expect(svg.contains(">\(word)</text>"), "\(word) is missing")
    }
    // Layer1 (spots 0-3) lies lower than WM (spot 8), whose second coordinate is 64.
    func height(_ color: String) throws -> Double {
      let pattern = try Regex("fill=\"\(color)\"[^>]*>\\s*<circle cx=\"[0-9.]+\" cy=\"([0-9.]+)\"")
      let match = try #require(svg.firstMatch(of: pattern))
      return try #require(match.output[1].substring.flatMap { Double($0) })
    }
    #expect(try height("#E41A1C") > height("#984EA3") + 20)

    for method in ["umap", "tsne", "pca"] {
      let drawn = try folder.json("embedding", "@full.h5ad", "--method", method, "-o", "@\(method).svg")
      #expect(drawn["basis"] as? String == Keys.embedding && drawn["method"] as? String == method)
      #expect(drawn["colors"] as? [String] == ["layer", "domain"])
      let title = ["umap": "UMAP 1", "tsne": "t-SNE 1", "pca": "% of variance"][method] ?? ""
      #expect(try folder.text("\(method).svg").contains(title))
    }
    let again = folder.plot("embedding", "@full.h5ad", "--method", "umap", "-o", "@again.svg", "--threads", "1")
    #expect(again.exitCode == 0)
    #expect(try folder.text("again.svg") == folder.text("umap.svg"))
  }

  @Test("embedding's errors name what there is") func embeddingErrors() throws {
    let folder = try PlotFolder()
    try folder.writeFull()
    let basis = folder.plot("embedding", "@full.h5ad", "--basis", "X_pca", "-o", "@e.png")
    #expect(basis.exitCode == 65 && basis.errors.contains("X_umap") && basis.errors.contains("--basis"))
    let color = folder.plot("embedding", "@full.h5ad", "--color", "MOPB", "-o", "@e.png")
    #expect(color.exitCode == 64 && color.errors.contains("Did you mean 'MOBP'"))
    var adata = try AnnData.read(folder.path + "/full.h5ad")
    var numbers = [Float](repeating: 1, count: 30)
    adata.obsm["X_same"] = .array(DenseArray(shape: [10, 3], values: .float32(numbers)))
    numbers[7] = .nan
    adata.obsm["X_hole"] = .array(DenseArray(shape: [10, 3], values: .float32(numbers)))
    try adata.write(to: folder.path + "/odd.h5ad")
    for (key, words) in [("X_same", "all 10 rows are equal"), ("X_hole", "at spot 'spot2', column 1")] {
      let odd = folder.plot("embedding", "@odd.h5ad", "--basis", key, "-o", "@e.png")
      #expect(odd.exitCode == 65 && odd.errors.contains("/obsm/\(key)") && odd.errors.contains(words), "\(odd.errors)")
    }
    let bare = folder.plot("embedding", "@bare.h5ad", "--basis", "spatial", "-o", "@e.png")
    #expect(bare.exitCode == 64 && bare.errors.contains("--color") && bare.errors.contains("kind"))
    for flags in [
      ["--n-neighbors", "1"], ["--min-dist", "2"], ["--perplexity", "0"], ["--method", "mds"], ["--spot-scale", "0"],
      ["--spot-opacity", "2"], ["--columns", "0"], ["--cmap", "virids"],
    ] {
      #expect(
        Stomics.run(["plot", "embedding", folder.path + "/full.h5ad", "-o", "e.png"] + flags).exitCode == 64, "\(flags)"
      )
    }
  }

  @Test("probabilities maps every domain on one scale, then confidence and entropy") func probabilities() throws {
    let folder = try PlotFolder()
    try folder.writeFull()
    let outcome = folder.plot("probabilities", "@full.h5ad", "-o", "@p.svg", "--no-image")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    // (9 * 0.7 + 1) / 10; nine times H(0.7, 0.1, 0.1, 0.1) / ln 4 over ten.
    #expect(outcome.output.contains("mean confidence 0.730, mean entropy 0.611"))
    let svg = try folder.text("p.svg")
    for word in [
      "WM", "Layer3", "Layer2", "Layer1", "Confidence", "Entropy", "probability", "entropy, 1: all domains alike",
    ] {
      #expect(svg.contains(">\(word)</text>"), "\(word) is missing")
    }
    let two = try folder.json("probabilities", "@full.h5ad", "--domain", "WM", "-o", "@p.png")
    let domains = try #require(two["domains"] as? [[String: Any]])
    #expect(domains.map { $0["spots"] as? Int } == [2, 4, 1, 3])
    let unknown = folder.plot("probabilities", "@full.h5ad", "--domain", "Layer", "-o", "@p.png")
    #expect(unknown.exitCode == 64 && unknown.errors.contains("found: WM, Layer3"))
    let none = folder.plot("probabilities", "@slice.h5ad", "-o", "@p.png")
    #expect(none.exitCode == 65 && none.errors.contains(Keys.domainProbabilities))
    let other = folder.plot("probabilities", "@full.h5ad", "--key", "X_umap", "-o", "@p.png")
    #expect(other.exitCode == 65 && other.errors.contains("[10, 4]"))
  }

  @Test("graph draws every edge once and counts neighbours, lengths and parts") func graph() throws {
    let folder = try PlotFolder()
    try folder.writeFull()
    let outcome = folder.plot(
      "graph", "@full.h5ad", "-o", "@g.svg", "--no-image", "--microns-per-pixel", "0.5", "--color", "neighbours",
      "--color", "layer")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    // 0-1, 0-4 and 2-3, each a hundred pixels long; 7 parts: {0, 1, 4}, {2, 3} and five alone.
    #expect(outcome.output.contains("3 edges between 10 spots (directed, 7 parts that no edge joins), 50.0 µm long"))
    let svg = try folder.text("g.svg")
    #expect(svg.contains(">Neighbours</text>") && svg.contains(">layer</text>"))
    let report = try folder.json("graph", "@full.h5ad", "-o", "@g.png")
    let degrees = try #require(report["degrees"] as? [[String: Int]])
    #expect(
      degrees == [["neighbours": 0, "spots": 5], ["neighbours": 1, "spots": 4], ["neighbours": 2, "spots": 1]])
    let none = folder.plot("graph", "@slice.h5ad", "-o", "@g.png")
    #expect(none.exitCode == 65 && none.errors.contains("stomics preprocess"))
  }

  @Test("qc draws what obs has, and counts what it lacks") func quality() throws {
    let folder = try PlotFolder()
    try folder.writeFull()
    let report = try folder.json("qc", "@full.h5ad", "-o", "@q.svg", "--bins", "4")
    let quantities = try #require(report["quantities"] as? [[String: Any]])
    // Counts of layers/counts: (0 + 1) and (2 + 3), five spots each; neither gene is mitochondrial.
    #expect(quantities.map { $0["name"] as? String } == [Keys.totalCounts, Keys.genesByCounts])
    #expect(quantities[0]["minimum"] as? Double == 1 && quantities[0]["maximum"] as? Double == 5)
    #expect(quantities[1]["median"] as? Double == 1.5)
    let svg = try folder.text("q.svg")
    for word in ["counts", "genes", "spots", "median"] { #expect(svg.contains(">\(word)</text>"), "\(word)") }
    let named = folder.plot("qc", "@full.h5ad", "--obs", "depth", "-o", "@d.svg", "--no-maps")
    #expect(named.output.contains("depth") && named.output.contains("missing"))
    #expect(try !folder.text("d.svg").contains("<circle"))
    let labels = folder.plot("qc", "@full.h5ad", "--obs", "layer", "-o", "@d.png")
    #expect(labels.exitCode == 65)
    var bare = try AnnData.read(folder.path + "/bare.h5ad")
    bare.x = .array(DenseArray(shape: [10, 2], values: .float32([Float](repeating: 0.5, count: 20))))
    try bare.write(to: folder.path + "/fractions.h5ad")
    let none = folder.plot("qc", "@fractions.h5ad", "-o", "@d.png")
    #expect(none.exitCode == 65 && none.errors.contains("--obs"))
  }

  @Test("labels counts spots in the categories' order and colours, missing last") func labels() throws {
    let folder = try PlotFolder()
    let outcome = folder.plot("labels", "@slice.h5ad", "-o", "@l.svg")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let svg = try folder.text("l.svg")
    for word in ["layer", "domain", "4 (40.0 %)", "3 (30.0 %)", "1 (10.0 %)", "missing"] {
      #expect(svg.contains(">\(word)</text>"), "\(word) is missing")
    }
    // The file's colours in both columns: three bars of Layer1's, two of the missing spot's.
    #expect(svg.contains("#E41A1C") && !svg.contains(Palette.colorBlindSafe[0].hex))
    let report = try folder.json("labels", "@slice.h5ad", "--key", "layer", "-o", "@l.png")
    let columns = try #require(report["columns"] as? [[String: Any]])
    #expect(columns.count == 1 && columns[0]["missing"] as? Int == 1)
    #expect(folder.plot("labels", "@slice.h5ad", "--key", "nope", "-o", "@l.png").exitCode == 65)
  }

  @Test("reliability bins a run's test spots, or a slice's labelled ones") func reliability() throws {
    let folder = try PlotFolder()
    try folder.writeFull()
    let outcome = folder.plot("reliability", folder.path, "-o", "@r.svg", "--bins", "10", "--min-spots", "1")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    // 0.9 right; 0.6 twice, once right: (|1 - 0.9| + 2 |0.5 - 0.6|) / 3.
    #expect(outcome.output.contains("3 test spots, ECE 0.100, accuracy 0.667, mean confidence 0.700"))
    let svg = try folder.text("r.svg")
    for word in ["ECE 0.100", "3 test spots", "as sure as right", "wrong"] { #expect(svg.contains(">\(word)</text>")) }
    let slice = try folder.json("reliability", "@full.h5ad", "-o", "@r.png")
    #expect(slice["spots"] as? Int == 9)
    let bins = try #require(slice["bins"] as? [[String: Any]])
    #expect(bins.count == 15 && bins.compactMap { $0["spots"] as? Int }.reduce(0, +) == 9)
    let none = folder.plot("reliability", folder.path, "-o", "@r.svg", "--split", "validation")
    #expect(none.exitCode == 65 && none.errors.contains("test, train, all"))
    #expect(folder.plot("reliability", "@bare.h5ad", "-o", "@r.png").exitCode == 64)
  }

  @Test("heatmap orders spots by domain and ranks genes; the three kinds of numbers") func heatmap() throws {
    let folder = try PlotFolder()
    try folder.writeFull()
    let top = folder.plot("heatmap", "@full.h5ad", "-o", "@h.svg", "--top", "1")
    #expect(top.exitCode == 0, "\(top.errors)")
    // MOBP rises along the spots and is highest in Layer3 of the layers with two spots or more; PCP4 is 0 everywhere.
    #expect(top.output.contains("Layer3  MOBP") && !top.output.contains("PCP4"))
    for (values, word) in [
      ("raw", "counts"), ("normalised", "log-normalised"), ("scaled", "standard"),
    ] {
      let outcome = folder.plot(
        "heatmap", "@full.h5ad", "-o", "@h.svg", "--gene", "MOBP", "--gene", "PCP4", "--values", values)
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      let svg = try folder.text("h.svg")
      for word in ["MOBP", "PCP4", "Layer1", "WM", "missing", word] {
        #expect(svg.contains(">\(word)</text>"), "\(word)")
      }
    }
    #expect(folder.plot("heatmap", "@slice.h5ad", "--gene", "MOBP", "--values", "raw", "-o", "@h.png").exitCode == 65)
    let wrong = folder.plot("heatmap", "@full.h5ad", "--gene", "MOPB", "-o", "@h.png")
    #expect(wrong.exitCode == 64 && wrong.errors.contains("'MOBP'"))
    let groups = folder.plot("heatmap", "@bare.h5ad", "-o", "@h.png")
    #expect(groups.exitCode == 64 && groups.errors.contains("--groupby"))
    let one = folder.plot("heatmap", "@bare.h5ad", "--groupby", "kind", "-o", "@h.png")
    #expect(one.exitCode == 65 && one.errors.contains("--gene"))
  }

  @Test("compare matches spots by barcode and scores each prediction") func compare() throws {
    let folder = try PlotFolder()
    var turned = try AnnData.read(folder.path + "/slice.h5ad").gatheringObservations(Array((0..<9).reversed()))
    turned.obs.columns[Keys.predictedDomain] = turned.obs["layer"]
    try turned.write(to: folder.path + "/turned.h5ad")
    let report = try folder.json("compare", "@slice.h5ad", "@turned.h5ad", "--name", "a", "--name", "b", "-o", "@c.svg")
    let models = try #require(report["models"] as? [[String: Any]])
    #expect(models.map { $0["spots"] as? Int } == [10, 9])
    #expect(models[1]["ari"] as? Double == 1 && models[1]["accuracy"] as? Double == 1)
    #expect(abs((models[0]["accuracy"] as? Double ?? 0) - 7.0 / 9) < 1e-9)
    let svg = try folder.text("c.svg")
    for word in ["Truth", "a", "b", "ARI 1.000 · accuracy 1.000"] {
      #expect(svg.contains(">\(word)</text>"), "\(word)")
    }
    let errors = folder.plot("compare", "@slice.h5ad", "@turned.h5ad", "--errors", "-o", "@e.svg")
    #expect(errors.exitCode == 0, "\(errors.errors)")
    let drawn = try folder.text("e.svg")
    #expect(drawn.contains(">Errors of slice</text>") && drawn.contains(">2 of 9 spots wrong (22.2 %)</text>"))
    #expect(drawn.contains(">0 of 9 spots wrong (0.0 %)</text>"))
    var other = try AnnData.read(folder.path + "/slice.h5ad")
    other.obs = DataFrame(index: (0..<10).map { "x\($0)" }, columns: other.obs.columns)
    try other.write(to: folder.path + "/other.h5ad")
    let none = folder.plot("compare", "@slice.h5ad", "@other.h5ad", "-o", "@c.png")
    #expect(none.exitCode == 65 && none.errors.contains("one slice"))
    #expect(folder.plot("compare", "@slice.h5ad", "-o", "@c.png").exitCode == 64)
    #expect(folder.plot("compare", "@slice.h5ad", "@other.h5ad", "--name", "a", "-o", "@c.png").exitCode == 64)
    #expect(
      folder.plot("compare", "@bare.h5ad", "@bare.h5ad", "--prediction", "kind", "--errors", "-o", "@c.png").exitCode
        == 64)
  }

  @Test("crop shows a part, a scale bar stands where the length of a pixel is known") func crop() throws {
    let folder = try PlotFolder()
    func circles(_ flags: String...) throws -> Int {
      let outcome = Stomics.run(
        [
          "plot", "domains", folder.path + "/slice.h5ad", "-o", folder.path + "/d.svg", "--panels", "truth",
          "--no-image",
        ]
          + flags)
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      return try folder.text("d.svg").split(separator: "<circle").count - 1
    }
    // Ten spots and five entries of the legend; the crop holds the three upper spots of the stem.
    let whole = try circles()
    #expect(whole == 15)
    #expect(try circles("--crop", "50,50,150,350") == 3 + 5)
    #expect(try !folder.text("d.svg").contains("µm"))
    // An axis by its name is the same as the way it is mirrored.
    for (name, way) in [("x", "horizontal"), ("y", "vertical")] {
      _ = try circles("--flip", name)
      let one = try folder.text("d.svg")
      _ = try circles("--flip", way)
      #expect(try folder.text("d.svg") == one)
    }
    let far = folder.plot("domains", "@slice.h5ad", "-o", "@d.png", "--crop", "5000,5000,6000,6000")
    #expect(far.exitCode == 64 && far.errors.contains("from (100, 100) to (400, 500)"))
    for crop in ["1,2,3", "5,0,1,1", "a,b,c,d", "0,0,inf,1"] {
      #expect(folder.plot("domains", "@slice.h5ad", "-o", "@d.png", "--crop", crop).exitCode == 64, "\(crop)")
    }
  }

  @Test("gate, stages and ablation draw what a model and an evaluation hold") func models() throws {
    let slice = try SmallSlice()
    func path(_ name: String) -> String { slice.folder + "/" + name }
    let quick = ["-q", "--json"]
    for (name, fusion) in [("gated", "gated"), ("cross", "cross-attention")] {
      succeed(["train", slice.path, "-o", path(name), "--fusion", fusion] + SmallSlice.quick + ["-q"])
    }
    let gate = succeed(["plot", "gate", path("gated"), slice.path, "-o", path("gate.svg"), "--no-image"])
    #expect(gate.output.contains("expression 0.") && gate.output.contains("Layer1"))
    let svg = try String(contentsOfFile: path("gate.svg"), encoding: .utf8)
    for word in ["Gate of the graph", "Spread over the width", "Domains"] {
      #expect(svg.contains(">\(word)</text>"), "\(word)")
    }
    let none = Stomics.run(["plot", "gate", path("cross"), slice.path, "-o", path("gate.png")])
    #expect(none.exitCode == 64 && none.errors.contains("--fusion gated"))
    for method in ["pca", "tsne"] {
      let stages = succeed(
        ["plot", "stages", path("cross"), slice.path, "--method", method, "-o", path("stages.svg")] + quick)
      for part in ["expression", "graph", "fused"] { #expect(stages.output.contains("\"\(part)\"")) }
      #expect(stages.output.contains("\"silhouette\""))
    }
    let drawn = try String(contentsOfFile: path("stages.svg"), encoding: .utf8)
    for word in ["Expression encoder", "Graph encoder", "Fused", "t-SNE 1"] {
      #expect(drawn.contains(">\(word)</text>"), "\(word)")
    }
    let gene = try AnnData.read(slice.path).recipe().genes[0]
    succeed(
      ["plot", "stages", path("gated"), slice.path, "--method", "pca", "--color", gene, "-o", path("gene.png")] + quick)

    succeed(EvaluateCommandTests.arguments(slice, "--modes", "gcn_only,rings", "--seeds", "2"))
    let bars = succeed(
      [
        "plot", "ablation", path("table"), "--metric", "ari", "--metric", "log_loss", "--sort", "-o",
        path("ablation.svg"),
      ])
    #expect(bars.output.contains("rings") && bars.output.contains("log_loss"))
    let plotted = try String(contentsOfFile: path("ablation.svg"), encoding: .utf8)
    #expect(plotted.contains(">model</text>") && plotted.contains("log-loss (bar: mean"))
    let one = succeed(
      ["plot", "ablation", path("table/results.json"), "--method", "rings", "-o", path("one.png")] + quick)
    #expect(one.output.contains("\"rings\"") && !one.output.contains("gcn_only"))
    for (flags, code) in [(["--metric", "aria"], 64), (["--method", "ring"], 64)] {
      let outcome = Stomics.run(["plot", "ablation", path("table"), "-o", path("x.png")] + flags)
      #expect(outcome.exitCode == Int32(code) && outcome.errors.contains("Did you mean"), "\(outcome.errors)")
    }
    #expect(Stomics.run(["plot", "ablation", path("table/table.md"), "-o", path("x.png")]).exitCode == 65)
    #expect(Stomics.run(["plot", "ablation", slice.folder, "-o", path("x.png")]).exitCode == 74)
  }
}
