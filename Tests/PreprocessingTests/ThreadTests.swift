import AnnData
import Preprocessing
import StomicsCore
import TestSupport
import Testing

@Suite("Threads") struct ThreadTests {
  @Test("one thread and four give the same bytes")
  func sameBytes() throws {
    let golden = try Reference.small()
    let matrix = PrincipalComponentsTests.random(1200, 600, seed: 3)
    func everything(_ threads: Int) throws -> (AnnData, PrincipalComponents) {
      let before = Threads.count
      Threads.count = threads
      defer { Threads.count = before }
      var options = PreprocessingOptions()
      options.genes = .top(150)
      options.components = 20
      var adata = try preprocess(Reference.adata(golden), options).adata
      // NaN is not equal to itself: compare these by their bits.
      for key in [Keys.dispersions, Keys.normalisedDispersions] {
        guard case .numeric(let values) = adata.var[key] else { continue }
        adata.var[key] = .numeric(.uint64(values.doubles.map(\.bitPattern)))
      }
      return (adata, try PrincipalComponents(matrix, count: 10))
    }
    let one = try everything(1)
    let four = try everything(4)
    #expect(one.0 == four.0)
    #expect(one.1 == four.1)
  }

  @Test(
    "every flavour of highly variable genes, with and without batches", arguments: HighlyVariableGenes.Flavor.allCases)
  func sameGenes(_ flavor: HighlyVariableGenes.Flavor) throws {
    let counts = randomCounts(1500, 400, seed: 5)
    var adata = AnnData(
      x: nil, obs: DataFrame(index: (0..<1500).map { "s\($0)" }), var: DataFrame(index: (0..<400).map { "g\($0)" }))
    adata.obs["batch"] = .categorical(Categorical(labels: (0..<1500).map { "b\($0 % 7 / 3)" }))
    let batches = try Batches("batch", of: adata)
    let logNormalised = Normalise.logNormalised(counts, sizes: Normalise.sizes(of: counts), targetSum: 10_000)
    func bits(_ threads: Int, _ batches: Batches?) throws -> [[UInt64]] {
      let before = Threads.count
      Threads.count = threads
      defer { Threads.count = before }
      let genes = try HighlyVariableGenes(
        counts: counts, logNormalised: logNormalised, names: adata.var.index, choice: .top(100), flavor: flavor,
        batches: batches)
      return genes.columns.map { $0.values.doubles.map(\.bitPattern) }
    }
    for batches in [nil, batches] {
      let one = try bits(1, batches)
      #expect(try bits(3, batches) == one)
      #expect(try bits(4, batches) == one)
    }
  }
}
