import AnnData
import Preprocessing
import SparseGraph
import StomicsCore
import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite("A recipe applied to a slice") struct ModelInputTests {
  let raw: AnnData
  let adata: AnnData
  let recipe: Recipe
  let input: ModelInput

  init() throws {
    var slice = try Reference.adata(Reference.small())
    slice.var[Keys.geneIDs] = .strings((0..<1000).map { "ENSG\($0)" })
    // Genes the filter would drop count towards the sums of a raw slice, so none may be dropped here.
    var options = PreprocessingOptions()
    options.minimumSpots = 0
    options.genes = .top(100)
    options.components = 0
    raw = slice
    adata = try preprocess(slice, options).adata
    recipe = try adata.recipe()
    input = try ModelInput.load(from: adata, recipe: recipe)
  }

  @Test("raw counts give what the preprocessed slice gives") func fromRaw() throws {
    #expect(try ModelInput.load(from: raw, recipe: recipe) == input)
  }

  @Test("written and read back, the input is the same") func roundTrip() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try adata.write(to: folder + "/slice.h5ad")
    let read = try AnnData.read(folder + "/slice.h5ad")
    #expect(try read.recipe() == recipe)
    #expect(try ModelInput.load(from: read, recipe: recipe) == input)
  }

  @Test("genes in another order, under other names, some missing") func genes() throws {
    var random = SeededGenerator(seed: 8)
    var other = raw.gatheringVariables(random.permutation(1000))
    #expect(try ModelInput.load(from: other, recipe: recipe).counts == input.counts)
    // Identifiers decide where names differ.
    other.var.index = other.var.index.map { "old-" + $0 }
    #expect(try ModelInput.load(from: other, recipe: recipe).counts == input.counts)

    let gone = Set(recipe.genes.prefix(15))
    let kept = raw.var.index.indices.filter { !gone.contains(raw.var.index[$0]) }
    let poorer = raw.gatheringVariables(kept)
    let partial = try ModelInput.load(from: poorer, recipe: recipe)
    #expect(partial.missingGenes == Array(recipe.genes.prefix(15)))
    #expect(partial.counts.columns == 100)
    let columns = Set(partial.counts.indices)
    #expect(columns.isDisjoint(with: 0..<15))
    do {
      _ = try ModelInput.load(from: poorer, recipe: recipe, missingShare: 0.1)
      Issue.record("15 of 100 missing genes were accepted")
    } catch let error as PreprocessingError {
      guard case .missingGenes(15, 100, 0.1, let examples, _) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(examples == Array(recipe.genes.prefix(5)))
      #expect(error.description.contains("at most 10 %"))
    }
  }

  @Test("size factors: the recipe's column, or a clear error") func sizeFactors() throws {
    var changed = recipe
    changed.sizeFactorColumn = "depth"
    #expect(throws: AnnDataError.self) { try ModelInput.load(from: adata, recipe: changed) }
    var deep = raw
    deep.obs["depth"] = .numeric(.float64([Double](repeating: 500, count: 200)))
    #expect(try ModelInput.load(from: deep, recipe: changed).sizeFactors == [Double](repeating: 500, count: 200))
  }

  @Test("the graph of the file where it fits the recipe, else a new one") func graph() throws {
    let golden = try Reference.small()
    let listed = golden["spatial_knn6.indices"].ints
    var own = recipe
    own.graph.direction = .knn
    #expect(try ModelInput.load(from: adata, recipe: own).graph.sources.map(Int.init) == listed)
    own.graph.direction = .reverseKNN
    #expect(try ModelInput.load(from: adata, recipe: own).graph.reversed().sources.map(Int.init) == listed)
    own.graph = GraphRecipe(.kNearest(12), direction: .knn)
    #expect(
      try ModelInput.load(from: adata, recipe: own).graph.sources.map(Int.init)
        == golden["spatial_knn12.indices"].ints)
    // Cut after the graph was made: rows are short, so it is built anew.
    let half = adata.gatheringObservations(Array(0..<100))
    let rebuilt = try ModelInput.load(from: half, recipe: recipe).graph
    #expect(rebuilt == (try Graph.build(try half.coordinates(), with: .kNearest(6))))
  }

  @Test("standardised per slice: mean 0 and deviation 1 where nothing is clipped") func perSlice() throws {
    var own = recipe
    own.standardisation = .perSlice
    own.clip = 1000
    let part = adata.gatheringObservations(Array(0..<120))
    let z = try ModelInput.load(from: part, recipe: own).expression.dense()
    for j in 0..<z.columns {
      let column = (0..<z.rows).map { Double(z[$0, j]) }
      let mean = column.reduce(0, +) / 120
      let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 119
      #expect(abs(mean) < 1e-5 && (abs(variance - 1) < 1e-4 || variance < 1e-8), "gene \(j): \(mean), \(variance)")
    }
  }

  @Test("permuting spots permutes the input") func permutation() throws {
    var random = SeededGenerator(seed: 2)
    let order = random.permutation(200)
    let moved = try ModelInput.load(from: adata.gatheringObservations(order), recipe: recipe)
    #expect(moved.expression.sparse == input.expression.sparse.gatheringRows(order))
    #expect(moved.expression.offsets == input.expression.offsets)
    #expect(moved.sizeFactors == order.map { input.sizeFactors[$0] })
  }

  @Test("a damaged recipe is an error, not none") func damaged() throws {
    var broken = adata
    broken.uns[Keys.stomics] = .dictionary([Keys.recipe: .dictionary([:])])
    #expect(throws: AnnDataError.self) { try ModelInput.load(from: broken, recipe: recipe) }
  }
}
