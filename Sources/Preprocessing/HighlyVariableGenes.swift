import AnnData
import StomicsCore

/// The genes that vary more than genes of their mean do, chosen and scored as scanpy 1.11 does it.
///
/// Where scanpy ranks genes of exactly equal score by the chance of its sort, they rank in their order here.
public struct HighlyVariableGenes: Sendable {
  /// How variability is measured, by scanpy's names.
  public enum Flavor: String, Sendable, Codable, CaseIterable {
    /// Dispersion of normalised counts among genes of a bin of means (Satija et al. 2015).
    case seurat
    /// Dispersion of log-normalised values among genes of a range of percentiles (Zheng et al. 2017).
    case cellRanger = "cell_ranger"
    /// Variance of counts standardised by a loess curve (Stuart et al. 2019).
    case seuratV3 = "seurat_v3"
    /// Variance of Pearson residuals of counts (Lause et al. 2021).
    case pearsonResiduals = "pearson_residuals"

    /// Whether genes can be chosen by cut-offs; else by their number alone.
    public var hasCutoffs: Bool { self == .seurat || self == .cellRanger }

    /// What genes are ranked by, in words.
    public var score: String {
      switch self {
      case .seurat, .cellRanger: "normalised dispersion"
      case .seuratV3: "normalised variance"
      case .pearsonResiduals: "residual variance"
      }
    }
  }

  /// A column of `var`.
  public struct Column: Sendable, Equatable {
    public let name: String
    /// `[G]`
    public let values: NumericArray
  }

  /// Every column of `var` that one flavour or another writes.
  static let columnNames = [
    Keys.highlyVariable, Keys.means, Keys.dispersions, Keys.normalisedDispersions, Keys.variances,
    Keys.normalisedVariances, Keys.residualVariances, Keys.highlyVariableRank, Keys.highlyVariableBatches,
    Keys.highlyVariableIntersection,
  ]

  public let flavor: Flavor
  /// The genes chosen, `[G]`.
  public let selected: [Bool]
  /// What scanpy writes into `var` for the flavour, `highly_variable` included.
  public let columns: [Column]
  /// The lowest score chosen by rank; nil with batches or cut-offs, which choose by more than the score.
  public private(set) var cutoff: Double?
  /// The highest score below it.
  public private(set) var next: Double?
  /// In how many batches each gene is highly variable, `[G]`; nil without batches.
  public private(set) var batches: [Int]?
  /// The number of batches; nil without.
  public private(set) var batchCount: Int?
  /// Whether the curve of `seurat_v3` rests on too few distinct means somewhere; scanpy refuses such data.
  public private(set) var hasDegenerateTrend = false

  /// Scores the genes and chooses.
  /// - Parameters:
  ///   - counts: whole numbers, `[N, G]`
  ///   - logNormalised: ln(1 + normalised counts), `[N, G]`
  ///   - names: the genes' names, by which equals are ordered where scanpy does so, `[G]`
  ///   - choice: by number, or by cut-offs where the flavour has them
  ///   - flavor: `seurat` and `cell_ranger` look at the log-normalised values, the others at the counts
  ///   - batches: chooses within each batch and then the genes that vary in most; nil takes all spots as one
  /// - Throws: `PreprocessingError.noVarianceTrend` where `seurat_v3` finds no curve, `.setting` for cut-offs of a flavour
  ///   without any.
  public init(
    counts: CSRMatrix, logNormalised: CSRMatrix, names: [String], choice: PreprocessingOptions.GeneChoice,
    flavor: Flavor = .seurat, batches: Batches? = nil
  ) throws {
    precondition(counts.columns == names.count && logNormalised.columns == names.count)
    switch (flavor, choice) {
    case (.seurat, _), (.cellRanger, _):
      self.init(logNormalised: logNormalised, names: names, choice: choice, flavor: flavor, batches: batches)
    case (.seuratV3, .top(let top)):
      try self.init(standardisedVarianceOf: counts, top: top, batches: batches)
    case (.pearsonResiduals, .top(let top)):
      self.init(residualVarianceOf: counts, top: top, batches: batches)
    case (_, .cutoffs):
      throw PreprocessingError.noCutoffs(flavor)
    }
  }

  /// Flavour `seurat`, all spots as one batch: needs no counts and cannot fail.
  /// - Parameter logNormalised: ln(1 + normalised counts), `[N, G]`
  public init(logNormalised: CSRMatrix, choice: PreprocessingOptions.GeneChoice) {
    self.init(logNormalised: logNormalised, names: [], choice: choice, flavor: .seurat, batches: nil)
  }

  /// By dispersion: `seurat` and `cell_ranger`. The names matter with batches only.
  init(
    logNormalised: CSRMatrix, names: [String], choice: PreprocessingOptions.GeneChoice, flavor: Flavor,
    batches: Batches?
  ) {
    func sums(_ matrix: CSRMatrix) -> ColumnSums {
      flavor == .seurat ? ColumnSums(matrix) { RememberedExpm1() } : ColumnSums(matrix) { Identity() }
    }
    func columns(_ means: [Double], _ dispersions: [Double], _ normalised: [Double]) -> [Column] {
      [
        Column(name: Keys.means, values: .float64(means)),
        Column(name: Keys.dispersions, values: .float64(dispersions)),
        Column(name: Keys.normalisedDispersions, values: .float32(normalised.map(Float.init))),
      ]
    }
    guard let batches else {
      let moments = sums(logNormalised).moments(rows: logNormalised.rows)
      let genes = GeneDispersions(moments: moments, choice: choice, flavor: flavor)
      self.init(flavor, genes.selected, columns(genes.means, genes.dispersions, genes.normalised))
      cutoff = genes.cutoff
      next = genes.next
      return
    }
    let parts = batches.rows.map { rows in
      let sums = sums(logNormalised.selecting(rows: rows))
      let moments = sums.moments(rows: rows.count)
      let genes = sums.positive.indices.filter { sums.positive[$0] > 0 }
      let own = (genes.map { moments.means[$0] }, genes.map { moments.variances[$0] })
      return (genes, GeneDispersions(moments: own, choice: choice, flavor: flavor))
    }
    let genes = BatchedDispersions(parts, names: names, choice: choice)
    self.init(
      flavor, genes.selected, columns(genes.means, genes.dispersions, genes.normalised),
      batches: (genes.batches, of: batches.names.count), hasIntersection: true)
  }

  /// `seurat_v3`: genes sort by their median rank over the batches, then by how many batches they are among the best of.
  init(standardisedVarianceOf counts: CSRMatrix, top: Int, batches: Batches?) throws {
    let parts = try Self.split(counts, batches).map { try StandardisedVariance($0.counts, batch: $0.name) }
    let scores = parts.map(\.values)
    let ranks = BatchRanks(scores, top: top)
    let moments = ColumnSums(counts) { Identity() }.moments(rows: counts.rows)
    self.init(
      .seuratV3, ranks.selected(top: top, first: .median),
      [
        Column(name: Keys.highlyVariableRank, values: .float32(ranks.medians)),
        Column(name: Keys.means, values: .float64(moments.means)),
        Column(name: Keys.variances, values: .float64(moments.variances)),
        Column(name: Keys.normalisedVariances, values: .float64(Self.mean(scores))),
      ], batches: batches.map { (ranks.batches, of: $0.names.count) }, hasIntersection: false)
    if batches == nil { setCutoff(scores[0]) }
    hasDegenerateTrend = parts.contains { $0.degenerate > 0 }
  }

  /// `pearson_residuals`: genes sort by how many batches they are among the best of, then by their median rank.
  ///
  /// Residuals are clipped at √N of the first batch, for all batches, as scanpy clips them.
  init(residualVarianceOf counts: CSRMatrix, top: Int, batches: Batches?) {
    let clip = Double(batches?.rows[0].count ?? counts.rows).squareRoot()
    let scores = Self.split(counts, batches).map { PearsonResiduals.variances($0.counts, clip: clip) }
    let ranks = BatchRanks(scores, top: top)
    let moments = ColumnSums(counts) { Identity() }.moments(rows: counts.rows)
    self.init(
      .pearsonResiduals, ranks.selected(top: top, first: .batches),
      [
        Column(name: Keys.means, values: .float64(moments.means)),
        Column(name: Keys.variances, values: .float64(moments.variances)),
        Column(name: Keys.residualVariances, values: .float64(Self.mean(scores))),
        Column(name: Keys.highlyVariableRank, values: .float32(ranks.medians)),
      ], batches: batches.map { (ranks.batches, of: $0.names.count) }, hasIntersection: true)
    if batches == nil { setCutoff(scores[0]) }
  }

  private init(
    _ flavor: Flavor, _ selected: [Bool], _ columns: [Column], batches: (counts: [Int], of: Int)? = nil,
    hasIntersection: Bool = false
  ) {
    self.flavor = flavor
    self.selected = selected
    var all = [Column(name: Keys.highlyVariable, values: .bool(selected))] + columns
    if let batches {
      all.append(Column(name: Keys.highlyVariableBatches, values: .int64(batches.counts.map(Int64.init))))
      if hasIntersection {
        let everywhere = batches.counts.map { $0 == batches.of }
        all.append(Column(name: Keys.highlyVariableIntersection, values: .bool(everywhere)))
      }
    }
    self.columns = all
    self.batches = batches?.counts
    batchCount = batches?.of
  }

  private mutating func setCutoff(_ scores: [Double]) {
    cutoff = scores.indices.filter { selected[$0] }.map { scores[$0] }.min()
    next = scores.indices.filter { !selected[$0] }.map { scores[$0] }.max()
  }

  /// The batches' counts, made as they are asked for.
  private static func split(
    _ counts: CSRMatrix, _ batches: Batches?
  ) -> some Sequence<(name: String?, counts: CSRMatrix)> {
    let rows: [[Int]?] = batches?.rows ?? [nil]
    return rows.indices.lazy.map { i in
      (batches?.names[i], rows[i].map { counts.selecting(rows: $0) } ?? counts)
    }
  }

  /// The mean over the batches, `[G]`.
  private static func mean(_ scores: [[Double]]) -> [Double] {
    scores[0].indices.map { gene in scores.reduce(0) { $0 + $1[gene] } / Double(scores.count) }
  }
}
