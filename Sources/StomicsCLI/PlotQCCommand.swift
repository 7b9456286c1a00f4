import AnnData
import ArgumentParser
import Plotting
import StomicsCore

/// `stomics plot qc`: counts and genes of the spots.
struct PlotQCCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "qc",
    abstract: "Draw histograms and maps of the spots' counts, genes and mitochondrial share.",
    discussion: """
      The columns are scanpy's: \(Keys.totalCounts), \(Keys.genesByCounts) and \(Keys.mitochondrialPercent) of obs. What \
      obs lacks is counted from layers/\(Keys.counts), or from X where it holds counts; mitochondrial are genes whose \
      name begins with MT- in any case. The dashed line is the median.

        stomics plot qc slice.h5ad -o qc.png
        stomics plot qc slice.h5ad --obs total_counts --bins 80 -o counts.pdf
      """)

  @OptionGroup(title: "General options") var general: GeneralOptions
  @OptionGroup(title: "Figure") var figure: FigureOptions
  @OptionGroup(title: "Slice") var slice: SliceOptions
  @OptionGroup(title: "Colours") var colors: ColorScaleOptions

  @Argument(help: "A slice (h5ad), or the folder of a run.")
  var input: String

  @Option(help: "A column of numbers of obs in place of those three; may be given more than once.")
  var obs: [String] = []

  @Option(help: "Bars of a histogram.")
  var bins = 50

  @Flag(inversion: .prefixedNo, help: "Draw the maps under the histograms.")
  var maps = true

  func validate() throws {
    guard (2...1000).contains(bins) else { throw ValidationError("--bins is \(bins); give 2 to 1000.") }
  }

  /// What was drawn.
  struct Report: Encodable, Equatable {
    struct Quantity: Encodable, Equatable {
      var name: String
      var minimum: Double
      var median: Double
      var mean: Double
      var maximum: Double
      var missing: Int
    }

    var output: String
    var spots: Int
    var quantities: [Quantity]
  }

  func run(console: Console) throws {
    let run = RunInput(input)
    let adata = try AnnData.read(run.slice)
    let quantities = try obs.isEmpty ? QualityColumns(adata).found : obs.map { ($0, try adata.numbers($0)) }
    var report = Report(output: figure.output, spots: adata.observationCount, quantities: [])
    var histograms = [XYPlot.Panel]()
    for (name, values) in quantities {
      let finite = values.filter(\.isFinite).sorted()
      guard let low = finite.first, let high = finite.last else {
        throw PlotCommandError.noNumbers(column: name, file: input)
      }
      let middle = quantile(finite, 0.5)
      report.quantities.append(
        Report.Quantity(
          name: name, minimum: low, median: middle, mean: mean(finite) ?? .nan, maximum: high,
          missing: values.count - finite.count))
      histograms.append(
        XYPlot.Panel(
          name, x: XYPlot.Axis(Self.words[name] ?? name), y: XYPlot.Axis("spots", lower: 0),
          series: [XYPlot.Series(histogramOf: finite, bins: bins)],
          references: [
            XYPlot.Reference(.vertical, at: middle, name: "median", stroke: Stroke(.ink, width: 1, dash: [3, 2.5]))
          ]))
    }
    var figures: [any Figure] = []
    let columns = max(1, min(quantities.count, slice.columns ?? 4))
    if maps, adata.obsm[slice.spatialKey] != nil {
      let map = SpatialMap(
        try slice.tissue(adata),
        panels: quantities.map { name, values in
          SpatialMap.Panel(name, .values(values, colors.scale(label: Self.words[name] ?? "")))
        }, columns: columns, width: figure.widthPoints, spotScale: slice.spotScale, spotOpacity: slice.spotOpacity)
      figures.append(map)
    }
    let width = try figure.widthPoints ?? figures.first?.draw().width
    figures.insert(XYPlot(histograms, title: figure.title, columns: columns, width: width), at: 0)
    try figure.write(
      FigureStack(figures), title: figure.title.isEmpty ? "Quality of the spots" : figure.title,
      source: "stomics plot qc \(run.name); \(quantities.map(\.name).joined(separator: ", "))")
    try console.result(report, text: report.text)
  }

  private static let words = [
    Keys.totalCounts: "counts", Keys.genesByCounts: "genes", Keys.mitochondrialPercent: "% mitochondrial counts",
  ]
}

extension PlotQCCommand.Report {
  var text: String {
    func words(_ value: Double) -> String {
      value == value.rounded() && abs(value) < 1e12 ? Int(value).grouped : value.formatted(significantDigits: 4)
    }
    let table = TextTable(
      ["", "least", "median", "mean", "most", "missing"],
      rows: quantities.map {
        [$0.name, words($0.minimum), words($0.median), words($0.mean), words($0.maximum), $0.missing.grouped]
      })
    return "\(output): \(spots.grouped) spots\n" + table.text
  }
}

extension XYPlot.Series {
  /// Bars of equal width from the smallest to the largest of ascending numbers.
  init(histogramOf ascending: [Double], bins: Int, color: Color = Color(hex: 0x7FB4D8), name: String = "") {
    let low = ascending.first ?? 0
    let high = ascending.last ?? 1
    let width = high > low ? (high - low) / Double(bins) : 1
    var counts = [Double](repeating: 0, count: high > low ? bins : 1)
    for value in ascending { counts[min(counts.count - 1, Int((value - low) / width))] += 1 }
    let start = high > low ? low : low - 0.5
    self.init(
      name, x: counts.indices.map { start + (Double($0) + 0.5) * width }, y: counts, .columns(width: width),
      color: color)
  }
}

/// What tells the quality of a slice's spots: columns of obs, or counted.
struct QualityColumns {
  private(set) var found: [(name: String, values: [Double])] = []

  /// - Throws: `AnnDataError`, and `PlotCommandError.noCounts` where neither obs nor counts tell anything.
  init(_ adata: AnnData) throws {
    let wanted = [Keys.totalCounts, Keys.genesByCounts, Keys.mitochondrialPercent]
    let counts = wanted.allSatisfy { adata.obs[$0] != nil } ? nil : try Self.counts(of: adata)
    for name in wanted {
      if adata.obs[name] != nil {
        found.append((name, try adata.numbers(name)))
      } else if let counts, let values = Self.count(name, counts, adata.var.index) {
        found.append((name, values))
      }
    }
    if found.isEmpty { throw PlotCommandError.noCounts(file: adata.source) }
  }

  private static func counts(of adata: AnnData) throws -> CSRMatrix? {
    if adata.layers[Keys.counts] != nil { return try adata.matrix(layer: Keys.counts) }
    guard adata.x != nil else { return nil }
    let matrix = try adata.matrix()
    return matrix.values.allSatisfy { $0 >= 0 && $0 == $0.rounded() } ? matrix : nil
  }

  private static func count(_ name: String, _ counts: CSRMatrix, _ genes: [String]) -> [Double]? {
    let isMitochondrial = genes.map { $0.uppercased().hasPrefix("MT-") }
    if name == Keys.mitochondrialPercent && !isMitochondrial.contains(true) { return nil }
    return (0..<counts.rows).map { i in
      let range = counts.range(ofRow: i)
      let total = counts.values[range].reduce(0.0) { $0 + Double($1) }
      switch name {
      case Keys.totalCounts: return total
      case Keys.genesByCounts: return Double(counts.values[range].filter { $0 > 0 }.count)
      default:
        let own = range.reduce(0.0) {
          $0 + (isMitochondrial[Int(counts.indices[$1])] ? Double(counts.values[$1]) : 0)
        }
        return total > 0 ? 100 * own / total : .nan
      }
    }
  }
}
