/// How counts became the model's input, and how the graph was built: enough to do the same to other counts.
///
/// `Preprocessing` makes and applies it; it travels in `uns/stomics/recipe` and in the checkpoint.
public struct Recipe: Sendable, Equatable, Codable {
  /// Which spots become standardised together.
  public enum Standardisation: String, Sendable, Codable, CaseIterable {
    /// By the stored means and standard deviations.
    case stored
    /// By each slice's own.
    case perSlice = "per-slice"
  }

  /// What was normalised to: counts a spot after size normalisation (10,000 as published).
  public var targetSum: Double
  /// The obs column the size factors came from; nil where they are the sums over the file's genes.
  public var sizeFactorColumn: String?
  /// The modelled (highly variable) genes in the model's order, `[G]`.
  public var genes: [String]
  /// Their stable identifiers where the file has them, `[G]`.
  public var geneIDs: [String]?
  /// Mean and standard deviation (ddof 1; 0 became 1) of each gene's log-normalised values, `[G]`.
  public var means: [Double]
  public var standardDeviations: [Double]
  /// Standardised values are clipped to ± this.
  public var clip: Double
  public var standardisation: Standardisation
  /// How the genes were chosen, by scanpy's name of the flavour.
  public var highlyVariableFlavor: String
  /// The obs column of the batches within which genes were scored; nil where all spots were one.
  public var highlyVariableBatchColumn: String?
  public var graph: GraphRecipe
  /// The label column used, nil where none.
  public var labelKey: String?
  /// The program's version that made it.
  public var version: String

  public init(
    targetSum: Double, sizeFactorColumn: String? = nil, genes: [String], geneIDs: [String]? = nil, means: [Double],
    standardDeviations: [Double], clip: Double, standardisation: Standardisation = .stored,
    highlyVariableFlavor: String = "seurat", highlyVariableBatchColumn: String? = nil, graph: GraphRecipe,
    labelKey: String? = nil, version: String
  ) {
    self.targetSum = targetSum
    self.sizeFactorColumn = sizeFactorColumn
    self.genes = genes
    self.geneIDs = geneIDs
    self.means = means
    self.standardDeviations = standardDeviations
    self.clip = clip
    self.standardisation = standardisation
    self.highlyVariableFlavor = highlyVariableFlavor
    self.highlyVariableBatchColumn = highlyVariableBatchColumn
    self.graph = graph
    self.labelKey = labelKey
    self.version = version
  }

  /// Why the recipe cannot be applied to counts, nil where it can: a file may hold any numbers.
  public var problem: String? {
    if means.count != genes.count || standardDeviations.count != genes.count
      || (geneIDs?.count ?? genes.count) != genes.count
    {
      return "\(genes.count) genes with \(means.count) means, \(standardDeviations.count) deviations"
        + (geneIDs.map { " and \($0.count) identifiers" } ?? "")
    }
    if !(targetSum > 0 && targetSum.isFinite) { return "the target sum is \(targetSum); it must be above 0" }
    if !(clip > 0 && clip.isFinite) { return "values are clipped to ± \(clip); it must be above 0" }
    for (gene, (mean, deviation)) in zip(genes, zip(means, standardDeviations))
    where !(mean.isFinite && deviation > 0 && deviation.isFinite) {
      return "gene '\(gene)' has mean \(mean) and deviation \(deviation)"
    }
    return nil
  }
}
