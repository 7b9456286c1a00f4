import StomicsCore

/// What can be wrong with a slice or with what is asked of its preprocessing.
public enum PreprocessingError: StomicsError, Equatable {
  /// A value is negative or no whole number, so the matrix does not hold counts.
  case notCounts(place: String, value: Float, spot: String, gene: String, layers: [String])
  /// A value is NaN or infinite.
  case notFinite(place: String, value: Float, spot: String, gene: String, count: Int)
  /// A size factor that cannot divide.
  case sizeFactor(column: String, spot: String, value: Double)
  /// Every spot was filtered away.
  case noSpotsLeft(steps: [String])
  /// Every gene was filtered away.
  case noGenesLeft(minimumSpots: Int, genes: Int)
  /// No gene varies.
  case noVariableGenes(genes: Int)
  /// Spots have no value in the column of batches.
  case noBatch(column: String, spots: Int, first: String)
  /// A batch is a single spot.
  case smallBatch(column: String, batch: String, spot: String)
  /// Flavour `seurat_v3` finds no curve of the variance over the mean.
  case noVarianceTrend(batch: String?, reason: String)
  /// There are no coordinates under the key.
  case noCoordinates(key: String, available: [String], file: String)
  /// Too few of the recipe's genes are in the slice.
  case missingGenes(missing: Int, total: Int, allowedShare: Double, examples: [String], file: String)
  /// A setting that makes no sense.
  case setting(String)

  public var kind: ErrorKind {
    switch self {
    case .setting: .usage
    default: .data
    }
  }

  public var description: String {
    switch self {
    case .notCounts(let place, let value, let spot, let gene, let layers):
      let what = value < 0 ? "negative" : "not a whole number"
      let advice =
        layers.isEmpty
        ? "Preprocessing needs the raw counts; the file has no other layers."
        : "If a layer holds the raw counts, name it with --layer (\(layers.joined(separator: ", ")))."
      return
        "\(place) does not hold counts: the value \(value) of gene '\(gene)' at spot '\(spot)' is \(what). \(advice)"
    case .notFinite(let place, let value, let spot, let gene, let count):
      return
        "\(place) holds \(count == 1 ? "a value that is" : "\(count) values that are") not finite: \(value) for gene '\(gene)' at spot '\(spot)'\(count == 1 ? "" : " is the first"). Replace or remove them first."
    case .sizeFactor(let column, let spot, let value):
      return
        "obs column '\(column)' gives spot '\(spot)' the size factor \(value); it must be finite, and above 0 where the spot has counts."
    case .noSpotsLeft(let steps):
      return "No spot is left\(steps.isEmpty ? "" : ": " + steps.joined(separator: ", ")). Filter less."
    case .noGenesLeft(let minimumSpots, let genes):
      return "None of the \(genes) genes is found in \(minimumSpots) spots or more. Lower --min-cells."
    case .noVariableGenes(let genes):
      return
        "None of the \(genes) genes varies between the spots, so none can be chosen. Are these the counts, and more than one spot?"
    case .noBatch(let column, let spots, let first):
      return
        "obs column '\(column)' gives no batch to \(spots == 1 ? "spot '\(first)'" : "\(spots) spots ('\(first)' is the first)"). Fill in the column, drop those spots, or name another with --hvg-batch-key."
    case .smallBatch(let column, let batch, let spot):
      return
        "Batch '\(batch)' of obs column '\(column)' is the single spot '\(spot)', and one spot does not vary. Is it a column of batches? Name another with --hvg-batch-key, or drop the spot."
    case .noVarianceTrend(let batch, let reason):
      return
        "Flavour seurat_v3 finds no curve of the variance over the mean\(batch.map { " in batch '\($0)'" } ?? ""): \(reason). Drop rare genes with a higher --min-cells, or take another --hvg-flavor."
    case .noCoordinates(let key, let available, let file):
      return
        "'\(key)' not found in obsm of \(PreprocessingError.named(file)). \(PreprocessingError.listed(available, "obsm is empty.")) Name the coordinates with --spatial-key, or leave the graph out with --no-graph."
    case .missingGenes(let missing, let total, let allowedShare, let examples, let file):
      return
        "\(missing) of the recipe's \(total) genes are not in \(PreprocessingError.named(file)) (\(examples.joined(separator: ", "))\(missing > examples.count ? ", …" : "")); at most \(Int((allowedShare * 100).rounded())) % may be missing. Use a slice with more of the genes, or allow more with --missing-share."
    case .setting(let message):
      return message
    }
  }

  /// Cut-offs were asked for of a flavour that has none.
  static func noCutoffs(_ flavor: HighlyVariableGenes.Flavor) -> PreprocessingError {
    .setting(
      "--hvg-cutoffs goes with the flavours seurat and cell_ranger; \(flavor.rawValue) takes the number of genes (--n-top-genes)."
    )
  }

  private static func named(_ file: String) -> String { file.isEmpty ? "The data" : file }

  private static func listed(_ names: [String], _ none: String) -> String {
    names.isEmpty ? none : "Found: \(names.prefix(40).joined(separator: ", "))\(names.count > 40 ? ", …" : "")."
  }
}
