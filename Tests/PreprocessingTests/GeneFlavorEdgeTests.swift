import AnnData
import StomicsCore
import TestSupport
import Testing

@testable import Preprocessing

@Suite("Edges of highly variable genes") struct GeneFlavorEdgeTests {
  typealias Flavor = HighlyVariableGenes.Flavor

  static func genes(
    _ counts: CSRMatrix, _ flavor: Flavor, top: Int, batches: Batches? = nil
  ) throws -> HighlyVariableGenes {
    try HighlyVariableGenes(
      counts: counts,
      logNormalised: Normalise.logNormalised(counts, sizes: Normalise.sizes(of: counts), targetSum: 1000),
      names: (0..<counts.columns).map { "g\($0)" }, choice: .top(top), flavor: flavor, batches: batches)
  }

  static func values(_ genes: HighlyVariableGenes, _ column: String) throws -> [Double] {
    try #require(genes.columns.first { $0.name == column }).values.doubles
  }

  static func labelled(_ labels: [String?]) -> AnnData {
    var adata = AnnData(
      x: nil, obs: DataFrame(index: labels.indices.map { "s\($0)" }), var: DataFrame(index: ["g"]))
    adata.obs["batch"] = .nullableStrings(labels)
    return adata
  }

  /// 40 random genes, then one without counts and one that is 2 everywhere.
  static func withDullGenes() -> CSRMatrix {
    let random = randomCounts(120, 40, seed: 9).dense()
    var dense = Matrix(rows: 120, columns: 42)
    for i in 0..<120 {
      for j in 0..<40 { dense[i, j] = random[i, j] }
      dense[i, 41] = 2
    }
    return sparse(dense)
  }

  @Test("genes that do not vary and genes without counts score lowest", arguments: Flavor.allCases)
  func dullGenes(_ flavor: Flavor) throws {
    let result = try Self.genes(Self.withDullGenes(), flavor, top: 20)
    #expect(!result.selected[40] && result.selected.count { $0 } == 20)
    if flavor == .seuratV3 {
      let scores = try Self.values(result, Keys.normalisedVariances)
      #expect(scores[40] == 0 && scores[41] == 0 && !result.selected[41])
    }
    if flavor == .pearsonResiduals { #expect(try Self.values(result, Keys.residualVariances)[40] == 0) }
    for column in result.columns where column.name != Keys.dispersions && column.name != Keys.normalisedDispersions {
      #expect(
        column.name == Keys.highlyVariableRank || column.values.doubles.allSatisfy { $0.isFinite }, "\(column.name)")
    }
  }

  @Test("fewer genes than asked for: all of them by rank", arguments: [Flavor.seuratV3, .pearsonResiduals])
  func fewGenes(_ flavor: Flavor) throws {
    let result = try Self.genes(Self.withDullGenes(), flavor, top: 100)
    #expect(result.selected.allSatisfy { $0 } && result.next == nil)
    let ranks = try Self.values(result, Keys.highlyVariableRank)
    #expect(ranks.sorted() == (0..<42).map(Double.init))
  }

  @Test("one batch ranks as no batches do", arguments: [Flavor.seuratV3, .pearsonResiduals])
  func oneBatch(_ flavor: Flavor) throws {
    let counts = randomCounts(90, 60, seed: 4)
    let one = try Batches("batch", of: Self.labelled([String?](repeating: "only", count: 90)))
    let with = try Self.genes(counts, flavor, top: 15, batches: one)
    let without = try Self.genes(counts, flavor, top: 15)
    #expect(with.selected == without.selected && with.batchCount == 1)
    #expect(with.batches == without.selected.map { $0 ? 1 : 0 })
    #expect(without.batches == nil && with.cutoff == nil && without.cutoff != nil)
  }

  @Test("equal scores rank in the genes' order; medians leave out the batches where a gene is not among the best")
  func ranks() {
    let one = BatchRanks([[3, 5, 5, 1]], top: 3)
    #expect(one.medians[1] == 0 && one.medians[2] == 1 && one.medians[0] == 2 && one.medians[3].isNaN)
    let two = BatchRanks([[9, 8, 7, 0], [0, 9, 8, 7], [9, 8, 0, 7]], top: 2)
    // Gene 0 is first twice; gene 1 is second, first, second; gene 2 second once.
    #expect(two.batches == [2, 3, 1, 0] && two.medians[0] == 0 && two.medians[1] == 1 && two.medians[2] == 1)
    #expect(two.selected(top: 1, first: .median) == [true, false, false, false])
    #expect(two.selected(top: 1, first: .batches) == [false, true, false, false])
    #expect(two.selected(top: 2, first: .median) == [true, true, false, false])
    #expect(two.selected(top: 9, first: .median) == [true, true, true, true])
    let even = BatchRanks([[9, 0], [0, 9]], top: 2)
    #expect(even.medians == [0.5, 0.5])
  }

  @Test("Pearson residuals: the streamed variance is that of the residuals written out, clipped or not")
  func pearson() {
    let counts = randomCounts(70, 30, seed: 6)
    let dense = counts.dense()
    for clip in [0.8, 70.0.squareRoot()] {
      let streamed = PearsonResiduals.variances(counts, clip: clip)
      let depths = (0..<70).map { i in (0..<30).reduce(0.0) { $0 + Double(dense[i, $1]) } }
      let all = depths.reduce(0, +)
      for j in 0..<30 {
        let total = (0..<70).reduce(0.0) { $0 + Double(dense[$1, j]) }
        let residuals = (0..<70).map { i in
          let mean = total * depths[i] / all
          return min(max((Double(dense[i, j]) - mean) / (mean + mean * mean / 100).squareRoot(), -clip), clip)
        }
        let mean = residuals.reduce(0, +) / 70
        let variance = total == 0 ? 0 : residuals.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 70
        #expect(abs(streamed[j] - variance) < 1e-11 * max(1, variance))
      }
    }
    #expect(PearsonResiduals.variances(sparse(Matrix(rows: 3, columns: 2)), clip: 1) == [0, 0])
  }

  @Test("a spot without counts has residuals of 0")
  func emptySpot() {
    let dense = Matrix(rows: 3, columns: 2, values: [1, 2, 0, 0, 3, 1])
    #expect(PearsonResiduals.variances(sparse(dense), clip: 2).allSatisfy { $0.isFinite && $0 > 0 })
  }

  @Test("batches: their order, spots without one, single spots")
  func batches() throws {
    let names = try Batches("batch", of: Self.labelled(["b", "a", "b", "B", "a", "B"]))
    #expect(names.names == ["B", "a", "b"] && names.rows == [[3, 5], [1, 4], [0, 2]])
    var numbers = Self.labelled([nil, nil, nil, nil])
    numbers.obs["run"] = .numeric(.int64([10, 9, 9, 10]))
    let runs = try Batches("run", of: numbers)
    #expect(runs.names == ["9", "10"])
    #expect(throws: PreprocessingError.noBatch(column: "batch", spots: 1, first: "s1")) {
      try Batches("batch", of: Self.labelled(["a", nil, "a"]))
    }
    #expect(throws: PreprocessingError.smallBatch(column: "batch", batch: "b", spot: "s2")) {
      try Batches("batch", of: Self.labelled(["a", "a", "b"]))
    }
  }

  @Test("seurat_v3 says what keeps it from a curve")
  func noTrend() throws {
    let few = randomCounts(50, 10, seed: 3)
    let error = #expect(throws: PreprocessingError.self) { try Self.genes(few, .seuratV3, top: 5) }
    #expect(error?.description.contains("10 genes vary, and the curve needs 14") == true)
    // Every gene has one count: one mean.
    let single = CSRMatrix(
      rows: 40, columns: 40, indptr: Array(0...40), indices: (0..<40).map { Int32($0) },
      values: [Float](repeating: 1, count: 40))
    let same = #expect(throws: PreprocessingError.self) { try Self.genes(single, .seuratV3, top: 5) }
    #expect(same?.description.contains("same mean") == true)
  }

  @Test("nothing that varies, and cut-offs that a flavour lacks, are errors", arguments: Flavor.allCases)
  func nothing(_ flavor: Flavor) throws {
    var options = PreprocessingOptions()
    options.flavor = flavor
    options.graph = nil
    #expect(throws: PreprocessingError.noVariableGenes(genes: 2)) {
      try preprocess(makeSlice([[1, 2], [1, 2], [1, 2]]), options)
    }
    options.genes = .cutoffs
    if !flavor.hasCutoffs {
      let error = #expect(throws: PreprocessingError.self) { try preprocess(makeSlice([[1, 2], [1, 3]]), options) }
      #expect(error?.kind == .usage && error?.description.contains("--hvg-cutoffs") == true)
    }
  }
}
