import AnnData
import ArgumentParser
import Plotting
import Projection
import StomicsCore

/// The ways to see an embedding in two dimensions.
enum ProjectionMethod: String, ExpressibleByArgument, CaseIterable {
  case umap, tsne, pca

  var title: String {
    switch self {
    case .umap: "UMAP"
    case .tsne: "t-SNE"
    case .pca: "PC"
    }
  }
}

/// The settings of t-SNE and UMAP, by scanpy's names and defaults.
struct ProjectionOptions: ParsableArguments {
  @Option(help: "Of UMAP: neighbours a spot.")
  var nNeighbors = 15

  @Option(help: "Of UMAP: how close spots may lie.")
  var minDist = 0.5

  @Option(help: "Of t-SNE: how many neighbours count, roughly.")
  var perplexity = 30.0

  @Option(help: "Of UMAP: the seed of its draws.")
  var seed: UInt64 = 0

  func validate() throws {
    if nNeighbors < 2 { throw ValidationError("--n-neighbors is \(nNeighbors); give 2 or more, such as 15.") }
    if !(minDist >= 0 && minDist <= 1) {
      throw ValidationError("--min-dist is \(minDist); give a number from 0 to 1, such as 0.5.")
    }
    if !(perplexity >= 1 && perplexity <= 10_000) {
      throw ValidationError("--perplexity is \(perplexity); give 1 or more, such as 30.")
    }
  }

  /// Places of rows `[N, D]` in the plane, and what the two axes are.
  /// - Throws: `ProjectionError`
  func project(
    _ rows: Matrix, _ method: ProjectionMethod, title: String, console: Console
  ) throws -> (places: [Point], axes: [String]) {
    var names = ["\(method.title) 1", "\(method.title) 2"]
    var progress: Progress?
    func report(_ done: Int, _ total: Int) {
      let current = progress ?? console.progress(title, total: total, unit: "iterations")
      progress = current
      current.update(done)
    }
    let places: [SIMD2<Float>]
    switch method {
    case .pca:
      let components = try Projection.pca(rows)
      places = (0..<rows.rows).map { SIMD2(components.scores[$0, 0], components.scores[$0, 1]) }
      names = (0..<2).map { c in
        "PC\(c + 1) (\((100 * components.explainedVarianceRatio[c]).formatted(decimals: 1)) % of variance)"
      }
    case .tsne:
      var options = Projection.TSNEOptions()
      options.perplexity = perplexity
      places = try Projection.tsne(rows, options, progress: report)
    case .umap:
      var options = Projection.UMAPOptions()
      options.neighbours = nNeighbors
      options.minDist = minDist
      options.seed = seed
      places = try Projection.umap(rows, options, progress: report)
    }
    progress?.finish("\(rows.rows.grouped) rows of \(rows.columns) numbers")
    return (places.map { Point(Double($0.x), Double($0.y)) }, names)
  }
}

extension Tissue {
  /// An embedding as a map draws it: y up, spots small enough to tell apart.
  init(embedding places: [Point]) {
    let upright = places.map { Point($0.x, -$0.y) }
    self.init(coordinates: upright)
    if let box = Rect.bounding(upright) {
      let side = max(box.width, box.height)
      let area = max(box.width * box.height, side * side / 64)
      spotDiameter = max(0.004 * side, min(0.02 * side, 0.45 * (area / Double(max(1, places.count))).squareRoot()))
    }
  }
}

/// `stomics plot embedding`: spots where an embedding puts them.
struct PlotEmbeddingCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "embedding",
    abstract: "Draw spots in two dimensions: UMAP, t-SNE or PCA of any matrix of obsm.",
    discussion: """
      A matrix of two columns, such as X_umap, is drawn as it is; others are laid out by --method. UMAP and t-SNE are \
      this program's own: neighbours are exact, both start from the first principal components, and the same file \
      gives the same picture on any number of threads. Neighbours on the picture are neighbours in the embedding; how \
      far groups lie apart, and how large they look, says little.

        stomics plot embedding predicted.h5ad -o umap.png
        stomics plot embedding predicted.h5ad --basis X_pca --method tsne --color domain --color MOBP -o tsne.pdf
        stomics plot embedding slice.h5ad --basis X_umap --color layer -o umap.svg
      """)

  @OptionGroup(title: "General options") var general: GeneralOptions
  @OptionGroup(title: "Figure") var figure: FigureOptions
  @OptionGroup(title: "Layout") var projection: ProjectionOptions
  @OptionGroup(title: "Colours") var colors: ColorScaleOptions

  @Argument(help: "A slice (h5ad), or the folder of a run.")
  var input: String

  @Option(help: "The matrix of obsm. (default: \(Keys.embedding), else \(Keys.pca))")
  var basis: String?

  @Option(help: "umap, tsne or pca. (default: umap; nothing for a matrix of two columns)")
  var method: ProjectionMethod?

  @Option(
    help: """
      A column of obs or a gene, a panel each; may be given more than once. (default: the true and the predicted \
      domains)
      """)
  var color: [String] = []

  @Option(help: "Take genes from this layer instead of X.")
  var layer: String?

  @Option(help: "Draw spots this many times their size.")
  var spotScale = 1.0

  @Option(help: "How opaque spots are, 0 to 1.")
  var spotOpacity = 1.0

  @Option(help: "Panels in a row. (default: up to four)")
  var columns: Int?

  func validate() throws {
    guard spotScale > 0, spotScale <= 100 else {
      throw ValidationError("--spot-scale is \(spotScale); give a factor above 0, up to 100.")
    }
    guard (0...1).contains(spotOpacity) else {
      throw ValidationError("--spot-opacity is \(spotOpacity); give a share from 0 to 1.")
    }
    if let columns, columns < 1 { throw ValidationError("--columns is \(columns); give 1 or more.") }
  }

  /// What was drawn.
  struct Report: Encodable, Equatable {
    var output: String
    var basis: String
    var columns: Int
    /// nil where the matrix was drawn as it is.
    var method: String?
    var spots: Int
    var colors: [String]
  }

  func run(console: Console) throws {
    let run = RunInput(input)
    let adata = try AnnData.read(run.slice)
    let key = basis ?? [Keys.embedding, Keys.pca].first { adata.obsm[$0] != nil } ?? Keys.embedding
    let rows = try adata.obsmMatrix(key, flag: "--basis")
    let names = color.isEmpty ? adata.domainColumns : color
    if names.isEmpty {
      throw PlotCommandError.noColor(file: input, columns: Array(adata.obs.columns.keys))
    }
    var source = PanelSource(adata, layer: layer)
    let panels = try names.map { try source.panel($0, colors) }
    let chosen = method ?? (rows.columns == 2 ? nil : .umap)
    let (places, axes): ([Point], [String])
    if let chosen {
      if let place = rows.values.firstIndex(where: { !$0.isFinite }) {
        throw AnnDataError.wrongType(
          path: "/obsm/" + key,
          found:
            "\(rows.values[place]) at spot '\(adata.obs.index[place / rows.columns])', column \(place % rows.columns)",
          expected: "a finite number", file: run.slice)
      }
      do {
        (places, axes) = try projection.project(rows, chosen, title: "\(chosen.title) of \(key)", console: console)
      } catch let error as ProjectionError {
        throw PlotCommandError.noLayout(key: key, file: run.slice, reason: error.description)
      }
    } else {
      let name = key.hasPrefix("X_") ? String(key.dropFirst(2)) : key
      places = (0..<rows.rows).map { Point(Double(rows[$0, 0]), Double(rows[$0, 1])) }
      axes = ["\(name) 1", "\(name) 2"]
    }
    let map = SpatialMap(
      Tissue(embedding: places), panels: panels, title: figure.title, columns: columns, width: figure.widthPoints,
      spotScale: spotScale, spotOpacity: spotOpacity, axisNames: axes)
    let report = Report(
      output: figure.output, basis: key, columns: rows.columns, method: chosen?.rawValue,
      spots: adata.observationCount, colors: names)
    try figure.write(
      map, title: figure.title.isEmpty ? "\(chosen?.title ?? key) of \(run.name)" : figure.title,
      source: "stomics plot embedding \(run.name); obsm/\(key)"
        + (chosen.map { ", \($0.rawValue)" } ?? "") + "; " + names.joined(separator: ", "))
    try console.result(
      report,
      text: "\(report.output): \(report.spots.grouped) spots by obsm/\(key)"
        + (chosen.map { " (\(rows.columns) columns), \($0.rawValue)" } ?? "")
        + "; coloured by \(names.joined(separator: ", "))")
  }
}
