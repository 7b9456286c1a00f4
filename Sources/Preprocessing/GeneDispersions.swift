import Glibc
import StomicsCore

/// The dispersion (variance over mean) of each gene among genes of like mean, of the flavours `seurat` (Satija et al. 2015)
/// and `cell_ranger` (Zheng et al. 2017), as `scanpy.pp.highly_variable_genes` computes them for one batch.
struct GeneDispersions {
  /// `seurat`: ln(1 + mean of the normalised counts); `cell_ranger`: mean of the log-normalised values. `[G]`
  let means: [Double]
  /// `seurat`: ln(variance / mean) of the normalised counts, NaN for a gene that does not vary; `cell_ranger`:
  /// variance / mean of the log-normalised values. `[G]`
  let dispersions: [Double]
  /// The dispersion's distance from the middle of its bin, in units of the bin's spread, `[G]`; NaN where the dispersion is
  /// or the bin has no spread.
  let normalised: [Double]
  /// The genes chosen, `[G]`.
  let selected: [Bool]
  /// The lowest normalised dispersion chosen by rank; nil where none was or cut-offs chose.
  let cutoff: Double?
  /// The highest normalised dispersion below the cut-off.
  let next: Double?

  static let binCount = 20

  /// - Parameters:
  ///   - moments: mean and variance (ddof 1) of each gene: of the normalised counts for `seurat`, of their logarithms for
  ///     `cell_ranger`
  ///   - choice: by rank, where every gene tied with the last one is taken too, or by cut-offs
  init(
    moments: (means: [Double], variances: [Double]), choice: PreprocessingOptions.GeneChoice,
    flavor: HighlyVariableGenes.Flavor = .seurat
  ) {
    var means = [Double](repeating: 0, count: moments.means.count)
    var dispersions = means
    for j in means.indices {
      let mean = moments.means[j] == 0 ? 1e-12 : moments.means[j]
      let dispersion = moments.variances[j] / mean
      if flavor == .seurat {
        dispersions[j] = dispersion == 0 ? .nan : log(dispersion)
        means[j] = log1p(mean)
      } else {
        dispersions[j] = dispersion
        means[j] = mean
      }
    }
    self.means = means
    self.dispersions = dispersions
    normalised =
      flavor == .seurat
      ? Self.normalise(dispersions, bins: Self.bins(of: means))
      : Self.normaliseByMedian(dispersions, bins: Self.percentileBins(of: means))
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
      selected = Self.withinCutoffs(means, normalised)
    }
  }

  /// Where 0.0125 < mean < 3 and normalised dispersion > 0.5, `[G]`.
  static func withinCutoffs(_ means: [Double], _ normalised: [Double]) -> [Bool] {
    zip(means, normalised).map { $0 > 0.0125 && $0 < 3 && $1 > 0.5 }
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

  /// The bin of each mean between the percentiles 10, 15, … 100 of the means, closed on the right. Percentiles that fall
  /// together bound one bin.
  static func percentileBins(of means: [Double]) -> [Int] {
    let sorted = means.sorted()
    guard let last = sorted.indices.last else { return [] }
    // Linear interpolation, in numpy's order of operations.
    let edges = stride(from: 10.0, through: 100, by: 5).map { percent in
      let place = Double(last) * (percent / 100)
      let below = Int(place)
      let part = place - Double(below)
      let (a, b) = (sorted[below], sorted[min(below + 1, last)])
      return part < 0.5 ? a + (b - a) * part : b - (b - a) * (1 - part)
    }
    return means.map { mean in edges.firstIndex { mean <= $0 } ?? edges.count }
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

  /// (dispersion - median of its bin) / (median absolute deviation of its bin / 0.6745).
  private static func normaliseByMedian(_ dispersions: [Double], bins: [Int]) -> [Double] {
    var members = [[Int]](repeating: [], count: (bins.max() ?? 0) + 1)
    for (j, bin) in bins.enumerated() { members[bin].append(j) }
    var result = dispersions
    for genes in members where !genes.isEmpty {
      let middle = median(genes.map { dispersions[$0] })
      // 0.6745: the normal distribution's upper quartile, which makes the deviation a standard deviation there.
      let spread = median(genes.map { abs(dispersions[$0] - middle) }) / 0.674_489_750_196_081_7
      for gene in genes { result[gene] = (dispersions[gene] - middle) / spread }
    }
    return result
  }

  /// The median of at least one value.
  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
