import Foundation
import StomicsCore
import TestSupport
import Testing

@testable import Models

@Suite("Embeddings and gates on a model's way")
struct StagesTests {
  @Test(
    "every mode has the parts it is made of, and the last is what the classifier sees",
    arguments: [
      ("expr_only_gated", ["expression"]), ("gat_only_gated", ["graph"]),
      ("concat_gated", ["expression", "graph", "fused"]), ("full_gated", ["expression", "graph", "fused"]),
      ("full_cross_attention", ["expression", "graph", "fused"]), ("img_expr_gated", ["expression", "image", "fused"]),
      ("multimodal_gated", ["expression", "graph", "image", "fused", "final"]),
    ])
  func parts(name: String, expected: [String]) throws {
    let case_ = try GoldenModel(Fixtures.path("model/model_\(name).safetensors"))
    let stages = case_.model.stages(case_.data)
    #expect(stages.embeddings.map(\.stage.rawValue) == expected)
    #expect(stages.embeddings.allSatisfy { $0.values.rows == 150 })
    #expect(stages.embeddings.last?.values == case_.model.predict(case_.data).embeddings)
    // The parts differ from each other.
    for (one, other) in zip(stages.embeddings, stages.embeddings.dropFirst()) { #expect(one.values != other.values) }
    let gates =
      switch name {
      case "full_gated": [["expression", "graph"]]
      case "img_expr_gated": [["expression", "image"]]
      case "multimodal_gated": [["expression", "graph"], ["fused", "image"]]
      default: [[String]]()
      }
    #expect(stages.gates.map { [$0.first.rawValue, $0.second.rawValue] } == gates)
    for gate in stages.gates {
      #expect(gate.values.rows == 150 && gate.values.columns == 32)
      #expect(gate.values.values.allSatisfy { $0 > 0 && $0 < 1 })
    }
  }

  @Test("a gate is the sigmoid of its linear layer on both parts, by hand for one spot") func byHand() throws {
    let case_ = try GoldenModel(Fixtures.path("model/model_full_gated.safetensors"))
    let stages = case_.model.stages(case_.data)
    let gate = try #require(stages.gates.first)
    let weight = case_.golden["param.fusion.gate.0.weight"].doubles
    let bias = case_.golden["param.fusion.gate.0.bias"].doubles
    let i = 40
    let both = (stages.embeddings[0].values.row(i) + stages.embeddings[1].values.row(i)).map(Double.init)
    let expected = (0..<32).map { d -> Double in
      var logit = bias[d]
      for k in 0..<64 { logit += weight[d * 64 + k] * both[k] }
      return 1 / (1 + exp(-logit))
    }
    expectClose(gate.values.row(i).map(Double.init), expected, relative: 1e-5, "gate of spot \(i)")
  }
}
