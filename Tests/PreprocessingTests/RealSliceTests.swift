import AnnData
import Preprocessing
import StomicsCore
import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The published preprocessing of slice 151673 at full size; the file itself is not part of the project.
@Suite("Published values of a whole real slice", .enabled(if: Fixtures.realData("dlpfc/151673.h5ad") != nil))
struct RealSliceTests {
  static let path = Fixtures.realData("dlpfc/151673.h5ad") ?? ""

  @Test func everyValue() throws {
    let golden = try Reference.slice()
    var options = PreprocessingOptions()
    options.labelKey = "sce.layer_guess"
    options.graph = GraphRecipe(.kNearest(6), direction: .reverseKNN)
    let input = try AnnData.read(Self.path)
    let (adata, report) = try preprocess(input, options)
    #expect(report.spotsKept == 3611 && report.unlabelled == 28 && report.genesKept == 8325)
    #expect(report.highlyVariable == 3000)
    let cutoff = try #require(report.scoreCutoff)
    let next = try #require(report.nextScore)
    #expect(abs(cutoff - 0.11283308) < 1e-6 && abs(next - 0.11280134) < 1e-6)

    let names = try String(contentsOfFile: Fixtures.path("prep/slice_151673_genes.txt"), encoding: .utf8)
      .split(separator: "\n").map(String.init)
    let recipe = try adata.recipe()
    #expect(recipe.genes == names)
    guard case .numeric(let all) = adata.var[Keys.normalisedDispersions],
      case .numeric(.bool(let chosen)) = adata.var[Keys.highlyVariable]
    else {
      Issue.record("columns missing")
      return
    }
    let dispersions = chosen.indices.filter { chosen[$0] }.map { all.doubles[$0] }
    let expected = golden["hvg.dispersions_norm"].doubles
    let worst = zip(dispersions, expected).map { abs($0 - $1) }.max() ?? 1
    #expect(worst < 2e-6, "dispersions_norm off by \(worst)")

    let model = try ModelInput.load(from: adata, recipe: recipe)
    let z = model.expression
    var sums = z.offsets.map { -Double($0) * Double(z.rows) }
    var squares = z.offsets.map { Double($0) * Double($0) * Double(z.rows) }
    for k in z.sparse.indices.indices {
      let j = Int(z.sparse.indices[k])
      let value = Double(z.sparse.values[k])
      sums[j] += value
      squares[j] += value * value - 2 * value * Double(z.offsets[j])
    }
    expectClose(sums, golden["expression.colsum"].doubles, relative: 1e-5, "column sums")
    expectClose(squares, golden["expression.colsumsq"].doubles, relative: 1e-6, "column sums of squares")
    let rows = golden["expression.rows"].ints
    let sample = rows.flatMap { i in (0..<3000).map { z.sparse[i, $0] - z.offsets[$0] } }
    expectClose(sample, golden["expression.sample"].floats, relative: 1e-6, "sampled rows")

    // The published graph: source i, target j for every j among the nearest of i.
    let listed = golden["k6.neighbours"].ints
    #expect(model.graph.reversed().sources.map(Int.init) == listed)
    #expect(model.graph.inDegrees.minimum == 1 && model.graph.inDegrees.maximum == 10)
    let labels = try adata.labels("sce.layer_guess")
    #expect(labels.codes.map(Int.init) == golden["labels"].ints)
  }
}
