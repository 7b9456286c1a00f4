import AnnData
import Preprocessing
import SparseGraph
import StomicsCore
import TestSupport
import Testing

/// Slices as they should not be: an error that says so, or a sensible result.
@Suite("Strange slices") struct InputTests {
  /// 12 spots by 6 genes of counts without structure.
  static func counts(seed: UInt64 = 1) -> [[Float]] {
    var random = SeededGenerator(seed: seed)
    return (0..<12).map { _ in (0..<6).map { _ in Float(random.integer(below: 5)) } }
  }

  static var options: PreprocessingOptions {
    var options = PreprocessingOptions()
    options.minimumSpots = 1
    options.components = 3
    options.graph = GraphRecipe(.kNearest(3))
    return options
  }

  static func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch {
      return "\(error)"
    }
  }

  static func allFinite(_ adata: AnnData) throws -> Bool {
    let input = try ModelInput.load(from: adata, recipe: try adata.recipe())
    guard case .sparse(let x) = adata.x, case .array(let components) = adata.obsm[Keys.pca] else { return false }
    return !x.values.floats.contains { !$0.isFinite } && !components.values.floats.contains { !$0.isFinite }
      && !input.expression.sparse.values.contains { !$0.isFinite }
      && !input.expression.offsets.contains { !$0.isFinite }
  }

  @Test("values that are no counts are named, with advice") func notCounts() {
    var rows = Self.counts()
    rows[4][2] = 1.5
    var adata = makeSlice(rows)
    adata.layers["counts"] = .array(
      DenseArray(Matrix(rows: 12, columns: 6, values: Self.counts().flatMap { $0 })))
    let text = Self.message { _ = try preprocess(adata, Self.options) }
    #expect(text.contains("1.5") && text.contains("'g2'") && text.contains("'s4'"))
    #expect(text.contains("not a whole number") && text.contains("--layer") && text.contains("counts"))
    rows[4][2] = -2
    #expect(Self.message { _ = try preprocess(makeSlice(rows), Self.options) }.contains("negative"))
    var options = Self.options
    options.layer = "counts"
    #expect(Self.message { _ = try preprocess(adata, options) }.isEmpty)
    options.layer = "spliced"
    #expect(Self.message { _ = try preprocess(adata, options) }.contains("counts"))
  }

  @Test("NaN and infinity are counted and the first is named") func notFinite() {
    var rows = Self.counts()
    rows[3][1] = .nan
    rows[7][0] = .infinity
    let text = Self.message { _ = try preprocess(makeSlice(rows), Self.options) }
    #expect(text.contains("2 values") && text.contains("nan") && text.contains("'g1'") && text.contains("'s3'"))
  }

  @Test("counts above 2^23 are counts") func large() throws {
    var rows = Self.counts()
    rows[0][0] = 16_777_216
    let (adata, _) = try preprocess(makeSlice(rows), Self.options)
    #expect(try Self.allFinite(adata))
  }

  @Test("a spot of zero counts is dropped, or kept as zeros without NaN") func emptySpot() throws {
    var rows = Self.counts()
    rows[5] = [Float](repeating: 0, count: 6)
    let (dropped, report) = try preprocess(makeSlice(rows), Self.options)
    #expect(dropped.observationCount == 11 && report.lowCounts == 1)
    var options = Self.options
    options.minimumCounts = 0
    let (kept, keptReport) = try preprocess(makeSlice(rows), options)
    #expect(kept.observationCount == 12 && keptReport.emptySpots == 1)
    #expect(try Self.allFinite(kept))
    options.targetSum = .median
    #expect(try Self.allFinite(try preprocess(makeSlice(rows), options).adata))
  }

  @Test("a gene in no spot, a gene in all spots alike, one spot: no NaN") func constant() throws {
    var rows = Self.counts()
    for i in rows.indices {
      rows[i][0] = 0
      rows[i][5] = 0
      rows[i][5] = 10 - rows[i].reduce(0, +)
      rows[i][1] += rows[i][5] < 0 ? 10 : 0
    }
    rows = rows.map { row in row.map { max($0, 0) } }
    var options = Self.options
    options.minimumSpots = 0
    #expect(try Self.allFinite(try preprocess(makeSlice(rows), options).adata))
    let same = [[Float]](repeating: [1, 2, 3], count: 8)
    #expect(throws: PreprocessingError.noVariableGenes(genes: 3)) { try preprocess(makeSlice(same), options) }
    options.graph = nil
    #expect(throws: PreprocessingError.noVariableGenes(genes: 3)) { try preprocess(makeSlice([same[0]]), options) }
  }

  @Test("gene names that occur twice are numbered as anndata numbers them") func duplicates() throws {
    let names = ["A", "B", "A", "A-1", "A", "B"]
    var options = Self.options
    options.minimumSpots = 0
    let (adata, report) = try preprocess(makeSlice(Self.counts(), genes: names), options)
    #expect(adata.var.index == ["A", "B", "A-2", "A-1", "A-3", "B-1"])
    #expect(report.renamedGenes == ["A", "B"])
  }

  @Test("more highly variable genes asked for than there are") func fewGenes() throws {
    let (adata, report) = try preprocess(makeSlice(Self.counts()), Self.options)
    #expect(report.highlyVariable == 6 && adata.variableCount == 6)
    #expect(report.notes.contains { $0.contains("3000") && $0.contains("6 genes vary") })
  }

  @Test("off-tissue and unlabelled spots") func dropping() throws {
    var adata = makeSlice(Self.counts())
    adata.obs["in_tissue"] = .numeric(.int64((0..<12).map { $0 < 2 ? 0 : 1 }))
    adata.obs["layer"] = .categorical(
      Categorical(labels: (0..<12).map { $0 == 5 ? nil : $0 % 2 == 0 ? "up" : "down" }))
    var options = Self.options
    options.labelKey = "layer"
    let (result, report) = try preprocess(adata, options)
    #expect(result.obs.index == ["s2", "s3", "s4", "s6", "s7", "s8", "s9", "s10", "s11"])
    #expect(report.offTissue == 2 && report.unlabelled == 1 && report.classes.map(\.spots) == [4, 5])
    #expect(try result.recipe().labelKey == "layer")
    options.keepUnlabelled = true
    let (all, allReport) = try preprocess(adata, options)
    #expect(all.observationCount == 10 && allReport.unlabelledKept == 1)

    adata.obs["in_tissue"] = .numeric(.bool([Bool](repeating: false, count: 12)))
    #expect(Self.message { _ = try preprocess(adata, options) }.contains("12 off the tissue"))
    adata.obs["in_tissue"] = nil
    options.labelKey = "region"
    let text = Self.message { _ = try preprocess(adata, options) }
    #expect(text.contains("'region'") && text.contains("layer"))
  }

  @Test("one class is allowed and noted, no labels at all is not") func classes() throws {
    var adata = makeSlice(Self.counts())
    var options = Self.options
    options.labelKey = "layer"
    adata.obs["layer"] = .strings([String](repeating: "only", count: 12))
    #expect(try preprocess(adata, options).report.notes.contains { $0.contains("'only'") })
    adata.obs["layer"] = .strings([String](repeating: "", count: 12))
    #expect(Self.message { _ = try preprocess(adata, options) }.contains("12 without a label"))
  }

  @Test("no coordinates: an error that lists the keys, or no graph on request") func noCoordinates() throws {
    var adata = makeSlice(Self.counts())
    adata.obsm["X_umap"] = adata.obsm[Keys.spatial]
    adata.obsm[Keys.spatial] = nil
    let text = Self.message { _ = try preprocess(adata, Self.options) }
    #expect(text.contains("X_umap") && text.contains("--spatial-key") && text.contains("--no-graph"))
    var options = Self.options
    options.graph = nil
    let (result, report) = try preprocess(adata, options)
    #expect(report.degrees == nil && result.obsp.isEmpty)
    let input = try ModelInput.load(from: result, recipe: try result.recipe())
    #expect(input.coordinates == nil && input.graph.edgeCount == 0 && input.graph.targetCount == 12)
    options = Self.options
    options.spatialKey = "X_umap"
    let (other, otherReport) = try preprocess(adata, options)
    #expect(otherReport.degrees?.minimum == 3 && otherReport.notes.filter { $0.contains("obsm") }.isEmpty)
    #expect(other.obsm[Keys.spatial] == adata.obsm["X_umap"])
  }

  @Test("too few spots for the graph, places that are not numbers") func graphErrors() throws {
    let few = makeSlice(Array(Self.counts().prefix(3)))
    #expect(throws: SparseGraphError.inSlice(few.source, .tooFewSpots(spots: 3, neighbours: 3))) {
      try preprocess(few, Self.options)
    }
    var adata = makeSlice(Self.counts())
    adata.obsm[Keys.spatial] = .array(
      DenseArray(shape: [12, 2], values: .float64([Double](repeating: .nan, count: 24))))
    #expect(throws: SparseGraphError.self) { try preprocess(adata, Self.options) }
  }

  @Test("size factors from a column") func sizeFactors() throws {
    var adata = makeSlice(Self.counts())
    adata.obs["depth"] = .numeric(.int32((0..<12).map { Int32(100 + $0) }))
    var options = Self.options
    options.sizeFactorColumn = "depth"
    let (result, report) = try preprocess(adata, options)
    #expect(result.obs[Keys.sizeFactor] == .numeric(.float64((0..<12).map { 100 + Double($0) })))
    #expect(report.medianSize == 105.5)
    guard case .sparse(let x) = result.x, case .sparse(let counts) = result.layers[Keys.counts] else { return }
    let expected = Normalise.logNormalised(
      try counts.csrMatrix(), sizes: (0..<12).map { 100 + Double($0) }, targetSum: 10_000)
    #expect(try x.csrMatrix() == expected)
    adata.obs["depth"] = .numeric(.float64([Double](repeating: 0, count: 12)))
    #expect(Self.message { _ = try preprocess(adata, options) }.contains("'depth'"))
    // Normalised values of these would be infinite.
    adata.obs["depth"] = .numeric(.float64([Double](repeating: 1e-300, count: 12)))
    #expect(Self.message { _ = try preprocess(adata, options) }.contains("'depth'"))
    adata.obs["depth"] = .strings([String](repeating: "deep", count: 12))
    #expect(Self.message { _ = try preprocess(adata, options) }.contains("deep"))
  }

  @Test("settings out of range name their flag") func settings() {
    func text(_ change: (inout PreprocessingOptions) -> Void) -> String {
      var options = Self.options
      change(&options)
      return Self.message { _ = try preprocess(makeSlice(Self.counts()), options) }
    }
    #expect(text { $0.genes = .top(0) }.contains("--n-top-genes"))
    #expect(text { $0.clip = 0 }.contains("--clip"))
    #expect(text { $0.clip = .infinity }.contains("--clip"))
    #expect(text { $0.targetSum = .counts(-1) }.contains("--target-sum"))
    #expect(text { $0.targetSum = .counts(1e300) }.contains("--target-sum"))
    #expect(text { $0.graph = GraphRecipe(.kNearest(0)) }.contains("--knn-k"))
    #expect(text { $0.components = -1 }.contains("--n-pcs"))
    #expect(text { $0.minimumSpots = 13 }.contains("--min-cells"))
  }

  @Test("dense, csc and integer matrices give the same as csr", arguments: ["float64", "int64", "csc"])
  func forms(form: String) throws {
    let rows = Self.counts()
    let flat = rows.flatMap { $0 }
    var adata = makeSlice(rows)
    switch form {
    case "float64": adata.x = .array(DenseArray(shape: [12, 6], values: .float64(flat.map(Double.init))))
    case "int64": adata.x = .array(DenseArray(shape: [12, 6], values: .int64(flat.map { Int64($0) })))
    default:
      var indptr = [0]
      var indices: [Int32] = []
      var values: [Float] = []
      for j in 0..<6 {
        for i in 0..<12 where rows[i][j] != 0 {
          indices.append(Int32(i))
          values.append(rows[i][j])
        }
        indptr.append(indices.count)
      }
      adata.x = .sparse(
        SparseArray(
          layout: .csc, rows: 12, columns: 6, indptr: indptr, indices: indices, values: .float32(values)))
    }
    let expected = try preprocess(makeSlice(rows), Self.options).adata
    let actual = try preprocess(adata, Self.options).adata
    #expect(actual.x == expected.x && actual.layers == expected.layers && actual.obsm == expected.obsm)
  }
}
