import AnnData
import StomicsCore
import TestSupport
import Testing

@testable import Preprocessing

@Suite("Highly variable genes of scanpy on 200 spots, every flavour") struct GeneFlavorTests {
  typealias Flavor = HighlyVariableGenes.Flavor

  /// 200 spots in three batches of 40, 80 and 80; their names sort otherwise than they occur.
  static func slice() throws -> AnnData {
    var adata = Reference.adata(try Reference.small())
    adata.obs["batch"] = .strings((0..<200).map { ["two", "ten", "two", "ten", "one"][$0 % 5] })
    return adata
  }

  static func options(_ flavor: Flavor, top: Int? = 150, batches: Bool) -> PreprocessingOptions {
    var options = PreprocessingOptions()
    options.flavor = flavor
    options.genes = top.map { .top($0) } ?? .cutoffs
    options.batchColumn = batches ? "batch" : nil
    options.components = 0
    options.graph = nil
    return options
  }

  /// Every column of the reference under `name`, value by value.
  func expectColumns(_ adata: AnnData, _ name: String) throws {
    let golden = try Reference.variableGenes()
    let columns = golden.names.filter { $0.hasPrefix(name + ".") }.map { String($0.dropFirst(name.count + 1)) }
    #expect(columns.count >= 4)
    for column in HighlyVariableGenes.columnNames where !columns.contains(column) {
      #expect(adata.var[column] == nil, "\(name): \(column) is written, and scanpy does not")
    }
    for column in columns {
      let expected = golden["\(name).\(column)"].doubles
      guard case .numeric(let values) = adata.var[column] else {
        Issue.record("\(name): no column \(column)")
        continue
      }
      let actual = values.doubles
      #expect(zip(actual, expected).allSatisfy { $0.isNaN == $1.isNaN }, "\(name).\(column): NaN elsewhere")
      let known = expected.indices.filter { !expected[$0].isNaN }
      let differences = known.map { abs(actual[$0] - expected[$0]) / max(1, abs(expected[$0])) }
      #expect((differences.max() ?? 0) <= tolerance(column), "\(name).\(column): off by \(differences.max() ?? 0)")
    }
  }

  /// Means and dispersions come from normalised values that both programs round to Float; all else is exact or Double.
  func tolerance(_ column: String) -> Double {
    switch column {
    case Keys.means, Keys.dispersions: 1e-6
    case Keys.normalisedDispersions: 4e-6
    case Keys.variances, Keys.normalisedVariances, Keys.residualVariances: 1e-11
    default: 0
    }
  }

  @Test("columns, ranks and choice", arguments: Flavor.allCases, [false, true])
  func columns(_ flavor: Flavor, _ batches: Bool) throws {
    let (adata, report) = try preprocess(Self.slice(), Self.options(flavor, batches: batches))
    try expectColumns(adata, flavor.rawValue + (batches ? "_batch" : ""))
    #expect(report.highlyVariable == 150)
    #expect(report.batches == (batches ? 3 : nil) && (report.scoreCutoff == nil) == batches)
    let recipe = try adata.recipe()
    #expect(recipe.highlyVariableFlavor == flavor.rawValue)
    #expect(recipe.highlyVariableBatchColumn == (batches ? "batch" : nil))
    guard case .dictionary(let record) = adata.uns[Keys.highlyVariableRecord] else {
      Issue.record("no uns/hvg")
      return
    }
    #expect(record["flavor"] == .string(flavor.rawValue))
    #expect((record["computed_on"] == .string("counts")) == (flavor == .pearsonResiduals))
  }

  @Test("cut-offs", arguments: [Flavor.seurat, .cellRanger], [false, true])
  func cutoffs(_ flavor: Flavor, _ batches: Bool) throws {
    let (adata, report) = try preprocess(Self.slice(), Self.options(flavor, top: nil, batches: batches))
    try expectColumns(adata, flavor.rawValue + (batches ? "_batch_cutoff" : "_cutoff"))
    #expect(report.scoreCutoff == nil)
  }

  @Test("the types that scanpy writes")
  func types() throws {
    let adata = try preprocess(Self.slice(), Self.options(.pearsonResiduals, batches: true)).adata
    for (column, type) in [
      (Keys.highlyVariable, "bool"), (Keys.highlyVariableRank, "float32"), (Keys.highlyVariableBatches, "int64"),
      (Keys.highlyVariableIntersection, "bool"), (Keys.residualVariances, "float64"),
    ] {
      guard case .numeric(let values) = adata.var[column] else {
        Issue.record("no \(column)")
        continue
      }
      #expect(values.typeName == type, "\(column)")
    }
  }

  @Test("another choice leaves no column of the first; a user's own stay")
  func stale() throws {
    var first = try preprocess(Self.slice(), Self.options(.seuratV3, batches: true)).adata
    first.var["own"] = .numeric(.float64([Double](repeating: 1, count: first.variableCount)))
    var options = Self.options(.seurat, batches: false)
    options.layer = Keys.counts
    let second = try preprocess(first, options).adata
    try expectColumns(second, "seurat")
    #expect(second.var["own"] != nil)
  }
}
