import StomicsCore
import Testing

@Test("quantiles are numpy's") func quantiles() {
  #expect(quantile([1, 2, 4, 8], 0.5) == 3)
  #expect(quantile([1, 2, 4, 8], 0) == 1)
  #expect(quantile([1, 2, 4, 8], 1) == 8)
  #expect(quantile([1, 2, 3, 4], 0.5) == 2.5)
  #expect(quantile([5], 0.3) == 5 && quantile([5], 1) == 5)
  #expect(quantile([], 0.3).isNaN)
}
