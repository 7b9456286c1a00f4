import Autodiff
import Foundation
import SparseGraph
import StomicsCore
import TestSupport
import Testing

@testable import Models

/// A model case of the reference files (150 spots x 80 genes, 5 classes, no dropout), made by PyTorch and PyTorch
/// Geometric.
struct GoldenModel {
  let golden: Golden
  let model: Model
  let data: ModelData
  let labels: [Int32]

  init(_ path: String) throws {
    let golden = try Golden.load(path)
    self.golden = golden
    let names = ReferenceModels.names(path)
    let mode = try #require(ModelConfiguration.Mode(rawValue: names.mode), "\(path)")
    let fusion = try #require(ModelConfiguration.Fusion(rawValue: names.fusion), "\(path)")
    let x = golden["in.x"]
    let features = golden.features.map { Matrix(rows: $0.shape[0], columns: $0.shape[1], values: $0.floats) }
    let part = features.map { ModelConfiguration.Features(key: "X", width: $0.columns) }
    let configuration = ModelConfiguration(
      mode: mode, fusion: fusion, geneCount: x.shape[1], classCount: 5, embedding: mode.usesEmbedding ? part : nil,
      image: mode.usesImage ? part : nil, embeddingWidth: 32, hiddenWidth: 48, expressionDropout: 0,
      spatialDropout: 0, fusionDropout: 0)
    model = try Model(configuration)
    // Every parameter of the file, and no other: the keys are the published system's.
    let keys = golden.names.filter { $0.hasPrefix("param.") }.map { String($0.dropFirst(6)) }
    try model.load(
      Dictionary(
        uniqueKeysWithValues: keys.map {
          ($0, Safetensors.Tensor(shape: golden["param." + $0].shape, values: golden["param." + $0].floats))
        }), file: path)
    data = try ModelData(
      StandardisedMatrix(dense: Matrix(rows: x.shape[0], columns: x.shape[1], values: x.floats)),
      embedding: mode.usesEmbedding ? features : nil, image: mode.usesImage ? features : nil,
      context: SpatialContext(Graph(edgeIndex: golden["in.edge_index"].ints, spots: x.shape[0])), for: configuration)
    labels = golden["in.y"].ints.map(Int32.init)
  }

  func spots(_ mask: String) -> [Int] { golden[mask].bools.enumerated().filter(\.element).map(\.offset) }
}

@Suite("Models equal the published system's")
struct GoldenModelTests {
  @Test("every published mode has a reference case, with each of its fusions") func complete() {
    let found = Set(ReferenceModels.kept.map { ReferenceModels.names($0).mode + ReferenceModels.names($0).fusion })
    for mode in ModelConfiguration.Mode.allCases {
      // The scGPT modes on another embedding, and the general ones, are these under other names.
      if mode.rawValue.hasPrefix("scgpt_brain") || mode.rawValue.hasPrefix("embedding") { continue }
      // Geneformer with cross-attention is scGPT's with another width.
      for fusion in mode.usesFusion && mode != .geneformer ? ModelConfiguration.Fusion.allCases : [.gated] {
        #expect(found.contains(mode.rawValue + fusion.rawValue), "\(mode) \(fusion)")
      }
    }
  }

  @Test("outputs of every spot to 1e-5", arguments: ReferenceModels.all)
  func forward(path: String) throws {
    let case_ = try GoldenModel(path)
    let result = case_.model.predict(case_.data)
    expectClose(result.logits.values, case_.golden.precise("out", "logits").floats, relative: 1e-5, "logits")
    expectClose(
      result.embeddings.values, case_.golden.precise("out", "embeddings").floats, relative: 1e-5, "embeddings")
  }

  @Test("outputs of some spots are those rows of all", arguments: ReferenceModels.all)
  func selection(path: String) throws {
    let case_ = try GoldenModel(path)
    let all = case_.model.predict(case_.data).logits
    let spots = [0, 3, 11, 12, 77, 149]
    let tape = Tape()
    let output = case_.model.finish(
      tape, case_.model.prefix(tape, case_.data), case_.data, case_.data.select(spots))
    // BLAS takes other kernels for 6 rows than for 150: equal to rounding.
    expectClose(tape.value(output.logits).values, all.gatheringRows(spots).values, relative: 1e-6, "logits")
  }

  @Test("gradients to 1e-4", arguments: ReferenceModels.all)
  func gradients(path: String) throws {
    let case_ = try GoldenModel(path)
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
      var expected = case_.golden.precise("grad", entry.key).floats
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
    for path in ReferenceModels.kept {
      let case_ = try GoldenModel(path)
      let tape = Tape()
      let output = case_.model.finish(
        tape, case_.model.prefix(tape, case_.data), case_.data, case_.data.select([1, 2]))
      _ = tape.crossEntropy(output.logits, labels: [0, 1], classWeights: [1, 1, 1, 1, 1])
      seen.formUnion(tape.recordedKinds)
    }
    // Without dropout none is recorded.
    #expect(seen == Set(OperationKind.allCases).subtracting([.dropout]))
  }
}

@Suite("Parameter counts")
struct ParameterCountTests {
  typealias Mode = ModelConfiguration.Mode
  typealias Fusion = ModelConfiguration.Fusion

  static let published: [(Mode, Fusion, five: Int, seven: Int)] = [
    (.exprOnly, .gated, 807_797, 808_055), (.gatOnly, .gated, 402_309, 402_567),
    (.gcnOnly, .gated, 401_797, 402_055), (.concat, .gated, 842_485, 842_999),
    (.full, .gated, 908_021, 908_279), (.full, .crossAttention, 1_106_805, 1_107_063),
    (.gcnFull, .gated, 907_509, 907_767), (.gcnFull, .crossAttention, 1_106_293, 1_106_551),
    (.imgExpr, .gated, 1_156_853, 1_157_111), (.imgExpr, .crossAttention, 1_156_853, 1_157_111),
    (.multimodal, .gated, 1_224_053, 1_224_311), (.multimodal, .crossAttention, 1_422_837, 1_423_095),
    (.scgptOnly, .gated, 67_333, 67_591), (.scgpt, .gated, 167_557, 167_815),
    (.scgpt, .crossAttention, 366_341, 366_599), (.scgptBrainOnly, .gated, 67_333, 67_591),
    (.scgptBrain, .crossAttention, 366_341, 366_599), (.geneformerOnly, .gated, 100_613, 100_871),
    (.geneformer, .gated, 200_837, 201_095), (.geneformer, .crossAttention, 399_621, 399_879),
  ]

  /// A model at production size: 3,000 genes, image features of ResNet50, embeddings of scGPT or Geneformer.
  private func model(_ mode: Mode, _ fusion: Fusion, classes: Int) throws -> Model {
    try Model(.production(mode, fusion, genes: 3000, classes: classes))
  }

  @Test("equal the published ones at 3,000 genes", arguments: published.indices)
  func counts(index: Int) throws {
    let (mode, fusion, five, seven) = Self.published[index]
    #expect(try model(mode, fusion, classes: 5).parameters.layout.count == five, "\(mode) \(fusion)")
    #expect(try model(mode, fusion, classes: 7).parameters.layout.count == seven, "\(mode) \(fusion)")
  }

  static let tensors = Fixtures.realData("../golden/b_param_counts.json")

  @Test(
    "keys and shapes equal the published ones",
    .enabled(if: tensors != nil, "skipped: the reference is not here"))
  func shapes() throws {
    struct Entry: Decodable {
      let total: Int
      let tensors: [String: [Int]]?
    }
    let data = try Data(contentsOf: URL(fileURLWithPath: try #require(Self.tensors)))
    let published = try JSONDecoder().decode([String: Entry].self, from: data)
    #expect(published.count >= 34)
    for (name, entry) in published {
      // mode/fusion/C5
      let words = name.split(separator: "/").map(String.init)
      try #require(words.count == 3)
      let mode = try #require(Mode(rawValue: words[0]))
      let fusion = try #require(Fusion(rawValue: words[1]))
      let layout = try model(mode, fusion, classes: words[2] == "C5" ? 5 : 7).parameters.layout
      #expect(layout.count == entry.total, "\(name)")
      guard let tensors = entry.tensors else { continue }
      #expect(Dictionary(uniqueKeysWithValues: layout.entries.map { ($0.key, $0.shape) }) == tensors, "\(name)")
    }
  }
}
