import AnnData
import StomicsCore

/// The spots of a slice that can be modelled, with the counts of every gene of the file: nothing is fitted to them.
public struct UsableSpots: Sendable {
  /// The slice cut to these spots, without X and `layers/counts`; names of genes are unique.
  public let adata: AnnData
  /// Their positions in the file, ascending, `[N]`.
  public let positions: [Int]
  /// `[N, G]`
  public let counts: CSRMatrix
  /// `[N]`, from the obs column that was asked for; nil where none was.
  public let sizes: [Double]?
  /// Identifiers of the genes (`gene_ids`), `[G]`, where the file has them.
  public let geneIDs: [String]?
  /// How many spots were left out and why, for the user.
  public let report: PreprocessingReport

  /// Spots off the tissue, without counts and, unless `keepUnlabelled`, without a label are left out.
  /// - Parameter labelKey: nil for a slice without labels
  /// - Throws: `AnnDataError`, `PreprocessingError` as `preprocess` does.
  public init(
    _ input: AnnData, layer: String? = nil, labelKey: String?, keepUnlabelled: Bool = false,
    sizeFactorColumn: String? = nil
  ) throws {
    var options = PreprocessingOptions()
    options.layer = layer
    options.labelKey = labelKey
    options.keepUnlabelled = keepUnlabelled
    options.minimumSpots = 0
    var report = PreprocessingReport()
    let filtered = try Filter(input, try Counts.read(input, layer: layer), options, &report)
    adata = filtered.adata
    positions = filtered.spots
    counts = filtered.counts
    sizes = try sizeFactorColumn.map {
      try checkedSizeFactors($0, of: filtered.adata, sums: Normalise.sizes(of: filtered.counts))
    }
    geneIDs = filtered.adata.geneTexts(Keys.geneIDs)
    self.report = report
  }
}
