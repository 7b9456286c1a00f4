import AnnData
import StomicsCore

/// Centring, scaling and clipping of each gene, kept sparse, as `scanpy.pp.scale(max_value:)`.
public enum Standardise {
  /// Mean and standard deviation (ddof 1) of each column, zeros included; a deviation of 0 becomes 1.
  public static func parameters(_ logNormalised: CSRMatrix) -> (means: [Double], standardDeviations: [Double]) {
    let moments = ColumnSums(logNormalised) { Identity() }.moments(rows: logNormalised.rows)
    return (moments.means, moments.variances.map { $0 == 0 ? 1 : $0.squareRoot() })
  }

  /// (x - mean) / sd clipped to ± clip, `[N, G]`, on the pattern of x.
  /// - Parameters:
  ///   - logNormalised: x, `[N, G]`
  ///   - means, standardDeviations: `[G]`
  public static func apply(
    _ logNormalised: CSRMatrix, means: [Double], standardDeviations: [Double], clip: Double
  ) -> StandardisedMatrix {
    precondition(means.count == logNormalised.columns && standardDeviations.count == logNormalised.columns)
    let offsets = means.indices.map { -clipped(-means[$0] / standardDeviations[$0], clip) }
    let columns = logNormalised.indices
    let sparse = logNormalised.mappingRows { i, values in
      var values = values
      for k in values.indices {
        let j = Int(columns[k])
        values[k] = Float(clipped((Double(values[k]) - means[j]) / standardDeviations[j], clip) + offsets[j])
      }
    }
    return StandardisedMatrix(sparse: sparse, offsets: offsets.map(Float.init))
  }

  fileprivate static func clipped(_ z: Double, _ clip: Double) -> Double { z > clip ? clip : z < -clip ? -clip : z }
}

extension Recipe {
  /// The model's input from counts: normalised, logarithm taken, standardised.
  /// - Parameters:
  ///   - counts: `[N, G]`, all genes of the recipe in its order
  ///   - sizeFactors: `[N]`, the counts each spot is divided by
  public func standardise(counts: CSRMatrix, sizeFactors: [Double]) -> StandardisedMatrix {
    standardise(
      logNormalised: Normalise.logNormalised(counts, sizes: sizeFactors, targetSum: targetSum))
  }

  /// The model's input of one count, by the stored means and deviations: the element that `standardise` makes of it.
  /// - Parameters:
  ///   - size: the counts the spot is divided by
  ///   - gene: the gene's place in the recipe
  public func standardise(count: Float, size: Double, gene: Int) -> Float {
    let (mean, deviation) = (means[gene], standardDeviations[gene])
    let offset = -Standardise.clipped(-mean / deviation, clip)
    let x = Normalise.logNormalised(count, size: size, targetSum: targetSum)
    return Float(Standardise.clipped((Double(x) - mean) / deviation, clip) + offset) - Float(offset)
  }

  /// The model's input from log-normalised values of the recipe's genes, `[N, G]`: by the stored means and deviations,
  /// or by this slice's own where `standardisation` is `perSlice`.
  public func standardise(logNormalised: CSRMatrix) -> StandardisedMatrix {
    switch standardisation {
    case .stored:
      return Standardise.apply(
        logNormalised, means: means, standardDeviations: standardDeviations, clip: clip)
    case .perSlice:
      let own = Standardise.parameters(logNormalised)
      return Standardise.apply(
        logNormalised, means: own.means, standardDeviations: own.standardDeviations, clip: clip)
    }
  }
}
