import Autodiff
import SparseGraph
import StomicsCore
import TestSupport
import Testing

@testable import Models

/// A model case of the reference files (150 spots x 80 genes, 5 classes, no dropout), made by PyTorch and PyTorch
/// Geometric in float64.
struct GoldenModel {
  let golden: Golden
  let model: Model
  let data: ModelData
  let labels: [Int32]

  init(_ name: String, mode: ModelConfiguration.Mode, fusion: ModelConfiguration.Fusion) throws {
    golden = try Golden.load(Fixtures.path("model/\(name).safetensors"))
    let x = golden["in.x"]
    let configuration = ModelConfiguration(
      mode: mode, fusion: fusion, geneCount: x.shape[1], classCount: 5, embeddingWidth: 32, hiddenWidth: 48,
      expressionDropout: 0, spatialDropout: 0, fusionDropout: 0)
    model = try Model(configuration)
    for entry in model.parameters.layout.entries { model.parameters[entry.key] = golden["param." + entry.key].floats }
    data = try ModelData(
      StandardisedMatrix(dense: Matrix(rows: x.shape[0], columns: x.shape[1], values: x.floats)),
      context: SpatialContext(Graph(edgeIndex: golden["in.edge_index"].ints, spots: x.shape[0])), for: configuration)
    labels = golden["in.y"].ints.map(Int32.init)
  }

  func spots(_ mask: String) -> [Int] { golden[mask].bools.enumerated().filter(\.element).map(\.offset) }
}

@Suite("Models equal the published system's")
struct GoldenModelTests {
  static let cases: [(String, ModelConfiguration.Mode, ModelConfiguration.Fusion)] = [
    ("model_expr_only_gated", .exprOnly, .gated), ("model_gat_only_gated", .gatOnly, .gated),
    ("model_full_gated", .full, .gated), ("model_full_cross_attention", .full, .crossAttention),
  ]

  @Test("outputs of every spot to 1e-5", arguments: cases)
  func forward(name: String, mode: ModelConfiguration.Mode, fusion: ModelConfiguration.Fusion) throws {
    let case_ = try GoldenModel(name, mode: mode, fusion: fusion)
    let result = case_.model.predict(case_.data)
    expectClose(result.logits.values, case_.golden["out.logits"].floats, relative: 1e-5, "logits")
    expectClose(result.embeddings.values, case_.golden["out.embeddings"].floats, relative: 1e-5, "embeddings")
  }

  @Test("outputs of some spots are those rows of all", arguments: cases)
  func selection(name: String, mode: ModelConfiguration.Mode, fusion: ModelConfiguration.Fusion) throws {
    let case_ = try GoldenModel(name, mode: mode, fusion: fusion)
    let all = case_.model.predict(case_.data).logits
    let spots = [0, 3, 11, 12, 77, 149]
    let tape = Tape()
    let output = case_.model.finish(
      tape, case_.model.prefix(tape, case_.data), case_.data, case_.data.select(spots))
    // BLAS takes other kernels for 6 rows than for 150: equal to rounding.
    expectClose(tape.value(output.logits).values, all.gatheringRows(spots).values, relative: 1e-6, "logits")
  }

  @Test("gradients to 1e-4", arguments: cases)
  func gradients(name: String, mode: ModelConfiguration.Mode, fusion: ModelConfiguration.Fusion) throws {
    let case_ = try GoldenModel(name, mode: mode, fusion: fusion)
    let training = case_.spots("in.train_mask")
    let tape = Tape()
    tape.beginTraining(seed: 1, step: 1)
    let output = case_.model.finish(
      tape, case_.model.prefix(tape, case_.data), case_.data, case_.data.select(training))
    let loss = tape.crossEntropy(
      output.logits, labels: training.map { case_.labels[$0] }, classWeights: case_.golden["in.class_weights"].floats)
    tape.backward(from: loss)
    for entry in case_.model.parameters.layout.entries {
      var actual = case_.model.parameters.gradient(entry.key)
      var expected = case_.golden["grad." + entry.key].floats
      if entry.key.hasSuffix("in_proj_bias") {
        // The key third has gradient 0 in exact arithmetic: nothing but rounding to compare.
        let third = entry.shape[0] / 3
        actual.removeSubrange(third..<2 * third)
        expected.removeSubrange(third..<2 * third)
      }
      expectClose(actual, expected, relative: 1e-4, "gradient of \(entry.key)")
    }
  }
}

@Suite("What the reference models prove")
struct CoverageTests {
  @Test("the golden models run every operation a model is made of") func kinds() throws {
    var seen: Set<OperationKind> = []
    for (name, mode, fusion) in GoldenModelTests.cases {
      let case_ = try GoldenModel(name, mode: mode, fusion: fusion)
      let tape = Tape()
      let output = case_.model.finish(
        tape, case_.model.prefix(tape, case_.data), case_.data, case_.data.select([1, 2]))
      _ = tape.crossEntropy(output.logits, labels: [0, 1], classWeights: [1, 1, 1, 1, 1])
      seen.formUnion(tape.recordedKinds)
    }
    // Without dropout none is recorded; a LayerNorm standing alone is in the layer cases.
    #expect(seen == Set(OperationKind.allCases).subtracting([.dropout, .layerNorm]))
  }
}

@Suite("Parameter counts")
struct ParameterCountTests {
  @Test(
    "equal the published ones at 3,000 genes",
    arguments: [
      (ModelConfiguration.Mode.exprOnly, ModelConfiguration.Fusion.gated, 5, 807_797),
      (.exprOnly, .gated, 7, 808_055), (.gatOnly, .gated, 5, 402_309), (.gatOnly, .gated, 7, 402_567),
      (.full, .gated, 5, 908_021), (.full, .gated, 7, 908_279), (.full, .crossAttention, 5, 1_106_805),
      (.full, .crossAttention, 7, 1_107_063),
    ])
  func counts(mode: ModelConfiguration.Mode, fusion: ModelConfiguration.Fusion, classes: Int, count: Int) throws {
    let model = try Model(ModelConfiguration(mode: mode, fusion: fusion, geneCount: 3000, classCount: classes))
    #expect(model.parameters.layout.count == count)
  }
}
