import StomicsCore
import Testing

@testable import Preprocessing

@Suite("Bins and ties of highly variable genes") struct HighlyVariableGenesTests {
  /// Genes with the given means and dispersions (variance over mean) of normalised counts.
  static func genes(_ values: [(mean: Double, dispersion: Double)], top: Int) -> GeneDispersions {
    GeneDispersions(
      moments: (values.map(\.mean), values.map { $0.mean * $0.dispersion }), choice: .top(top))
  }

  @Test("bins as pandas.cut: equal widths, closed on the right, the lowest value inside")
  func bins() {
    #expect(GeneDispersions.bins(of: [0, 1, 1.0001, 10, 20]) == [0, 0, 1, 9, 19])
    // pandas.cut([5, 5], 20) widens the range by 0.1 % of the value on both sides; the value lies in the middle.
    #expect(GeneDispersions.bins(of: [5, 5]) == [9, 9])
    #expect(GeneDispersions.bins(of: [0]) == [9])
    #expect(GeneDispersions.bins(of: []) == [])
  }

  @Test("alone in its bin a gene has 1; a gene that does not vary has NaN and is never chosen")
  func oneGeneBins() {
    let result = Self.genes([(1, 2), (1, 3), (1, 4), (1000, 5), (1, 0), (0, 0)], top: 6)
    #expect(result.normalised[3] == 1)
    #expect(result.normalised[4].isNaN && result.normalised[5].isNaN)
    #expect(result.selected == [true, true, true, true, false, false])
  }

  @Test("every gene tied at the cut-off is chosen")
  func ties() {
    let values = [(1.0, 2.0), (1, 8), (1, 4), (1, 4), (1, 4), (1, 2)]
    let result = Self.genes(values.map { (mean: $0.0, dispersion: $0.1) }, top: 2)
    #expect(result.selected == [false, true, true, true, true, false])
    #expect(result.cutoff == result.normalised[2])
    #expect(result.next == result.normalised[0])
  }

  @Test("percentile bins: 10 %, then 5 % each, closed on the right; equal percentiles bound one bin")
  func percentileBins() {
    let means = (0...100).map(Double.init)
    let bins = GeneDispersions.percentileBins(of: means)
    #expect(bins[0] == 0 && bins[10] == 0 && bins[11] == 1 && bins[15] == 1 && bins[16] == 2 && bins[100] == 18)
    // numpy.percentile([0, 0, 0, 0, 1, 2], 80) = 1, 85: 1.25, 95: 1.75.
    let ties = GeneDispersions.percentileBins(of: [0, 0, 0, 0, 1, 2])
    #expect(ties[0] == 0 && Set(ties[0..<4]).count == 1 && ties[4] > 0 && ties[5] > ties[4])
    #expect(GeneDispersions.percentileBins(of: []) == [])
  }

  @Test("cell_ranger: distance from the bin's median in scaled median deviations; NaN where the bin has no spread")
  func medians() {
    let result = GeneDispersions(
      moments: ([1, 1, 1, 1, 9], [1, 2, 4, 10, 9]), choice: .top(2), flavor: .cellRanger)
    // Median 3, deviations 2, 1, 1, 7: their median is 1.5.
    let scale = 1.5 / 0.6744897501960817
    #expect(result.normalised[0] == -2 / scale && result.normalised[3] == 7 / scale)
    #expect(result.normalised[4].isNaN)
    #expect(result.selected == [false, false, true, true, false])
    #expect(result.means[0] == 1 && result.dispersions[3] == 10)
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
