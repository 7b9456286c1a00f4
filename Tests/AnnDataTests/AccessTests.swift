import AnnData
import Foundation
import OrderedCollections
import StomicsCore
import TestSupport
import Testing

@Suite("Coordinates, labels, numbers, images, recipes") struct AccessTests {
  let scratch: Scratch
  let data: AnnData
  init() throws {
    scratch = try Scratch()
    data = try AnnData.read(try scratch.fixture("everything.h5ad"))
  }

  @Test func coordinates() throws {
    let points = try data.coordinates()
    #expect(points.count == 12 && points[2] == SIMD2(21, 998))
    #expect(try data.coordinates(key: "X_pca")[1] == SIMD2(Double(Float(3.0 / 7)), Double(Float(4.0 / 7))))
    let error = #expect(throws: AnnDataError.self) { try data.coordinates(key: "xy") }
    let text = "\(try #require(error))"
    #expect(text.contains("'xy' not found in /obsm of \(data.source)"))
    #expect(text.contains("spatial") && text.contains("--spatial-key"))
    for key in ["sparse", "ragged"] { #expect(throws: AnnDataError.self) { try data.coordinates(key: key) } }
  }

  @Test func labels() throws {
    #expect(try data.labels("layer").labels.prefix(4) == ["Layer2", "WM", nil, "Layer1"])
    #expect(try data.labels("text").categories.count == 11)
    #expect(try data.labels("text").labels[0] == nil)
    #expect(try data.labels("flag").categories == ["False", "True"])
    #expect(try data.labels("small").categories.prefix(7) == ["-5", "-4", "-3", "-2", "-1", "0", "1"])
    #expect(try data.labels("small").categories.last == "6")
    #expect(try data.labels("maybe_whole").labels.prefix(3) == ["0", nil, "2"])
    #expect(try data.labels("maybe_text").labels[3] == nil)
    let error = #expect(throws: AnnDataError.self) { try data.labels("layr") }
    #expect("\(try #require(error))".contains("whole, small"))
    #expect(throws: AnnDataError.self) { try data.labels("single") }
    var odd = data
    odd.obs["r"] = .categorical(
      Categorical(codes: [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2], categories: ["NA", "b", "nan"]))
    let labels = try odd.labels("r")
    #expect(labels.codes.prefix(3) == [-1, 1, -1] && labels.categories == ["NA", "b", "nan"])
  }

  @Test func numbers() throws {
    #expect(try data.numbers("whole")[1] == 997)
    #expect(try data.numbers("real")[3].isNaN)
    #expect(try data.numbers("flag").prefix(2) == [1, 0])
    #expect(try data.numbers("maybe_whole")[1].isNaN)
    #expect(try data.numbers("half").prefix(2) == [0, 0.5])
    #expect(throws: AnnDataError.self) { try data.numbers("layer") }
    #expect(throws: AnnDataError.self) { try data.numbers("nowhere") }
    var parsed = data
    parsed.obs["n"] = .strings(["1", "2.5", "", "NA"] + (4..<12).map(String.init))
    #expect(try parsed.numbers("n").prefix(2) == [1, 2.5])
    #expect(try parsed.numbers("n")[2].isNaN)
  }

  @Test func image() throws {
    let image = try #require(try data.tissueImage())
    #expect(image.width == 5 && image.height == 4 && image.channels == 3)
    #expect(image.pixels == (0..<60).map(UInt8.init))
    #expect(image.scale == 0.25 && image.spotDiameterFullres == 89.5 && image.resolution == "hires")
    // Without the large image the small one, fractions in the file.
    var small = data
    guard case .dictionary(var spatial)? = small.uns["spatial"], case .dictionary(var library)? = spatial["lib"],
      case .dictionary(var images)? = library["images"]
    else {
      Issue.record("no images")
      return
    }
    images["hires"] = nil
    library["images"] = .dictionary(images)
    spatial["lib"] = .dictionary(library)
    small.uns["spatial"] = .dictionary(spatial)
    let lowres = try #require(try small.tissueImage())
    #expect(lowres.pixels == [0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 18, 19, 20, 21, 22, 23])
    #expect(lowres.scale == 0.05)
    library["scalefactors"] = .dictionary([:])
    spatial["lib"] = .dictionary(library)
    small.uns["spatial"] = .dictionary(spatial)
    #expect(throws: AnnDataError.self) { try small.tissueImage() }
    small.uns["spatial"] = nil
    #expect(try small.tissueImage() == nil)
  }

  @Test("a graph is read from what programs before graph kinds wrote, and not from what no kind is")
  func oldGraphs() throws {
    func graph(_ json: String) throws -> GraphRecipe {
      try JSONDecoder().decode(GraphRecipe.self, from: Data(json.utf8))
    }
    #expect(try graph(#"{"neighbours": 8, "direction": "knn"}"#) == GraphRecipe(.kNearest(8), direction: .knn))
    #expect(try graph(#"{"neighbours": 0, "direction": "symmetric"}"#) == GraphRecipe(.none))
    for wrong in [
      #"{"direction": "knn"}"#, #"{"kind": "wood", "direction": "knn"}"#,
      #"{"kind": "radius", "direction": "knn"}"#, #"{"kind": "grid", "rings": 0, "direction": "knn"}"#,
      #"{"kind": "knn", "neighbours": 6, "radius": 3, "direction": "knn"}"#,
    ] {
      #expect(throws: DecodingError.self) { try graph(wrong) }
    }
    var full = data
    let recipe = Recipe(
      targetSum: 1, genes: [], means: [], standardDeviations: [], clip: 1, graph: GraphRecipe(), version: "x")
    func stored(_ graph: OrderedDictionary<String, Element>) throws -> GraphRecipe {
      var members = recipe.elements
      members["graph"] = .dictionary(graph)
      full.uns["stomics"] = .dictionary(["recipe": .dictionary(members)])
      return try full.recipe().graph
    }
    func whole(_ count: Int64) -> Element { .scalar(.int64([count])) }
    #expect(try stored(["neighbours": whole(8), "direction": .string("knn")]).kind == .kNearest(8))
    #expect(try stored(["neighbours": whole(0), "direction": .string("knn")]).kind == .none)
    for wrong: OrderedDictionary<String, Element> in [
      ["neighbours": whole(-1), "direction": .string("knn")],
      ["kind": .string("wood"), "direction": .string("knn")],
      ["kind": .string("radius"), "direction": .string("knn")],
      ["kind": .string("grid"), "rings": whole(0), "direction": .string("knn")],
    ] {
      #expect(throws: AnnDataError.self) { try stored(wrong) }
    }
  }

  @Test("settings of a graph: each kind takes its own number alone")
  func graphSettings() throws {
    #expect(try GraphSettings().resolved() == nil)
    #expect(try GraphSettings(neighbours: 4).resolved() == .kNearest(4))
    #expect(try GraphSettings(rings: 2).resolved() == .rings(2) && GraphSettings(radius: 9).resolved() == .radius(9))
    #expect(try GraphSettings(maximumEdge: 9).resolved() == .delaunay(maximumEdge: 9))
    #expect(try GraphSettings(kind: .knn).resolved() == .kNearest(6))
    #expect(try GraphSettings(kind: .grid).resolved() == .rings(1))
    #expect(try GraphSettings(kind: .delaunay).resolved() == .delaunay(maximumEdge: nil))
    #expect(GraphRecipe.Kind.radius(150).words == "within 150" && GraphRecipe.Kind.radius(1.5).words == "within 1.5")
    // Beyond what an Int holds.
    #expect(GraphRecipe.Kind.delaunay(maximumEdge: 1e300).words == "Delaunay, edges up to 1e+300")
    for (wrong, words) in [
      (GraphSettings(rings: 2, radius: 3), "--radius belongs to --graph radius, and the graph is grid"),
      (GraphSettings(kind: .knn, radius: 5), "--radius belongs to --graph radius, and the graph is knn"),
      (GraphSettings(kind: .radius, maximumEdge: 5), "--max-edge belongs to --graph delaunay"),
      (GraphSettings(kind: .grid, neighbours: 5), "--knn-k belongs to --graph knn"),
      (GraphSettings(kind: .radius), "needs --radius"), (GraphSettings(neighbours: 0), "--knn-k is 0"),
      (GraphSettings(kind: .radius, radius: .nan), "above 0"),
      (GraphSettings(kind: .delaunay, maximumEdge: -1), "above 0"),
    ] {
      #expect { try wrong.resolved() } throws: { "\($0)".contains(words) }
    }
  }

  @Test func recipe() throws {
    #expect(throws: AnnDataError.missingRecipe(file: data.source)) { try data.recipe() }
    var full = data
    let recipe = Recipe(
      targetSum: 1e4, sizeFactorColumn: "total", genes: ["A", "B"], geneIDs: ["E1", "E2"], means: [0.1, 0.2],
      standardDeviations: [1, 2], clip: 10, standardisation: .perSlice,
      highlyVariableFlavor: "seurat_v3", highlyVariableBatchColumn: "donor",
      graph: GraphRecipe(.kNearest(8), direction: .knn), labelKey: "layer", version: "0.1.0")
    let bare = Recipe(
      targetSum: 1, genes: [], means: [], standardDeviations: [], clip: 1, graph: GraphRecipe(), version: "x")
    let kinds: [GraphRecipe.Kind] = [
      .none, .kNearest(12), .rings(2), .radius(137.5), .delaunay(maximumEdge: nil), .delaunay(maximumEdge: 200),
    ]
    let graphs = kinds.map { kind in
      var other = bare
      other.graph = GraphRecipe(kind, direction: .reverseKNN)
      return other
    }
    for one in graphs {
      #expect(try JSONDecoder().decode(Recipe.self, from: JSONEncoder().encode(one)) == one)
    }
    for (k, one) in ([recipe, bare] + graphs).enumerated() {
      full.setRecipe(one)
      let path = scratch.path + "/\(k).h5ad"
      try full.write(to: path)
      #expect(try AnnData.read(path).recipe() == one)
    }
    full.setRecipe(recipe)
    guard case .dictionary(var own)? = full.uns["stomics"], case .dictionary(var members)? = own["recipe"] else {
      Issue.record("no recipe")
      return
    }
    func reading(_ key: String, _ element: Element?) -> AnnDataError? {
      members = recipe.elements
      members[key] = element
      own["recipe"] = .dictionary(members)
      full.uns["stomics"] = .dictionary(own)
      return #expect(throws: AnnDataError.self) { try full.recipe() }
    }
    #expect("\(try #require(reading("clip", nil)))".contains("'clip' not found in /uns/stomics/recipe"))
    #expect("\(try #require(reading("means", .array(DenseArray(shape: [1], values: .float64([1]))))))".contains("[1]"))
    #expect("\(try #require(reading("clip", .scalar(.float64([.nan])))))".contains("clipped to ± nan"))
    #expect("\(try #require(reading("genes", .string("A"))))".contains("list of strings"))
    #expect("\(try #require(reading("standardisation", .string("odd"))))".contains("stored, per-slice"))
  }
}
