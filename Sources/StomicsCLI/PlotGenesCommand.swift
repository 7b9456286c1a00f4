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

  @Option(help: "The colour map.")
  var cmap = ColorMap.viridis.name

  @Option(help: "The lower end of the colours: a number, or a percentile such as p1. (default: the smallest)")
  var vmin: String?

  @Option(help: "The upper end of the colours: a number, or a percentile such as p99. (default: the largest)")
  var vmax: String?

  @Flag(help: "Give all panels one scale.")
  var sharedScale = false

  func validate() throws {
    if gene.isEmpty && obs.isEmpty { throw ValidationError("Name what to draw with --gene or --obs.") }
    if ColorMap.named(cmap) == nil { throw unknownColorMap(cmap) }
    if case (.value(let low), .value(let high)) = (try bound(vmin, "--vmin"), try bound(vmax, "--vmax")), low >= high {
      throw ValidationError("--vmin is \(low) and --vmax is \(high); the first must be the smaller.")
    }
  }

  private func bound(_ text: String?, _ flag: String) throws -> ValueScale.Bound {
    guard let text else { return .automatic }
    if text.hasPrefix("p"), let percent = Double(text.dropFirst()), percent >= 0, percent <= 100 {
      return .percentile(percent)
    }
    guard let value = Double(text), value.isFinite else {
      throw ValidationError("\(flag) is '\(text)'; give a number, or a percentile from p0 to p100.")
    }
    return .value(value)
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
    let lower = try bound(vmin, "--vmin")
    let upper = try bound(vmax, "--vmax")
    var panels = [(name: String, values: [Double], label: String)]()
    if !gene.isEmpty {
      let matrix = try adata.matrix(layer: layer)
      let label = layer ?? ((try? adata.recipe()) == nil ? "expression (X)" : "log-normalised counts")
      for name in gene {
        guard let column = adata.var.index.firstIndex(of: name) else {
          throw PlotCommandError.unknownGene(name, file: input, near: didYouMean(name, among: adata.var.index))
        }
        panels.append((name, (0..<matrix.rows).map { Double(matrix[$0, column]) }, label))
      }
    }
    for name in obs { panels.append((name, try adata.numbers(name), "")) }

    let map = SpatialMap(
      try slice.tissue(adata),
      panels: panels.map { panel in
        let scale = ValueScale(
          ColorMap.named(cmap) ?? .viridis, lower: lower, upper: upper, label: panel.label, isShared: sharedScale)
        return SpatialMap.Panel(panel.name, .values(panel.values, scale))
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
