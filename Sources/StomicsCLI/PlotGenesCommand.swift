import AnnData
import ArgumentParser
import Plotting
import StomicsCore

/// `stomics plot genes`: expression, or any number of obs, over the tissue.
struct PlotGenesCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "genes",
    abstract: "Map the expression of genes, or numbers of obs, over the tissue.",
    discussion: """
      Colour maps go by matplotlib's names, with _r for the reverse: \
      \(ColorMap.all.map(\.name).joined(separator: ", ")).

        stomics plot genes slice.h5ad --gene MOBP --gene PCP4 -o genes.png
        stomics plot genes slice.h5ad --gene SNAP25 --layer counts --vmax p99 -o counts.pdf
        stomics plot genes predicted.h5ad --obs domain_confidence --cmap magma -o confidence.png
      """,
    aliases: ["gene"])

  @OptionGroup(title: "General options") var general: GeneralOptions
  @OptionGroup(title: "Figure") var figure: FigureOptions
  @OptionGroup(title: "Slice") var slice: SliceOptions

  @Argument(help: "A slice (h5ad).")
  var input: String

  @Option(help: "A gene of var; may be given more than once.")
  var gene: [String] = []

  @Option(help: "A column of numbers of obs; may be given more than once.")
  var obs: [String] = []

  @Option(help: "Take the genes from this layer instead of X.")
  var layer: String?

  @OptionGroup(title: "Colours") var colors: ColorScaleOptions

  func validate() throws {
    if gene.isEmpty && obs.isEmpty { throw ValidationError("Name what to draw with --gene or --obs.") }
  }

  /// What was drawn.
  struct Report: Encodable, Equatable {
    struct Panel: Encodable, Equatable {
      var name: String
      var minimum: Double?
      var maximum: Double?
      /// Spots with a number other than 0.
      var nonzero: Int
    }

    var output: String
    var spots: Int
    var panels: [Panel]
  }

  func run(console: Console) throws {
    let adata = try AnnData.read(input)
    var source = PanelSource(adata, layer: layer)
    var panels = [(name: String, values: [Double], label: String)]()
    for name in gene { panels.append((name, try source.expression(of: name), source.expressionLabel)) }
    for name in obs { panels.append((name, try adata.numbers(name), "")) }

    let map = SpatialMap(
      try slice.tissue(adata),
      panels: panels.map { panel in
        SpatialMap.Panel(panel.name, .values(panel.values, colors.scale(label: panel.label)))
      },
      title: figure.title, columns: slice.columns, width: figure.widthPoints, spotScale: slice.spotScale,
      spotOpacity: slice.spotOpacity)
    let names = panels.map(\.name).joined(separator: ", ")
    try figure.write(
      map, title: figure.title.isEmpty ? names : figure.title,
      source: "stomics plot genes \(RunInput(input).name); \(names)" + (layer.map { "; layer \($0)" } ?? ""))
    let report = Report(
      output: figure.output, spots: adata.observationCount,
      panels: panels.map { panel in
        let finite = panel.values.filter(\.isFinite)
        return Report.Panel(
          name: panel.name, minimum: finite.min(), maximum: finite.max(), nonzero: finite.filter { $0 != 0 }.count)
      })
    let lines = report.panels.map { panel in
      "\(panel.name): \(panel.nonzero.grouped) of \(report.spots.grouped) spots above 0"
        + (panel.maximum.map { ", at most \($0.formatted(significantDigits: 3))" } ?? "")
    }
    try console.result(report, text: ([report.output] + lines).joined(separator: "\n"))
  }
}
