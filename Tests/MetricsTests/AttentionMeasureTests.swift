import StomicsCore
import Testing

@testable import Metrics

@Suite("Measures of attention")
struct AttentionMeasureTests {
  /// Four spots: one listens to all others alike, one to one of two alone, one unevenly, one to itself.
  private let weights = CSRMatrix(
    rows: 4, columns: 4, indptr: [0, 3, 5, 7, 8], indices: [1, 2, 3, 0, 2, 0, 3, 3],
    values: [1 / 3, 1 / 3, 1 / 3, 1, 0, 0.75, 0.25, 1])

  @Test("evenness is 1 for equal weights, 0 for one alone, unknown with one neighbour") func evenness() {
    let found = attentionEvenness(weights)
    #expect(abs(found[0] - 1) < 1e-6)
    #expect(found[1] == 0)
    // -(0.75 log2 0.75 + 0.25 log2 0.25)
    #expect(abs(found[2] - 0.811278) < 1e-6)
    #expect(found[3].isNaN)
  }

  @Test("the share that goes to other domains, and what equal weights would send") func across() throws {
    let found = AttentionAcross(weights, labels: [0, 0, 1, 1])
    #expect(abs(found.shares[0] - 2.0 / 3) < 1e-6 && abs(found.equalShares[0] - 2.0 / 3) < 1e-12)
    #expect(found.shares[1] == 0 && found.equalShares[1] == 0.5)
    #expect(abs(found.shares[2] - 0.75) < 1e-6 && found.equalShares[2] == 0.5)
    #expect(found.shares[3] == 0 && found.equalShares[3] == 0)
    let borders = try #require(found.atBorders)
    #expect(borders.spots == 3)
    #expect(abs(borders.share - (2.0 / 3 + 0.75) / 3) < 1e-6)
    #expect(abs(borders.equalShare - (2.0 / 3 + 1) / 3) < 1e-12)
  }

  @Test("spots without a label are nobody's and nobody") func missing() {
    let found = AttentionAcross(weights, labels: [-1, 0, 0, -1])
    #expect(found.shares[0].isNaN && found.shares[3].isNaN)
    // Spot 1 listens to the unlabelled spot 0 alone; of its two neighbours only spot 2 counts, with weight 0.
    #expect(found.shares[1].isNaN && found.shares[2].isNaN)
    #expect(found.atBorders == nil)
  }
}
