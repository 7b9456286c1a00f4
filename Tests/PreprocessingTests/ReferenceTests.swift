import AnnData
import Preprocessing
import StomicsCore
import TestSupport
import Testing

@Suite("Values of scanpy on 200 spots") struct ReferenceTests {
  let golden: Golden
  let adata: AnnData
  let report: PreprocessingReport

  init() throws {
    golden = try Reference.small()
    var options = PreprocessingOptions()
    options.genes = .top(150)
    options.components = 20
    (adata, report) = try preprocess(Reference.adata(golden), options)
  }

  func numbers(_ key: String) -> [Double] {
    guard case .numeric(let values) = adata.var[key] else { return [] }
    return values.doubles
  }

  func layer(_ element: Element?) throws -> Matrix {
    guard case .sparse(let sparse) = try #require(element) else { return Matrix(rows: 0, columns: 0) }
    return try sparse.csrMatrix().dense()
  }

  /// The sampled rows of a matrix, compared with the reference element by element.
  func expectRows(_ matrix: Matrix, _ name: String, relative: Double) {
    let sample = golden["sample.rows"].ints.flatMap { Array(matrix.row($0)) }
    expectClose(sample, golden[name].floats, relative: relative, name)
  }

  @Test func genesKept() {
    #expect(adata.var.index == golden["filter_genes.kept"].ints.map { "gene\($0)" })
    #expect(numbers(Keys.cellsByCounts).map { Int($0) } == golden["filter_genes.n_cells"].ints)
    #expect(report.genesKept == 828 && report.spotsKept == 200)
  }

  @Test("normalize_total and log1p") func normalised() throws {
    let kept = try layer(adata.layers[Keys.counts])
    let counts = SparseArray(Reference.counts(golden)).gathering(rows: nil, columns: golden["filter_genes.kept"].ints)
    let matrix = try counts.csrMatrix()
    #expect(matrix.dense() == kept)
    let sizes = Normalise.sizes(of: matrix)
    let scaled = Normalise.normalised(matrix, sizes: sizes, targetSum: 10_000).dense()
    expectRows(scaled, "normalize_total.dense", relative: 1e-7)
    let x = try layer(adata.x)
    expectRows(x, "log1p.dense", relative: 2e-7)
    // Every element to Float rounding, not only to the largest.
    let expected = golden["log1p.dense"].floats
    let actual = golden["sample.rows"].ints.flatMap { Array(x.row($0)) }
    #expect(zip(actual, expected).allSatisfy { abs($0 - $1) <= 3e-7 * max($1, 0.1) })
  }

  @Test("every gene's mean, dispersion, normalised dispersion and choice") func highlyVariable() {
    #expect(report.highlyVariable == 150)
    expectClose(numbers(Keys.means), golden["hvg_seurat.means"].doubles, relative: 1e-7, "means")
    let dispersions = numbers(Keys.dispersions)
    let reference = golden["hvg_seurat.dispersions"].doubles
    #expect(zip(dispersions, reference).allSatisfy { $0.isNaN == $1.isNaN && ($0.isNaN || abs($0 - $1) < 1e-6) })
    let normalised = numbers(Keys.normalisedDispersions)
    let expected = golden["hvg_seurat.dispersions_norm"].doubles
    #expect(zip(normalised, expected).allSatisfy { $0.isNaN == $1.isNaN && ($0.isNaN || abs($0 - $1) < 2e-6) })
    #expect(numbers(Keys.highlyVariable) == golden["hvg_seurat.highly_variable"].doubles)
    let chosen = numbers(Keys.highlyVariable).indices.filter { numbers(Keys.highlyVariable)[$0] != 0 }
    #expect(chosen == golden["hvg_subset.index_in_filtered"].ints)
  }

  @Test("the genes that the cut-offs choose") func cutoffs() throws {
    guard case .sparse(let x) = adata.x else { return }
    let genes = HighlyVariableGenes(logNormalised: try x.csrMatrix(), choice: .cutoffs)
    #expect(genes.selected == golden["hvg_seurat_cutoff.highly_variable"].bools)
  }

  @Test("scale: mean, standard deviation, values, another clip") func scaled() throws {
    let recipe = try adata.recipe()
    expectClose(recipe.means, golden["scale.mean"].doubles, relative: 1e-7, "mean")
    expectClose(recipe.standardDeviations, golden["scale.std"].doubles, relative: 1e-7, "sd")
    let input = try ModelInput.load(from: adata, recipe: recipe)
    #expect(input.missingGenes.isEmpty)
    expectRows(input.expression.dense(), "scale.dense", relative: 1e-6)
    var tight = recipe
    tight.clip = 2
    let clipped = tight.standardise(counts: input.counts, sizeFactors: input.sizeFactors)
    expectRows(clipped.dense(), "scale_center_max2.dense", relative: 1e-6)
  }

  @Test("the graph under squidpy's keys") func graph() throws {
    guard case .sparse(let edges) = adata.obsp[Keys.spatialConnectivities],
      case .sparse(let distances) = adata.obsp[Keys.spatialDistances]
    else {
      Issue.record("no graph")
      return
    }
    #expect(edges.indices.map(Int.init) == golden["spatial_knn6.indices"].ints)
    #expect(edges.values == .float64([Double](repeating: 1, count: 1200)))
    expectClose(distances.values.doubles, golden["spatial_knn6.dist"].doubles, relative: 1e-14)
    #expect(report.degrees?.minimum ?? 0 >= 6 && report.pieces == 1)
  }
}
