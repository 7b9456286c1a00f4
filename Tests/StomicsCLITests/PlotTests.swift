import AnnData
import Foundation
import Images
import OrderedCollections
import Plotting
import StomicsCore
import TestSupport
import Testing

@testable import StomicsCLI

/// A folder with a slice in the shape of the letter F and with the tables of a run.
final class PlotFolder {
  let path: String

  init() throws {
    path = try Fixtures.temporaryFolder()
    let places: [(Double, Double)] = [
      (0, 0), (1, 0), (2, 0), (3, 0), (0, 1), (0, 2), (1, 2), (2, 2), (0, 3), (0, 4),
    ]
    let layer = Categorical(
      codes: [0, 0, 0, 0, 1, 2, 2, 2, 3, -1], categories: ["Layer1", "Layer2", "Layer3", "WM"], ordered: true)
    let domain = Categorical(
      codes: [3, 3, 3, 0, 1, 1, 1, 1, 0, 2], categories: ["WM", "Layer3", "Layer2", "Layer1"])
    var adata = AnnData(
      x: .array(DenseArray(shape: [10, 2], values: .float32((0..<20).map { $0 % 2 == 0 ? Float($0) : 0 }))),
      obs: DataFrame(
        index: places.indices.map { "spot\($0)" },
        columns: [
          "layer": .categorical(layer), Keys.predictedDomain: .categorical(domain),
          "depth": .numeric(.float64([.nan] + (1..<10).map(Double.init))),
        ]),
      var: DataFrame(index: ["MOBP", "PCP4"]))
    adata.obsm[Keys.spatial] = .array(
      DenseArray(shape: [10, 2], values: .float64(places.flatMap { [$0.0 * 100 + 100, $0.1 * 100 + 100] })))
    adata.uns[Keys.colors(of: "layer")] = .strings(StringArray(["#E41A1C", "#377EB8", "#4DAF4A", "#984EA3"]))
    adata.uns[Keys.spatial] = .dictionary([
      "slice": .dictionary([
        "images": .dictionary([
          "lowres": .array(DenseArray(shape: [60, 50, 3], values: .uint8([UInt8](repeating: 200, count: 9000))))
        ]),
        "scalefactors": .dictionary([
          "tissue_lowres_scalef": .scalar(.float64([0.1])), "spot_diameter_fullres": .scalar(.float64([60])),
        ]),
      ])
    ])
    adata.setRecipe(
      Recipe(
        targetSum: 1e4, genes: ["MOBP"], means: [1], standardDeviations: [1], clip: 10, graph: GraphRecipe(),
        labelKey: "layer", version: "1"))
    try adata.write(to: path + "/slice.h5ad")
    try listening(adata).write(to: path + "/listening.h5ad")
    var bare = adata
    bare.uns = [:]
    bare.obs = DataFrame(index: adata.obs.index, columns: ["kind": .strings([String](repeating: "a", count: 10))])
    try bare.write(to: path + "/bare.h5ad")
    try write(
      """
      epoch,train_loss,val_loss,val_ari,val_accuracy,learning_rate,seconds
      1,2.0,1.9,0.1,0.3,0.001,0.2
      2,1.0,1.1,0.6,0.7,0.001,0.2
      3,0.5,1.0,0.6,0.8,0.0005,0.2

      """, "history.csv")
    try write(
      """
      spot,split,truth,predicted,confidence,p_Layer1,"p_WM, deep"
      a,test,Layer1,Layer1,0.9,0.9,0.1
      b,test,"WM, deep",Layer1,0.6,0.6,0.4
      c,test,"WM, deep","WM, deep",0.6,0.4,0.6
      d,train,Layer1,Layer1,0.9,0.9,0.1
      e,,,Layer1,0.9,0.9,0.1

      """, "predictions.csv")
  }

  /// The slice with attention: the corner listens to the right and a little down, everybody else to the corner; in a
  /// layer of graph attention each to itself.
  private func listening(_ slice: AnnData) -> AnnData {
    var adata = slice
    let corner = CSRMatrix(
      rows: 10, columns: 10, indptr: [0] + Array(2...11), indices: [1, 4] + [Int32](repeating: 0, count: 9),
      values: [0.9, 0.1] + [Float](repeating: 1, count: 9))
    var down = corner
    down.values[0] = 0.1
    down.values[1] = 0.9
    let itself = CSRMatrix(
      rows: 10, columns: 10, indptr: Array(0...10), indices: (0..<10).map(Int32.init),
      values: [Float](repeating: 1, count: 10))
    for key in ["attention_cross_0", "attention_cross_10", "attention_cross_10_head_0"] {
      adata.obsp[key] = .sparse(SparseArray(corner))
    }
    adata.obsp["attention_cross_10_head_1"] = .sparse(SparseArray(down))
    adata.obsp["attention_graph_11"] = .sparse(SparseArray(itself))
    var halves = itself
    halves.values[3] = 0.5
    adata.obsp["attention_graph_12"] = .sparse(SparseArray(halves))
    adata.obsp["attention_graph_13"] = .array(
      DenseArray(shape: [10, 10], values: .float32([Float](repeating: 0.1, count: 100))))
    adata.obsp["connectivities"] = .sparse(SparseArray(itself))
    return adata
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, _ name: String) throws {
    try text.write(toFile: path + "/" + name, atomically: false, encoding: .utf8)
  }

  func text(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }

  /// Runs `stomics plot …`; words that begin with @ are files of this folder.
  func plot(_ words: String...) -> Stomics.Outcome {
    Stomics.run(["plot"] + words.map { $0.hasPrefix("@") ? path + "/" + $0.dropFirst() : $0 })
  }
}

@Suite("stomics plot") struct PlotTests {
  @Test("domains draws truth, prediction and errors in the file's colours, over its image")
  func domains() throws {
    let folder = try PlotFolder()
    let outcome = folder.plot("domains", "@slice.h5ad", "-o", "@d.svg")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("truth, prediction, errors of 10 spots"))
    #expect(outcome.output.contains("2 of 9 wrong"))
    let svg = try folder.text("d.svg")
    for word in ["Truth", "Prediction", "Errors", "layer", "Layer1", "WM", "missing", "2 of 9 spots wrong (22.2 %)"] {
      #expect(svg.contains(">\(word)</text>"), "\(word) is missing")
    }
    // The stored colours, bound to the names though the prediction's categories stand in another order.
    for color in ["#E41A1C", "#377EB8", "#4DAF4A", "#984EA3"] { #expect(svg.contains("fill=\"\(color)\"")) }
    #expect(!svg.contains(Palette.colorBlindSafe[0].hex))
    #expect(svg.contains("data:image/png;base64,"))
    #expect(svg.contains("stomics plot domains slice.h5ad; truth obs/layer, prediction obs/domain"))

    #expect(folder.plot("domains", "@slice.h5ad", "-o", "@plain.svg", "--no-image").exitCode == 0)
    #expect(try !folder.text("plain.svg").contains("data:image"))
  }

  @Test("chosen panels, palette, size and shape are as asked for") func choices() throws {
    let folder = try PlotFolder()
    let outcome = folder.plot(
      "domains", "@slice.h5ad", "-o", "@d.svg", "--panels", "errors, prediction", "--error-colors", "--spot-shape",
      "hexagon", "--title", "A & B", "--width", "5", "--flip", "vertical", "--rotate", "90", "--microns-per-pixel",
      "0.5")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let svg = try folder.text("d.svg")
    #expect(svg.contains("width=\"360pt\""))
    #expect(svg.contains(">A &amp; B</text>") && svg.contains("µm</text>"))
    #expect(!svg.contains(">Truth</text>") && !svg.contains(">wrong</text>") && svg.contains("<polygon"))
    let json = folder.plot("domains", "@slice.h5ad", "-o", "@d.png", "--json", "--dpi", "72", "--prediction", "layer")
    #expect(json.output.contains("\"wrong\" : 0") && json.output.contains("\"ari\" : 1"))
    let image = try Image(pngFile: folder.path + "/d.png")
    #expect(image.width > 300)
    #expect(folder.plot("domains", "@bare.h5ad", "-o", "@b.svg", "--truth", "kind", "--palette", "tab20").exitCode == 0)
    #expect(try folder.text("b.svg").contains(Palette.tab20[0].hex))
  }

  @Test("a slice without labels, unknown columns and flags that make no sense are errors that help") func errors()
    throws
  {
    let folder = try PlotFolder()
    let none = folder.plot("domains", "@bare.h5ad", "-o", "@d.png")
    #expect(none.exitCode == 65 && none.errors.contains("--truth") && none.errors.contains("kind"))
    let panel = folder.plot("domains", "@bare.h5ad", "-o", "@d.png", "--truth", "kind", "--panels", "errors")
    #expect(panel.exitCode == 64 && panel.errors.contains("--prediction"))
    let column = folder.plot("domains", "@slice.h5ad", "-o", "@d.png", "--truth", "nope")
    #expect(column.exitCode == 65 && column.errors.contains("'nope'"))
    #expect(folder.plot("domains", "@slice.h5ad", "-o", "@none/d.png").exitCode == 74)
    #expect(folder.plot("domains", "@missing.h5ad", "-o", "@d.png").exitCode != 0)
    for flags in [
      ["-o", "d.jpg"], ["-o", "d.png", "--rotate", "45"], ["-o", "d.png", "--panels", "all"],
      ["-o", "d.png", "--width", "0.1"], ["-o", "d.png", "--dpi", "1"], ["-o", "d.png", "--palette", "x"],
      ["-o", "d.png", "--image-opacity", "2"], ["-o", "d.png", "--spot-scale", "0"], ["-o", "d.png", "--columns", "0"],
      ["-o", "d.png", "--microns-per-pixel", "-1"],
    ] {
      let outcome = Stomics.run(["plot", "domains", folder.path + "/slice.h5ad"] + flags)
      #expect(outcome.exitCode == 64, "\(flags)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.hasSuffix(".png") })
  }

  @Test("genes maps expression and numbers of obs; a misspelt gene gets near names") func genes() throws {
    let folder = try PlotFolder()
    let outcome = folder.plot(
      "genes", "@slice.h5ad", "--gene", "MOBP", "--obs", "depth", "--vmax", "p99", "--cmap", "magma", "-o", "@g.svg")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("MOBP: 9 of 10 spots above 0, at most 18.0"))
    let svg = try folder.text("g.svg")
    for word in ["MOBP", "depth", "log-normalised counts", "missing"] { #expect(svg.contains(">\(word)</text>")) }
    let wrong = folder.plot("gene", "@slice.h5ad", "--gene", "MOPB", "-o", "@w.png")
    #expect(wrong.exitCode == 64 && wrong.errors.contains("'MOBP'"))
    for flags in [[], ["--gene", "MOBP", "--cmap", "virids"], ["--gene", "MOBP", "--vmin", "3", "--vmax", "1"]] {
      #expect(Stomics.run(["plot", "genes", folder.path + "/slice.h5ad", "-o", "x.png"] + flags).exitCode == 64)
    }
    #expect(folder.plot("genes", "@slice.h5ad", "--gene", "MOBP", "--layer", "counts", "-o", "@w.png").exitCode == 65)
    #expect(folder.plot("genes", "@slice.h5ad", "--obs", "layer", "-o", "@w.png").exitCode == 65)
  }

  @Test("attention maps edges, evenness and what crosses domains, by default of the last layer of cross-attention")
  func attention() throws {
    let folder = try PlotFolder()
    let outcome = folder.plot(
      "attention", "@listening.h5ad", "-o", "@a.svg", "--as", "domains, edges,evenness,across", "--no-image")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("cross-attention, layer 10: 11 weights of 10 spots"))
    // H(0.9, 0.1) / ln 2.
    #expect(outcome.output.contains("evenness 0.469 on average"))
    let svg = try folder.text("a.svg")
    for word in [
      "Predicted domains", "Attention", "Evenness of attention", "Attention across domains", "share of attention",
    ] {
      #expect(svg.contains(">\(word)</text>"), "\(word) is missing")
    }
    #expect(svg.contains("stomics plot attention listening.h5ad; obsp/attention_cross_10; domains, edges"))
    // The corner's two halves of edges, to the right and down.
    #expect(svg.contains("<path stroke=\"\(ColorMap.coolwarm.colors[255].hex)\""))
    // By the layers' column the corner listens across a little, the five spots of other layers altogether.
    let layers = folder.plot(
      "attention", "@listening.h5ad", "-o", "@a.png", "--domains", "layer", "--as", "across", "--json")
    #expect(layers.output.contains("\"spots\" : 6") && layers.output.contains("\"neighbours_across\" : 0.91"))
    let graph = folder.plot("attention", "@listening.h5ad", "-o", "@g.pdf", "--key", "attention_graph_11")
    #expect(graph.output.contains("graph attention, layer 11: 10 weights"))
    #expect(!graph.output.contains("evenness"))
  }

  @Test("attention of a spot enlarges it among its neighbours; heads are told apart") func attentionOfSpot() throws {
    let folder = try PlotFolder()
    func places(_ name: String, _ flags: String...) throws -> [String: SIMD2<Double>] {
      let outcome = Stomics.run(
        ["plot", "attention", folder.path + "/listening.h5ad", "--spot", "spot0", "-o", folder.path + "/" + name]
          + flags)
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      let svg = try folder.text(name)
      #expect(svg.contains(">spot0</text>") && !svg.contains(">spot1</text>"))
      var found: [String: SIMD2<Double>] = [:]
      for number in ["0.90", "0.10"] {
        let pattern = try Regex("<text x=\"([0-9.]+)\" y=\"([0-9.]+)\"[^>]*>\(number)<")
        let match = try #require(svg.firstMatch(of: pattern))
        let place = (1...2).compactMap { match.output[$0].substring.flatMap { Double($0) } }
        try #require(place.count == 2)
        found[number] = SIMD2(place[0], place[1])
      }
      return found
    }
    for (flags, most, least) in [(["--head", "0"], "0.90", "0.10"), (["--head", "1"], "0.10", "0.90")] {
      let found = try places("s.svg", flags[0], flags[1])
      let (right, below) = (try #require(found[most]), try #require(found[least]))
      #expect(right.x > below.x + 20 && right.y < below.y - 20, "\(flags): \(found)")
    }
    let flipped = try places("f.svg", "--flip", "vertical")
    #expect(try #require(flipped["0.90"]).y > #require(flipped["0.10"]).y + 20)
    let both = folder.plot(
      "attention", "@listening.h5ad", "-o", "@b.png", "--as", "edges", "--spot", "spot0", "--spot", "spot7", "--json")
    #expect(both.output.contains("\"spot7\"") && both.output.contains("\"edges\""))
  }

  @Test("attention that is not there, or is none, is an error that says what to do") func attentionErrors() throws {
    let folder = try PlotFolder()
    func fails(_ code: Int32, _ words: [String], _ file: String, _ flags: String...) {
      let outcome = Stomics.run(["plot", "attention", folder.path + "/" + file, "-o", folder.path + "/x.png"] + flags)
      #expect(outcome.exitCode == code, "\(file) \(flags): \(outcome.errors)")
      for word in words { #expect(outcome.errors.contains(word), "\(flags): \(outcome.errors)") }
    }
    fails(65, ["stomics predict", "--attention"], "slice.h5ad")
    fails(64, ["Did you mean 'attention_cross_0' or"], "listening.h5ad", "--key", "attention_cros_0")
    fails(64, ["connectivities", "found: attention_cross_0"], "listening.h5ad", "--key", "connectivities")
    fails(64, ["no head 7", "0, 1"], "listening.h5ad", "--head", "7")
    fails(64, ["--attention-heads"], "listening.h5ad", "--head", "0", "--key", "attention_cross_0")
    fails(64, ["'spo0'", "Did you mean 'spot0'"], "listening.h5ad", "--spot", "spo0")
    fails(65, ["spot3", "sums to 0.5"], "listening.h5ad", "--key", "attention_graph_12")
    fails(65, ["a sparse matrix of attention"], "listening.h5ad", "--key", "attention_graph_13")
    fails(65, ["'nope'"], "listening.h5ad", "--domains", "nope")
    for flags in [["--as", "all"], ["--as", ","], ["--head", "-1"], ["--cmap", "x"]] {
      fails(64, [], "listening.h5ad", flags[0], flags[1])
    }
    var adata = try AnnData.read(folder.path + "/listening.h5ad")
    adata.obs = DataFrame(index: adata.obs.index, columns: ["kind": .strings([String](repeating: "a", count: 10))])
    try adata.write(to: folder.path + "/unnamed.h5ad")
    fails(64, ["'across'", "--domains", "kind"], "unnamed.h5ad", "--as", "across")
    #expect(folder.plot("attention", "@unnamed.h5ad", "-o", "@u.png").exitCode == 0)
    // Weights of other spots are found when the file is read or written.
    let oblong = CSRMatrix(
      rows: 10, columns: 9, indptr: Array(0...10), indices: [Int32](repeating: 0, count: 10),
      values: [Float](repeating: 1, count: 10))
    adata.obsp["attention_cross_0"] = .sparse(SparseArray(oblong))
    #expect(throws: (any Error).self) {
      try adata.write(to: folder.path + "/oblong.h5ad")
      _ = try AnnData.read(folder.path + "/oblong.h5ad")
    }
  }

  @Test("history draws a run's curves by their header and marks the first best epoch") func history() throws {
    let folder = try PlotFolder()
    let outcome = folder.plot("history", folder.path, "-o", "@h.svg")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("3 epochs, the best is 2 with a validation ARI of 0.600"))
    let svg = try folder.text("h.svg")
    for word in ["training", "validation", "ARI", "accuracy", "best epoch (2)", "learning rate lowered"] {
      #expect(svg.contains(">\(word)</text>"), "\(word) is missing")
    }
    #expect(!svg.contains("seconds"))
    try folder.write("epoch\tloss\n1\t2\n", "tabs.csv")
    #expect(folder.plot("history", "@tabs.csv", "-o", "@h.png").exitCode == 65)
    try folder.write("epoch,loss\n1,2\n2\n", "short.csv")
    let short = folder.plot("history", "@short.csv", "-o", "@h.png")
    #expect(short.exitCode == 65 && short.errors.contains("Line 3"))
    try folder.write("epoch,loss\n", "empty.csv")
    #expect(folder.plot("history", "@empty.csv", "-o", "@h.png").exitCode == 65)
    #expect(folder.plot("history", "@none.csv", "-o", "@h.png").exitCode == 74)
  }

  @Test("confusion counts a run's test spots, or a slice's spots with both labels") func confusion() throws {
    let folder = try PlotFolder()
    let run = folder.plot("confusion", folder.path, "-o", "@c.svg")
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.output.contains("3 test spots, accuracy 0.667"))
    #expect(try folder.text("c.svg").contains(">WM, deep</text>"))
    let all = folder.plot("confusion", folder.path, "-o", "@c.svg", "--split", "all", "--json")
    #expect(all.output.contains("\"spots\" : 4"))
    let none = folder.plot("confusion", folder.path, "-o", "@c.svg", "--split", "validation")
    #expect(none.exitCode == 65 && none.errors.contains("test, train, all"))
    let slice = folder.plot("confusion", "@slice.h5ad", "-o", "@c.pdf")
    #expect(slice.output.contains("9 spots, accuracy 0.778"))
    #expect(folder.plot("confusion", "@bare.h5ad", "-o", "@c.pdf").exitCode == 64)
  }

  @Test("tables keep quoted commas, quotes and line breaks, and say which line is wrong") func tables() throws {
    let table = try CSVTable("a, b ,c\r\n1,\"x, \"\"y\"\"\nz\",\n\n,2,3", file: "t.csv")
    #expect(table.header == ["a", "b", "c"])
    #expect(table.rows == [["1", "x, \"y\"\nz", ""], ["", "2", "3"]])
    #expect(table.numbers("b") == nil && table.numbers("d") == nil)
    #expect(table.numbers("c")?[1] == 3 && table.numbers("c")?[0].isNaN == true)
    #expect(throws: CSVError.openQuote(file: "t", line: 2)) { try CSVTable("a\n\"x\n", file: "t") }
    #expect(throws: CSVError.empty(file: "t")) { try CSVTable("\n\n", file: "t") }
    #expect(throws: CSVError.rowLength(file: "t", line: 4, found: 1, expected: 2)) {
      try CSVTable("a,b\n1,\"x\ny\"\n3\n", file: "t")
    }
  }

  @Test("a real slice draws", .enabled(if: realSlice != nil)) func real() throws {
    let folder = try PlotFolder()
    let outcome = folder.plot(
      "domains", try #require(realSlice), "--truth", "sce.layer_guess", "-o", "@real.png", "--dpi", "100")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let image = try Image(pngFile: folder.path + "/real.png")
    // White matter lies at the lower left of this slice, Layer1 at the top.
    func center(_ color: Color) -> SIMD2<Double> {
      var sum = SIMD2<Double>.zero
      var count = 0.0
      for y in 0..<image.height {
        for x in 0..<image.width * 2 / 3
        where image[x, y] == SIMD4(color.red, color.green, color.blue, 255) {
          sum += SIMD2(Double(x), Double(y))
          count += 1
        }
      }
      return sum / count
    }
    let layer1 = center(Palette.colorBlindSafe[0])
    let matter = center(Palette.colorBlindSafe[6])
    #expect(matter.y > layer1.y + Double(image.height) / 3)
    #expect(matter.x < Double(image.width) / 3)
  }
}

private let realSlice = Fixtures.realData("dlpfc/151673.h5ad")
