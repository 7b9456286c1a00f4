import AnnData
import SparseGraph
import StomicsCore

/// Every choice of `preprocess`; the defaults are the published system's.
public struct PreprocessingOptions: Sendable, Equatable {
  /// What a spot's counts are scaled to.
  public enum TargetSum: Sendable, Equatable {
    case counts(Double)
    /// The median size of the spots that have counts.
    case median
  }

  /// Which genes count as highly variable.
  public enum GeneChoice: Sendable, Equatable {
    /// The n of highest score. Of normalised dispersions in one batch every gene tied with the last is taken too.
    case top(Int)
    /// 0.0125 < mean < 3 and normalised dispersion > 0.5 (scanpy's cut-offs, on its scales).
    case cutoffs
  }

  /// The layer that holds the counts; nil is X.
  public var layer: String?
  /// The obs column of labels; its unlabelled spots are dropped.
  public var labelKey: String?
  /// Keeps the unlabelled spots: in the graph and predicted, never trained on.
  public var keepUnlabelled = false
  /// Genes found in fewer spots are dropped.
  public var minimumSpots = 3
  /// Spots with fewer counts (of the kept genes) are dropped.
  public var minimumCounts = 1.0
  public var targetSum = TargetSum.counts(10_000)
  /// The obs column of size factors; nil sums the kept genes of each spot.
  public var sizeFactorColumn: String?
  public var genes = GeneChoice.top(3000)
  /// How the genes' variability is measured.
  public var flavor = HighlyVariableGenes.Flavor.seurat
  /// The obs column of batches, within each of which genes are scored; nil takes all spots as one.
  public var batchColumn: String?
  /// Standardised values are clipped to ± this.
  public var clip = 10.0
  public var standardisation = Recipe.Standardisation.stored
  /// Neighbours of each spot, and which way they are read; nil leaves the graph out.
  public var graph: GraphRecipe? = GraphRecipe()
  /// The obsm key of the coordinates.
  public var spatialKey = Keys.spatial
  /// Principal components to keep; 0 leaves them out.
  public var components = 50

  public init() {}

  /// - Throws: `PreprocessingError.setting` for a value outside its range.
  func validate() throws {
    func require(_ condition: Bool, _ message: String) throws {
      if !condition { throw PreprocessingError.setting(message) }
    }
    try require(minimumSpots >= 0, "--min-cells is \(minimumSpots); it must be 0 or more.")
    try require(minimumCounts >= 0, "--min-counts is \(minimumCounts); it must be 0 or more.")
    if case .counts(let sum) = targetSum {
      try require(sum > 0 && sum <= 1e12, "--target-sum is \(sum); it must be above 0, and at most 1e12.")
    }
    if case .top(let count) = genes {
      try require(count >= 1, "--n-top-genes is \(count); it must be 1 or more.")
    }
    if genes == .cutoffs && !flavor.hasCutoffs { throw PreprocessingError.noCutoffs(flavor) }
    try require(clip > 0 && clip.isFinite, "--clip is \(clip); it must be a number above 0.")
    try require(components >= 0, "--n-pcs is \(components); it must be 0 or more.")
    if let graph { _ = try GraphSettings(graph.kind).resolved() }
  }
}

/// What `preprocess` did, for the printed summary.
public struct PreprocessingReport: Sendable {
  public var spotsRead = 0
  public var spotsKept = 0
  public var genesRead = 0
  public var genesKept = 0
  public var offTissue = 0
  public var unlabelled = 0
  public var lowCounts = 0
  /// Kept spots without a label (with `keepUnlabelled`).
  public var unlabelledKept = 0
  /// Names of the classes with their numbers of spots, in the column's order.
  public var classes: [(name: String, spots: Int)] = []
  /// Kept spots of zero counts.
  public var emptySpots = 0
  public var targetSum = 0.0
  public var medianSize = 0.0
  public var highlyVariable = 0
  /// The lowest score chosen by rank, and the highest left out; nil with batches or cut-offs.
  public var scoreCutoff: Double?
  public var nextScore: Double?
  /// With batches: how many there are, and how many of the chosen genes are highly variable in each of them.
  public var batches: Int?
  public var variableEverywhere: Int?
  /// Summary of the graph a model will use, and of how many pieces it has.
  public var degrees: Graph.Degrees?
  public var pieces: Int?
  public var components = 0
  /// The share of the variance that the kept components explain.
  public var explainedVariance = 0.0
  public var mitochondrialGenes = 0
  /// Genes renamed because their name was taken.
  public var renamedGenes: [String] = []
  /// Whatever else the user should know, one sentence each.
  public var notes: [String] = []

  public init() {}
}
