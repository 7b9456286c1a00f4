import Testing

@testable import Metrics

@Suite("Ranks and correlations")
struct RankStatisticsTests {
  @Test("ties share their mean rank") func ranks() {
    #expect(RankStatistics.ranks([3, 1, 3, 2]) == [3.5, 1, 3.5, 2])
  }

  @Test("correlations of small tables, by hand") func correlations() {
    #expect(abs(RankStatistics.pearson([1, 2, 3], [2, 4, 6]) - 1) < 1e-12)
    // scipy.stats.pearsonr([1, 2, 3, 4], [1, 3, 2, 5]), spearmanr of the same.
    #expect(abs(RankStatistics.pearson([1, 2, 3, 4], [1, 3, 2, 5]) - 0.8315218406202999) < 1e-12)
    #expect(abs(RankStatistics.spearman([1, 2, 3, 4], [1, 3, 2, 5]) - 0.8) < 1e-12)
    #expect(RankStatistics.pearson([1, 1], [0, 2]).isNaN)
  }

  @Test("AUROC counts pairs, ties half") func auroc() {
    #expect(RankStatistics.auroc([1, 2, 3, 4], isWanted: [false, false, true, true]) == 1)
    #expect(RankStatistics.auroc([1, 2, 2, 4], isWanted: [false, true, false, true]) == 0.875)
    #expect(RankStatistics.auroc([1, 2], isWanted: [true, true]).isNaN)
  }

  @Test("Benjamini and Hochberg, as statsmodels' fdr_bh") func benjaminiHochberg() {
    let q = RankStatistics.benjaminiHochberg([0.01, 0.04, 0.03, .nan, 0.5])
    let expected = [0.04, 0.16 / 3, 0.16 / 3, .nan, 0.5]
    for (one, other) in zip(q, expected) { #expect(one.isNaN == other.isNaN && (one.isNaN || abs(one - other) < 1e-12)) }
  }
}
