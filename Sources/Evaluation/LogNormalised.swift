import Preprocessing
import StomicsCore

/// Log-normalised expression of a fold, with the genes that its fitting spots show.
public struct LogNormalised: Sendable {
  /// The kept genes, as positions among the fold's, ascending.
  public let genes: [Int]
  /// ln(1 + 10,000 · count / size), `[N, kept genes]`.
  public let values: CSRMatrix

  /// Genes found in fewer than 3 of the fitting spots are left out, as `preprocess` does. Sizes come from the fold, else
  /// they are the sums over the kept genes.
  /// - Throws: `EvaluationError.noGenes`
  public init(_ fold: FoldData) throws {
    var found = [Int32](repeating: 0, count: fold.counts.columns)
    for i in fold.fittingSpots {
      for k in fold.counts.range(ofRow: i) where fold.counts.values[k] > 0 { found[Int(fold.counts.indices[k])] += 1 }
    }
    let minimum = min(PreprocessingOptions().minimumSpots, fold.fittingSpots.count)
    let kept = found.indices.filter { found[$0] >= minimum }
    if kept.isEmpty { throw EvaluationError.noGenes(slices: fold.sliceNames) }
    let counts = kept.count == fold.counts.columns ? fold.counts : fold.counts.gatheringColumns(kept)
    genes = kept
    values = Normalise.logNormalised(
      counts, sizes: fold.sizes ?? Normalise.sizes(of: counts), targetSum: 10_000)
  }

  private init(genes: [Int], values: CSRMatrix) {
    self.genes = genes
    self.values = values
  }

  /// Only some of the kept genes.
  /// - Parameter columns: positions among the kept genes, ascending
  public func selecting(_ columns: [Int]) -> LogNormalised {
    LogNormalised(genes: columns.map { genes[$0] }, values: values.gatheringColumns(columns))
  }

  /// Only some of the spots.
  func gathering(_ spots: [Int]) -> LogNormalised {
    LogNormalised(genes: genes, values: values.gatheringRows(spots))
  }

  /// The highly variable genes of the fitting spots.
  public func highlyVariable(_ count: Int, _ fold: FoldData) throws -> LogNormalised {
    let fitted = fold.fitsOnAllSpots ? values : values.gatheringRows(fold.fittingSpots)
    let selected = HighlyVariableGenes(logNormalised: fitted, choice: .top(count)).selected
    let chosen = selected.indices.filter { selected[$0] }
    if chosen.isEmpty { throw EvaluationError.noGenes(slices: fold.sliceNames) }
    return selecting(chosen)
  }

  /// Each slice standardised by its own means and deviations over its scaling spots, clipped to ± 10.
  public func standardised(_ fold: FoldData) -> StandardisedMatrix {
    StandardisedMatrix(
      stacking: fold.slices.indices.map { number in
        let range = fold.slices[number]
        let scaling = fold.scalingSpots(ofSlice: number)
        let (means, deviations) = Standardise.parameters(values.gatheringRows(scaling))
        return Standardise.apply(
          values.gatheringRows(Array(range)), means: means, standardDeviations: deviations,
          clip: PreprocessingOptions().clip)
      })
  }
}
