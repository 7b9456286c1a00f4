import Glibc
import StomicsCore

/// The variance of each gene's counts after standardising by the deviation that genes of its mean have: the score of
/// flavour `seurat_v3`.
///
/// The expected log10 variance is a loess curve over log10 mean; counts are clipped at mean + √N expected deviations.
/// - Source: Stuart et al. 2019, as `scanpy.pp.highly_variable_genes(flavor="seurat_v3")` computes it.
struct StandardisedVariance {
  /// `[G]`; 0 for a gene that does not vary.
  let values: [Double]
  /// Places where the curve rests on too few distinct means; see `Loess.degenerate`.
  let degenerate: Int

  /// The share of the genes that each fit of the curve looks at.
  private static let span = 0.3

  /// - Parameters:
  ///   - counts: `[N, G]`
  ///   - batch: its name for the error, nil where there is one batch
  /// - Throws: `PreprocessingError.noVarianceTrend` where no curve can be fitted.
  init(_ counts: CSRMatrix, batch: String?) throws {
    let (means, variances) = ColumnSums(counts) { Identity() }.moments(rows: counts.rows)
    let varying = variances.indices.filter { variances[$0] > 0 }
    let curve: Loess
    do {
      curve = try Loess(x: varying.map { log10(means[$0]) }, y: varying.map { log10(variances[$0]) }, span: Self.span)
    } catch .tooFewPoints(let needed) {
      throw PreprocessingError.noVarianceTrend(
        batch: batch, reason: "\(varying.count) genes vary, and the curve needs \(needed)")
    } catch .noWidth(let place) {
      let mean = String(describing: pow(10, place))
      throw PreprocessingError.noVarianceTrend(
        batch: batch, reason: "\(Int(Self.span * 100)) % of the genes or more have the same mean (\(mean) counts)")
    }
    degenerate = curve.degenerate
    var deviations = [Double](repeating: 1, count: means.count)
    for (place, gene) in varying.enumerated() { deviations[gene] = pow(10, curve.fitted[place]).squareRoot() }
    let n = Double(counts.rows)
    let limits = means.indices.map { deviations[$0] * n.squareRoot() + means[$0] }
    let sums = limits.withUnsafeBufferPointer { limits in
      ColumnPairSums(counts) { _, gene, count in
        let clipped = min(count, limits[gene])
        return (clipped, clipped * clipped)
      }
    }
    values = means.indices.map { gene in
      let spread = n * means[gene] * means[gene] + sums.second[gene] - 2 * sums.first[gene] * means[gene]
      return variances[gene] == 0 ? 0 : spread / ((n - 1) * deviations[gene] * deviations[gene])
    }
  }
}
