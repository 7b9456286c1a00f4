import AnnData
import ArgumentParser
import Preprocessing
import SparseGraph
import StomicsCore

/// `stomics preprocess`: from raw counts to a slice that models are trained on.
struct PreprocessCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "preprocess",
    abstract: "Filter, normalise and standardise a slice, choose its genes and build its graph.",
    discussion: """
      Examples:
        stomics preprocess 151673.h5ad -o slice.h5ad --label-key sce.layer_guess
        stomics preprocess part.h5ad -o slice.h5ad --size-factors total_umi_all_genes
        stomics preprocess slices.h5ad -o out.h5ad --hvg-flavor seurat_v3 --hvg-batch-key slice
        stomics preprocess V1_Adult_Mouse_Brain/outs -o slice.h5ad

      In order: spots off the tissue out (obs/in_tissue); unlabelled spots out; genes found in few spots out; spots of \
      few counts out; counts normalised to a total, logarithm of 1 + x; highly variable genes; their \
      mean and standard deviation; principal components; the graph of nearest spots. The output holds X, \
      layers/counts and all results under scanpy's and squidpy's keys, and the recipe by which train, predict and \
      perturb do the same to other counts.
      """)

  @Argument(
    help: """
      The slice, with raw counts: an h5ad file, a 10x .h5 matrix, a folder with matrix.mtx, features.tsv and \
      barcodes.tsv, or a Visium or Visium HD folder.
      """)
  var input: String
  @Option(name: .shortAndLong, help: "The h5ad file to write.") var output: String
  @OptionGroup(title: "What is read") var reading: InputFlags
  @Flag(help: "Take the counts and the genes under raw in place of X.") var useRaw = false
  @OptionGroup(title: "Spots and genes") var filters: FilterFlags
  @OptionGroup(title: "Normalisation and gene choice") var expression: ExpressionFlags
  @OptionGroup(title: "Graph") var graph: GraphFlags
  @Option(help: "Principal components for obsm/X_pca; 0 leaves them out.") var nPcs = 50
  @Option(help: "How arrays are packed in the output: \(OutputPacking.words).")
  var compression = OutputPacking.none
  @OptionGroup(title: "General options") var general: GeneralOptions

  func validate() throws {
    if useRaw && filters.layer != nil {
      throw ValidationError("--use-raw and --layer exclude each other: raw has no layers.")
    }
    if filters.keepUnlabelled && filters.labelKey == nil {
      throw ValidationError("--keep-unlabelled goes with --label-key: without it no spot is dropped for its label.")
    }
  }

  func run(console: Console) throws {
    var options = PreprocessingOptions()
    try filters.apply(to: &options)
    try expression.apply(to: &options)
    options.graph = try graph.recipe()
    options.spatialKey = graph.spatialKey
    options.components = nPcs
    var adata = try reading.read(input, console: console)
    if useRaw { adata = try adata.usingRaw() }
    let (result, report) = try console.step("preprocessing") { try preprocess(adata, options) }
    try console.step("writing \(output)") { try result.write(to: output, compression: compression.compression) }
    for note in report.notes { console.warning(note) }
    let summary = PreprocessSummary(report, options, output: output)
    try console.result(summary, text: summary.text)
  }
}

struct FilterFlags: ParsableArguments {
  @Option(help: "The layer that holds the raw counts. (default: X)") var layer: String?
  @Option(help: "Column of obs with labels; spots without one are dropped.") var labelKey: String?
  @Flag(help: "Keep spots without a label: in the graph and predicted, never trained on.") var keepUnlabelled = false
  @Option(help: "Drop genes found in fewer spots.") var minCells = 3
  @Option(help: "Drop spots with fewer counts.") var minCounts = 1.0

  func apply(to options: inout PreprocessingOptions) throws {
    options.layer = layer
    options.labelKey = labelKey
    options.keepUnlabelled = keepUnlabelled
    options.minimumSpots = minCells
    options.minimumCounts = minCounts
  }
}

struct ExpressionFlags: ParsableArguments {
  @Option(help: "What a spot's counts are scaled to: a number, or 'median' for the median of the spots.")
  var targetSum = "10000"
  @Option(help: "Column of obs with the counts to divide by. (default: the sum of the kept genes)")
  var sizeFactors: String?
  @Option(help: "How many highly variable genes. (default: 3000)")
  var nTopGenes: Int?
  @Option(
    help: """
      How genes are chosen, as scanpy does it: by dispersion among genes of like mean (seurat, cell_ranger), or by the \
      variance of the counts against a curve (seurat_v3) or against a model of the counts (pearson_residuals).
      """)
  var hvgFlavor = HighlyVariableGenes.Flavor.seurat
  @Option(help: "Column of obs with batches (slices, donors): genes are chosen that vary within them.")
  var hvgBatchKey: String?
  @Flag(
    help: """
      Choose genes by scanpy's cut-offs (0.0125 < mean < 3, dispersion > 0.5) instead of their number; seurat and \
      cell_ranger.
      """)
  var hvgCutoffs = false
  @Option(help: "Clip standardised values to plus or minus this.") var clip = 10.0
  @Option(help: "Standardise another slice by the stored means (stored) or by its own (per-slice).")
  var standardisation = Recipe.Standardisation.stored

  func validate() throws {
    if hvgCutoffs && nTopGenes != nil {
      throw ValidationError(
        "--hvg-cutoffs and --n-top-genes exclude each other: genes are chosen by cut-offs or by number.")
    }
  }

  func apply(to options: inout PreprocessingOptions) throws {
    options.flavor = hvgFlavor
    options.batchColumn = hvgBatchKey
    if targetSum == "median" {
      options.targetSum = .median
    } else if let sum = Double(targetSum) {
      options.targetSum = .counts(sum)
    } else {
      throw PreprocessingError.setting("--target-sum is '\(targetSum)'; give a number, or 'median'.")
    }
    options.sizeFactorColumn = sizeFactors
    options.genes = hvgCutoffs ? .cutoffs : .top(nTopGenes ?? 3000)
    options.clip = clip
    options.standardisation = standardisation
  }
}

struct GraphFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Which spots are neighbours: the nearest (knn), rings of a grid (grid), those within a radius (radius), or those that share a triangle of Delaunay's (delaunay). (default: that of the number given below, else knn)",
      valueName: "kind"))
  var graph: GraphSettings.Name?
  @Option(help: "Nearest spots of each spot, of --graph knn. (default: 6)") var knnK: Int?
  @Option(help: "Rings around each spot, of --graph grid. (default: 1)") var nRings: Int?
  @Option(help: "Farthest neighbours, of --graph radius, in the unit of the coordinates.") var radius: Double?
  @Option(
    help: "Longest edges kept, of --graph delaunay, in the unit of the coordinates. (default: all are)")
  var maxEdge: Double?
  @Option(
    help: """
      Which spots a spot listens to: its nearest and those it is nearest to (symmetric), its nearest (knn), or those it \
      is nearest to (reverse-knn, the published choice).
      """)
  var graphDirection = GraphRecipe.Direction.symmetric
  @Option(help: "Key of the coordinates in obsm.") var spatialKey = Keys.spatial
  @Flag(help: "Build no graph; coordinates are not needed, and only expr_only can be trained.") var noGraph = false

  func validate() throws {
    for (flag, isGiven) in [
      ("--graph", graph != nil), ("--knn-k", knnK != nil), ("--n-rings", nRings != nil), ("--radius", radius != nil),
      ("--max-edge", maxEdge != nil),
    ] where noGraph && isGiven {
      throw ValidationError("--no-graph and \(flag) exclude each other.")
    }
  }

  /// The graph to build; nil for none.
  func recipe() throws -> GraphRecipe? {
    if noGraph { return nil }
    let settings = GraphSettings(kind: graph, neighbours: knnK, rings: nRings, radius: radius, maximumEdge: maxEdge)
    return GraphRecipe(try settings.resolved() ?? GraphRecipe().kind, direction: graphDirection)
  }
}

/// `--compression`.
enum OutputPacking: String, ExpressibleByArgument, CaseIterable {
  case none
  case gzip

  static var words: String { "none (fast) or gzip (about a quarter of the size)" }

  var compression: AnnData.Compression { self == .gzip ? .gzip(level: 4) : .none }
}

extension HighlyVariableGenes.Flavor: ExpressibleByArgument {
  /// Hyphens do for underscores.
  public init?(argument: String) {
    self.init(rawValue: String(argument.map { $0 == "-" ? "_" : $0 }))
  }
}

extension Recipe.Standardisation: ExpressibleByArgument {}
extension GraphRecipe.Direction: ExpressibleByArgument {}
extension GraphSettings.Name: ExpressibleByArgument {}

/// What `preprocess` prints.
struct PreprocessSummary: Encodable {
  struct Class: Encodable {
    var name: String
    var spots: Int
  }

  struct Edges: Encodable {
    var kind: String
    var neighbours: Int?
    var rings: Int?
    var radius: Double?
    var maxEdge: Double?
    /// The kind with its number.
    var words: String
    var direction: String
    var isolated: Int
    var fewest: Int
    var most: Int
    var mean: Double
    var pieces: Int
  }

  var output: String
  var spotsRead: Int
  var spotsKept: Int
  var offTissue: Int
  var unlabelled: Int
  var unlabelledKept: Int
  var lowCounts: Int
  var emptySpots: Int
  var genesRead: Int
  var genesKept: Int
  var renamedGenes: [String]
  var mitochondrialGenes: Int
  var targetSum: Double
  var medianSize: Double
  var highlyVariable: Int
  var hvgFlavor: String
  var hvgBatchKey: String?
  var batches: Int?
  var variableInEveryBatch: Int?
  var scoreCutoff: Double?
  var nextScore: Double?
  var components: Int
  var explainedVariance: Double
  var graph: Edges?
  var classes: [Class]
  var notes: [String]
}

extension PreprocessSummary {
  init(_ report: PreprocessingReport, _ options: PreprocessingOptions, output: String) {
    var edges: Edges?
    if let degrees = report.degrees, let pieces = report.pieces, let graph = options.graph {
      let settings = GraphSettings(graph.kind)
      edges = Edges(
        kind: settings.kind?.rawValue ?? "", neighbours: settings.neighbours, rings: settings.rings,
        radius: settings.radius, maxEdge: settings.maximumEdge, words: graph.kind.words,
        direction: graph.direction.rawValue, isolated: degrees.isolated, fewest: degrees.minimum,
        most: degrees.maximum, mean: degrees.mean, pieces: pieces)
    }
    self.init(
      output: output, spotsRead: report.spotsRead, spotsKept: report.spotsKept, offTissue: report.offTissue,
      unlabelled: report.unlabelled, unlabelledKept: report.unlabelledKept, lowCounts: report.lowCounts,
      emptySpots: report.emptySpots, genesRead: report.genesRead, genesKept: report.genesKept,
      renamedGenes: report.renamedGenes, mitochondrialGenes: report.mitochondrialGenes, targetSum: report.targetSum,
      medianSize: report.medianSize, highlyVariable: report.highlyVariable,
      hvgFlavor: options.flavor.rawValue, hvgBatchKey: options.batchColumn, batches: report.batches,
      variableInEveryBatch: report.variableEverywhere, scoreCutoff: report.scoreCutoff, nextScore: report.nextScore,
      components: report.components, explainedVariance: report.explainedVariance, graph: edges,
      classes: report.classes.map { Class(name: $0.name, spots: $0.spots) }, notes: report.notes)
  }

  var text: String {
    var rows = [["spots", spotsKept.grouped + " of " + spotsRead.grouped + droppedSpots]]
    var genes = "\(genesKept.grouped) of \(genesRead.grouped)"
    if mitochondrialGenes > 0 { genes += ", \(mitochondrialGenes) mitochondrial" }
    rows.append(["genes", genes])
    if !renamedGenes.isEmpty {
      let names = renamedGenes.prefix(5).joined(separator: ", ") + (renamedGenes.count > 5 ? ", …" : "")
      let found = renamedGenes.count == 1 ? "a gene name" : "\(renamedGenes.count) gene names"
      rows.append(["", "\(found) occurred more than once, numbered: \(names)"])
    }
    rows.append([
      "counts",
      "median \(medianSize.formatted(decimals: 0)) a spot, normalised to \(targetSum.formatted(decimals: 0))",
    ])
    if emptySpots > 0 { rows.append(["", "\(emptySpots) spots without any count are kept as zeros"]) }
    rows.append(["variable genes", variableGenes])
    if components > 0 {
      rows.append([
        "components", "\(components), \((100 * explainedVariance).formatted(decimals: 1)) % of the variance",
      ])
    }
    rows.append(["graph", edges])
    if !classes.isEmpty {
      let list = classes.map { "\($0.name) \($0.spots.grouped)" }.joined(separator: ", ")
      rows.append(["labels", list + (unlabelledKept > 0 ? ", none \(unlabelledKept.grouped)" : "")])
    }
    return TextTable(["", ""], rows: rows, leftColumns: [0, 1]).text
  }

  private var droppedSpots: String {
    var parts: [String] = []
    if offTissue > 0 { parts.append("\(offTissue.grouped) off the tissue") }
    if unlabelled > 0 { parts.append("\(unlabelled.grouped) without a label") }
    if lowCounts > 0 { parts.append("\(lowCounts.grouped) with too few counts") }
    return parts.isEmpty ? "" : " (dropped: \(parts.joined(separator: ", ")))"
  }

  private var variableGenes: String {
    if let batches, let variableInEveryBatch, let hvgBatchKey {
      return
        "\(highlyVariable.grouped) by \(hvgFlavor) over the \(batches) \(batches == 1 ? "batch" : "batches") of '\(hvgBatchKey)'; \(variableInEveryBatch.grouped) vary in every one"
    }
    guard let scoreCutoff else { return "\(highlyVariable.grouped), by cut-offs" }
    let score = HighlyVariableGenes.Flavor(rawValue: hvgFlavor)?.score ?? "score"
    let next = nextScore.map { "; the next has \($0.formatted(decimals: 4))" } ?? ""
    return "\(highlyVariable.grouped), \(score) \(scoreCutoff.formatted(decimals: 4)) or more\(next)"
  }

  private var edges: String {
    guard let graph else { return "none" }
    let range = graph.fewest == graph.most ? "\(graph.fewest)" : "\(graph.fewest) to \(graph.most)"
    let pieces = graph.pieces == 1 ? "in one piece" : "in \(graph.pieces.grouped) pieces"
    let isolated =
      graph.isolated == 0
      ? "" : ", \(graph.isolated.grouped) \(graph.isolated == 1 ? "spot" : "spots") without neighbours"
    return
      "\(graph.words), \(graph.direction): \(range) neighbours a spot, mean \(graph.mean.formatted(decimals: 2)), \(pieces)\(isolated)"
  }
}
