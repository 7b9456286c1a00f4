import StomicsCore
import Testing

@testable import Preprocessing

@Suite("Bins and ties of highly variable genes") struct HighlyVariableGenesTests {
  /// Genes with the given means and dispersions (variance over mean) of normalised counts.
  static func genes(_ values: [(mean: Double, dispersion: Double)], top: Int) -> HighlyVariableGenes {
    HighlyVariableGenes(
      moments: (values.map(\.mean), values.map { $0.mean * $0.dispersion }), choice: .top(top))
  }

  @Test("bins as pandas.cut: equal widths, closed on the right, the lowest value inside")
  func bins() {
    #expect(HighlyVariableGenes.bins(of: [0, 1, 1.0001, 10, 20]) == [0, 0, 1, 9, 19])
    // pandas.cut([5, 5], 20) widens the range by 0.1 % of the value on both sides; the value lies in the middle.
    #expect(HighlyVariableGenes.bins(of: [5, 5]) == [9, 9])
    #expect(HighlyVariableGenes.bins(of: [0]) == [9])
    #expect(HighlyVariableGenes.bins(of: []) == [])
  }

  @Test("alone in its bin a gene has 1; a gene that does not vary has NaN and is never chosen")
  func oneGeneBins() {
    let result = Self.genes([(1, 2), (1, 3), (1, 4), (1000, 5), (1, 0), (0, 0)], top: 6)
    #expect(result.normalisedDispersions[3] == 1)
    #expect(result.normalisedDispersions[4].isNaN && result.normalisedDispersions[5].isNaN)
    #expect(result.selected == [true, true, true, true, false, false])
  }

  @Test("every gene tied at the cut-off is chosen")
  func ties() {
    let values = [(1.0, 2.0), (1, 8), (1, 4), (1, 4), (1, 4), (1, 2)]
    let result = Self.genes(values.map { (mean: $0.0, dispersion: $0.1) }, top: 2)
    #expect(result.selected == [false, true, true, true, true, false])
    #expect(result.cutoff == result.normalisedDispersions[2])
    #expect(result.next == result.normalisedDispersions[0])
  }

  @Test("remembered exponentials are those of the Float")
  func remembered() {
    var transform = RememberedExpm1()
    var random = SeededGenerator(seed: 1)
    for _ in 0..<20_000 {
      let value = Float(random.integer(below: 3000)) / 300
      #expect(transform(value) == RememberedExpm1.reference(value))
    }
  }
}

extension RememberedExpm1 {
  static func reference(_ value: Float) -> Double {
    var fresh = RememberedExpm1()
    return fresh(value)
  }
}
