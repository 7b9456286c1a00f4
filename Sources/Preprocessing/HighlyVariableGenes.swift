import Glibc
import StomicsCore

/// Highly variable genes by normalised dispersion, flavour `seurat` (Satija et al. 2015), as
/// `scanpy.pp.highly_variable_genes(flavor="seurat")` computes them.
public struct HighlyVariableGenes: Sendable, Equatable {
  /// ln(1 + mean of the normalised counts), `[G]`.
  public let means: [Double]
  /// ln(variance / mean) of the normalised counts, `[G]`; NaN for a gene that does not vary.
  public let dispersions: [Double]
  /// The dispersion's distance from the mean of its bin in standard deviations, `[G]`; NaN where the dispersion is.
  public let normalisedDispersions: [Double]
  /// The genes chosen, `[G]`.
  public let selected: [Bool]
  /// The lowest normalised dispersion chosen by rank; nil where none was or cut-offs chose.
  public let cutoff: Double?
  /// The highest normalised dispersion below the cut-off.
  public let next: Double?

  private static let binCount = 20

  /// - Parameters:
  ///   - logNormalised: ln(1 + normalised counts), `[N, G]`
  ///   - choice: by rank, where every gene tied with the last one is taken too, or by cut-offs
  public init(logNormalised: CSRMatrix, choice: PreprocessingOptions.GeneChoice) {
    let sums = ColumnSums(logNormalised) { RememberedExpm1() }
    self.init(moments: sums.moments(rows: logNormalised.rows), choice: choice)
  }

  /// From the mean and variance (ddof 1) of each gene's normalised counts.
  init(moments: (means: [Double], variances: [Double]), choice: PreprocessingOptions.GeneChoice) {
    var logMeans = [Double](repeating: 0, count: moments.means.count)
    var dispersions = logMeans
    for j in logMeans.indices {
      let mean = moments.means[j] == 0 ? 1e-12 : moments.means[j]
      let dispersion = moments.variances[j] / mean
      dispersions[j] = dispersion == 0 ? .nan : log(dispersion)
      logMeans[j] = log1p(mean)
    }
    means = logMeans
    self.dispersions = dispersions
    let normalised = Self.normalise(dispersions, bins: Self.bins(of: logMeans))
    normalisedDispersions = normalised
    switch choice {
    case .top(let count):
      let ranked = normalised.filter { !$0.isNaN }.sorted(by: >)
      let limit = ranked.isEmpty ? nil : ranked[min(count, ranked.count) - 1]
      cutoff = limit
      next = limit.flatMap { limit in ranked.first { $0 < limit } }
      selected = normalised.map { value in limit.map { value >= $0 } ?? false }
    case .cutoffs:
      cutoff = nil
      next = nil
      selected = normalised.indices.map { j in
        logMeans[j] > 0.0125 && logMeans[j] < 3 && normalised[j] > 0.5
      }
    }
  }

  /// The bin of each mean, as `pandas.cut(means, 20)`: equal widths, closed on the right, the first widened to the left
  /// by 0.1 % of the range.
  static func bins(of means: [Double]) -> [Int] {
    guard var low = means.min(), var high = means.max() else { return [] }
    let same = low == high
    if same {
      low -= low != 0 ? 0.001 * abs(low) : 0.001
      high += high != 0 ? 0.001 * abs(high) : 0.001
    }
    let step = (high - low) / Double(binCount)
    var edges = (0...binCount).map { Double($0) * step + low }
    edges[binCount] = high
    if !same { edges[0] -= (high - low) * 0.001 }
    return means.map { mean in
      var bin = 0
      while bin < binCount - 1 && mean > edges[bin + 1] { bin += 1 }
      return bin
    }
  }

  /// (dispersion - mean of its bin) / sd of its bin (ddof 1). Alone in its bin, a gene gets 1.
  private static func normalise(_ dispersions: [Double], bins: [Int]) -> [Double] {
    var counts = [Double](repeating: 0, count: binCount)
    var means = counts
    for (j, bin) in bins.enumerated() where !dispersions[j].isNaN {
      counts[bin] += 1
      means[bin] += dispersions[j]
    }
    for bin in 0..<binCount { means[bin] /= counts[bin] }
    var spreads = [Double](repeating: 0, count: binCount)
    for (j, bin) in bins.enumerated() where !dispersions[j].isNaN {
      let distance = dispersions[j] - means[bin]
      spreads[bin] += distance * distance
    }
    return bins.enumerated().map { j, bin in
      if counts[bin] < 2 { return dispersions[j] / means[bin] }
      return (dispersions[j] - means[bin]) / (spreads[bin] / (counts[bin] - 1)).squareRoot()
    }
  }
}
