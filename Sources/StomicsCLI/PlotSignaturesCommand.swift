import ArgumentParser
import Metrics
import Perturbation
import Plotting
import StomicsCore

/// `stomics plot signatures`: how genes' edits move the embedding, as a heat map with its tree or a landscape.
struct PlotSignaturesCommand: StomicsCommand {
  enum View: String, ExpressibleByArgument, CaseIterable { case heatmap, landscape }

  static let configuration = CommandConfiguration(
    commandName: "signatures",
    abstract: "Draw a scan's signatures: heat map and tree, or genes in two dimensions.",
    discussion: """
      A gene's signature is the mean shift of the embedding when it is edited. The heat map shows signatures of length 1, \
      so that genes are compared by direction (--absolute: as they are), in the order of the tree beside it; the numbers of \
      the embedding stand in the order of their own tree. The landscape lays genes out by --layout; near genes move the \
      slice alike.

        stomics plot signatures scan -o signatures.png
        stomics plot signatures scan --as landscape --top 300 --layout tsne -o landscape.pdf
      """)

  @OptionGroup(title: "General options") var general: GeneralOptions
  @OptionGroup(title: "Figure") var figure: FigureOptions
  @OptionGroup(title: "Signatures") var signatures: SignatureFlags
  @OptionGroup(title: "Layout") var projection: ProjectionOptions

  @Argument(help: "The folder of stomics perturb --scan.") var scan: String

  @Option(name: .customLong("as"), help: "What to draw: heatmap or landscape.")
  var view = View.heatmap

  @Flag(help: "Show shifts as they are, in place of directions.")
  var absolute = false

  @Option(help: "Of the landscape: umap, tsne or pca.")
  var layout = ProjectionMethod.umap

  @Option(help: "Genes named in the landscape: a table of markers, dlpfc, or none; the strongest are named too.")
  var markers = "dlpfc"

  @Option(help: ArgumentHelp("How many of the strongest genes the landscape names.", valueName: "n"))
  var named = 12

  func validate() throws {
    if named < 0 { throw ValidationError("--named is \(named); give 0 or more.") }
  }

  /// What was drawn.
  struct Report: Encodable, Equatable {
    var output: String
    var view: String
    var genes: Int
    var clusters: Int
  }

  func run(console: Console) throws {
    let found = try ClusteredSignatures(scan, signatures)
    let title =
      figure.title.isEmpty ? "How \(found.genes.count.grouped) genes' edits move the embedding" : figure.title
    let drawn: any Figure
    switch view {
    case .heatmap: drawn = heatMap(found, title: title)
    case .landscape: drawn = try landscape(found, title: title, console: console)
    }
    try figure.write(drawn, title: title, source: "stomics plot signatures \(RunInput(scan).name)")
    let report = Report(
      output: figure.output, view: view.rawValue, genes: found.genes.count, clusters: found.members.count)
    try console.result(
      report, text: "\(report.output): \(report.genes.grouped) genes in \(report.clusters) clusters")
  }

  private func heatMap(_ found: ClusteredSignatures, title: String) -> HeatMap {
    var rows = found.rows
    if !absolute {
      for g in 0..<rows.rows {
        let length = rows.row(g).reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        if length > 0 { for k in 0..<rows.columns { rows[g, k] = Float(Double(rows[g, k]) / length) } }
      }
    }
    var turned = Matrix(rows: rows.columns, columns: rows.rows)
    for g in 0..<rows.rows {
      for k in 0..<rows.columns { turned[k, g] = rows[g, k] }
    }
    let columns = Linkage(turned).leafOrder
    return HeatMap(
      found.order.map { g in
        HeatMap.Row(
          found.genes[g], columns.map { Double(rows[g, $0]) }, group: found.name(found.clusters[g]))
      },
      groups: Labels(codes: [Int](repeating: -1, count: columns.count), names: []),
      scale: .difference(
        upper: .percentile(99), label: absolute ? "mean shift of the embedding" : "share of the shift"),
      tree: Dendrogram(
        order: found.order,
        merges: found.tree.merges.map { Dendrogram.Merge($0.first, $0.second, distance: $0.distance) }),
      rowColors: found.colors, title: title, width: figure.widthPoints)
  }

  private func landscape(_ found: ClusteredSignatures, title: String, console: Console) throws -> XYPlot {
    var options = projection
    options.nNeighbors = min(projection.nNeighbors, max(2, found.genes.count - 1))
    options.perplexity = min(projection.perplexity, max(1, Double(found.genes.count - 1) / 3))
    let (places, axes) = try options.project(found.rows, layout, title: "laying out", console: console)
    let colors = found.colors
    let series = found.members.enumerated().map { number, members in
      XYPlot.Series(
        found.name(number + 1), x: members.map { places[$0].x }, y: members.map { places[$0].y },
        .points(radius: 2.2, opacity: 0.85), color: colors[found.name(number + 1)])
    }
    let known = Set(try MarkerFile.named(markers).map(\.gene))
    let words = found.genes.indices.filter { $0 < named || known.contains(found.genes[$0]) }.map { g in
      XYPlot.Note(found.genes[g], x: places[g].x, y: places[g].y)
    }
    return XYPlot(
      [XYPlot.Panel(x: .init(axes[0]), y: .init(axes[1]), series: series, notes: words)], title: title,
      width: figure.widthPoints ?? 432)
  }
}
