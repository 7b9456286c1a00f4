import Foundation
import StomicsCore
import TestSupport
import Testing

@testable import Models

@Suite("Attention that is written down")
struct AttentionTests {
  private func case_(_ name: String) throws -> GoldenModel {
    try GoldenModel(Fixtures.path("model/model_\(name).safetensors"))
  }

  @Test(
    "every row sums to 1 over the spots that are listened to",
    arguments: ["gat_only_gated", "concat_gated", "full_cross_attention", "gcn_full_cross_attention"])
  func rows(name: String) throws {
    let case_ = try case_(name)
    let maps = try case_.model.attention(case_.data)
    let expected =
      switch name {
      case "full_cross_attention":
        ["attention_graph_0", "attention_graph_1", "attention_cross_0", "attention_cross_1"]
      case "gcn_full_cross_attention": ["attention_cross_0", "attention_cross_1"]
      default: ["attention_graph_0", "attention_graph_1"]
      }
    #expect(maps.map(\.key) == expected)
    for map in maps {
      #expect(map.weights.rows == 150 && map.weights.columns == 150)
      #expect(map.heads.count == 4)
      for e in map.weights.values.indices {
        let mean = map.heads.reduce(0) { $0 + $1.values[e] } / 4
        #expect(abs(mean - map.weights.values[e]) < 1e-6, "\(map.key), the mean of the heads")
      }
      for i in 0..<150 {
        let row = map.weights.range(ofRow: i)
        let sum = row.reduce(0.0) { $0 + Double(map.weights.values[$1]) }
        #expect(abs(sum - 1) < 1e-5, "\(map.key), row \(i): \(sum)")
        #expect(row.allSatisfy { map.weights.values[$0] >= 0 })
        // Graph attention has a self loop everywhere; cross-attention where a spot has no neighbour (spot 11).
        let itself = row.contains { map.weights.indices[$0] == Int32(i) }
        #expect(itself == (map.kind == .graph || i == 11), "\(map.key), row \(i)")
        #expect(zip(row, row.dropFirst()).allSatisfy { map.weights.indices[$0] < map.weights.indices[$1] })
      }
    }
  }

  @Test("graph attention's first layer is softmax of its scores, by hand for one spot") func byHand() throws {
    let case_ = try case_("gat_only_gated")
    let map = try case_.model.attention(case_.data)[0]
    let x = case_.golden["in.x"].doubles
    let weight = case_.golden["param.spatial_encoder.convs.0.lin.weight"].doubles
    let source = case_.golden["param.spatial_encoder.convs.0.att_src"].doubles
    let target = case_.golden["param.spatial_encoder.convs.0.att_dst"].doubles
    /// Each head's score of spot j: <attention, W x_j> over the head's 8 columns.
    func scores(_ j: Int, _ attention: [Double]) -> [Double] {
      let h = (0..<32).map { d in (0..<80).reduce(0.0) { $0 + weight[d * 80 + $1] * x[j * 80 + $1] } }
      return (0..<4).map { a in (0..<8).reduce(0.0) { $0 + attention[a * 8 + $1] * h[a * 8 + $1] } }
    }
    let i = 40
    let row = map.weights.range(ofRow: i)
    let own = scores(i, target)
    var mean = [Double](repeating: 0, count: row.count)
    let theirs = row.map { scores(Int(map.weights.indices[$0]), source) }
    for a in 0..<4 {
      let exponentials = theirs.map { score in
        let sum = score[a] + own[a]
        return exp(sum > 0 ? sum : 0.2 * sum)
      }
      let total = exponentials.reduce(0, +)
      for k in mean.indices { mean[k] += exponentials[k] / total / 4 }
    }
    expectClose(map.weights.values[row].map(Double.init), mean, relative: 1e-5, "attention of spot \(i)")
  }

  @Test("a model without attention says why it has none") func none() throws {
    for (name, words) in [
      ("gcn_only_gated", "weighs neighbours by their number"), ("expr_only_gated", "does not look at neighbours"),
    ] {
      let case_ = try case_(name)
      #expect { try case_.model.attention(case_.data) } throws: { "\($0)".contains(words) }
    }
  }
}
