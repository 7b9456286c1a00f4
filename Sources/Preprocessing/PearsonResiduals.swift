import StomicsCore

/// The variance of each gene's Pearson residuals under a negative binomial with fixed overdispersion, whose mean is the
/// gene's share of all counts times the spot's counts: the score of flavour `pearson_residuals`.
///
/// Residual of count x with mean μ: (x - μ) / √(μ + μ²/θ), clipped to ± clip. Every zero has a residual too, but it
/// depends on the two totals alone: their sums are made once for each distinct total of a gene, and each stored count
/// then replaces the zero that stood in its place. No residual is kept.
/// - Source: Lause, Berens and Kobak 2021, as `scanpy.experimental.pp.highly_variable_genes` computes it.
enum PearsonResiduals {
  /// scanpy's overdispersion.
  static let theta = 100.0

  /// - Parameters:
  ///   - counts: `[N, G]`
  ///   - clip: the largest residual
  /// - Returns: `[G]`; 0 for a gene without counts. A spot without counts has residuals of 0.
  static func variances(_ counts: CSRMatrix, clip: Double) -> [Double] {
    let depths = counts.rowSums().sums
    let totals = ColumnSums(counts) { Identity() }.sum
    let all = depths.reduce(0, +)
    if all == 0 { return [Double](repeating: 0, count: counts.columns) }
    let shares = totals.map { $0 / all }
    let zeros = ZeroSums(shares: shares, depths: depths, clip: clip)
    let changes = depths.withUnsafeBufferPointer { depths in
      shares.withUnsafeBufferPointer { shares in
        ColumnPairSums(counts) { spot, gene, count in
          let mean = shares[gene] * depths[spot]
          let deviation = (mean + mean * mean / theta).squareRoot()
          let residual = count == 0 ? 0 : min(max((count - mean) / deviation, -clip), clip)
          let zero = count == 0 ? 0 : max(-mean / deviation, -clip)
          return (residual - zero, residual * residual - zero * zero)
        }
      }
    }
    let n = Double(counts.rows)
    return totals.indices.map { gene in
      if totals[gene] == 0 { return 0 }
      let mean = (zeros.sums[gene] + changes.first[gene]) / n
      return max(0, (zeros.squares[gene] + changes.second[gene]) / n - mean * mean)
    }
  }
}

/// Sum and sum of squares, for each gene, of the residuals that a count of 0 would have at every spot.
private struct ZeroSums {
  /// `[G]` each.
  let sums: [Double]
  let squares: [Double]

  /// - Parameters:
  ///   - shares: each gene's share of all counts, `[G]`
  ///   - depths: the counts of each spot, `[N]`
  init(shares: [Double], depths: [Double], clip: Double) {
    let distinct = Set(shares).sorted()
    var pairs = [SIMD2<Double>](repeating: .zero, count: distinct.count)
    pairs.withUnsafeMutableBufferPointer { pairs in
      depths.withUnsafeBufferPointer { depths in
        nonisolated(unsafe) let pairs = pairs
        parallelRows(distinct.count, blockSize: 64) { block in
          for k in block { pairs[k] = Self.total(share: distinct[k], depths, clip: clip) }
        }
      }
    }
    let place = Dictionary(uniqueKeysWithValues: distinct.enumerated().map { ($1, $0) })
    let found = shares.map { share in place[share].map { pairs[$0] } ?? .zero }
    sums = found.map(\.x)
    squares = found.map(\.y)
  }

  /// With μ = share · depth the residual of 0 is -√(μ / (1 + μ/θ)). Four lanes of spots, added in fixed order.
  private static func total(share: Double, _ depths: UnsafeBufferPointer<Double>, clip: Double) -> SIMD2<Double> {
    let limit = SIMD4<Double>(repeating: clip * clip)
    var sums = SIMD4<Double>.zero
    var squares = SIMD4<Double>.zero
    var i = 0
    while i < depths.count {
      var lanes = SIMD4<Double>.zero
      for lane in 0..<min(4, depths.count - i) { lanes[lane] = depths[i + lane] }
      let means = share * lanes
      var square = means / (1 + means / PearsonResiduals.theta)
      square.replace(with: limit, where: square .> limit)
      sums -= square.squareRoot()
      squares += square
      i += 4
    }
    return SIMD2(sums.sum(), squares.sum())
  }
}
