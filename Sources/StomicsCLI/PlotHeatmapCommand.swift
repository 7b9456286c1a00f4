import AnnData
import ArgumentParser
import Plotting
import StomicsCore

/// `stomics plot heatmap`: genes over spots, by domain.
struct PlotHeatmapCommand: StomicsCommand {
  /// What numbers are shown.
  enum Values: String, ExpressibleByArgument, CaseIterable { case raw, normalised, scaled }

  static let configuration = CommandConfiguration(
    commandName: "heatmap",
    abstract: "Draw the expression of genes over all spots, ordered by domain.",
    discussion: """
      Without --gene the top genes of each domain are drawn: those whose mean differs most from the other spots', by \
      Welch's t on the normalised counts. The strip beside a gene's name is the domain it was taken for.

        raw         layers/\(Keys.counts)
        normalised  X (the default)
        scaled      X less its mean over the spots, in standard deviations, from −3 to 3

        stomics plot heatmap predicted.h5ad -o heatmap.png
        stomics plot heatmap slice.h5ad --gene MOBP --gene PCP4 --groupby layer --values scaled -o genes.pdf
      """)

  @OptionGroup(title: "General options") var general: GeneralOptions
  @OptionGroup(title: "Figure") var figure: FigureOptions

  @Argument(help: "A slice with expression (h5ad).")
  var input: String

  @Option(help: "A gene; may be given more than once.")
  var gene: [String] = []

  @Option(help: "Without --gene: how many genes a domain.")
  var top = 3

  @Option(help: "The column of obs with the domains. (default: the true, else the predicted ones)")
  var groupby: String?

  @Option(help: "raw, normalised or scaled.")
  var values = Values.normalised

  @Option(help: "The colour map. (default: \(ColorMap.viridis.name); \(ColorMap.coolwarm.name) for scaled)")
  var cmap: String?

  func validate() throws {
    if let cmap, ColorMap.named(cmap) == nil { throw unknownColorMap(cmap) }
    guard (1...50).contains(top) else { throw ValidationError("--top is \(top); give 1 to 50 genes a domain.") }
  }

  /// What was drawn.
  struct Report: Encodable, Equatable {
    struct Gene: Encodable, Equatable {
      var name: String
      /// Whose top gene it is; nil of a gene that was named.
      var domain: String?
      /// Welch's t against all other spots.
      var score: Double?
    }

    var output: String
    var spots: Int
    var groups: [String]
    var genes: [Gene]
  }

  func run(console: Console) throws {
    let run = RunInput(input)
    let adata = try AnnData.read(input)
    guard let column = groupby ?? adata.domainColumns.first else {
      throw PlotCommandError.noGroups(file: input, columns: adata.labelColumns)
    }
    let labels = try adata.plotLabels(column)
    var genes: [Report.Gene]
    if gene.isEmpty {
      genes = try console.step("ranking genes") { try TopGenes(adata, labels).best(top) }
    } else {
      genes = gene.map { Report.Gene(name: $0, domain: nil, score: nil) }
    }
    if genes.isEmpty { throw PlotCommandError.noTopGenes(column: column, file: input) }
    // Stable: spots of a domain stay in the file's order; those without one come last.
    func rank(_ i: Int) -> Int { labels.codes[i] < 0 ? Int.max : labels.codes[i] }
    let order = labels.codes.indices.sorted { (rank($0), $0) < (rank($1), $1) }
    var source = PanelSource(adata, layer: values == .raw ? Keys.counts : nil)
    let rows = try genes.map { gene in
      let expression = try source.expression(of: gene.name)
      let shown = values == .scaled ? standardised(expression) : expression
      return HeatMap.Row(gene.name, order.map { shown[$0] }, group: gene.domain)
    }
    let colors = cmap.flatMap(ColorMap.named) ?? (values == .scaled ? .coolwarm : .viridis)
    let scale =
      values == .scaled
      ? ValueScale(colors, upper: .value(3), isSymmetric: true, label: "standard deviations from the mean")
      : ValueScale(
        colors, lower: .value(0), upper: .percentile(99.5), label: values == .raw ? "counts" : source.expressionLabel)
    let plot = HeatMap(
      rows, groups: Labels(codes: order.map { labels.codes[$0] }, names: labels.names, colors: labels.colors),
      scale: scale, title: figure.title, legendTitle: column, width: figure.widthPoints)
    try figure.write(
      plot, title: figure.title.isEmpty ? "Expression by domain" : figure.title,
      source: "stomics plot heatmap \(run.name); \(values.rawValue), by obs/\(column)")
    let report = Report(
      output: figure.output, spots: adata.observationCount, groups: labels.names, genes: genes)
    try console.result(report, text: report.text)
  }

  private func standardised(_ values: [Double]) -> [Double] {
    guard let mean = mean(values) else { return values }
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, values.count - 1))
    let deviation = variance.squareRoot()
    return values.map { deviation > 0 ? ($0 - mean) / deviation : 0 }
  }
}

extension PlotHeatmapCommand.Report {
  var text: String {
    let first = "\(output): \(genes.count) genes over \(spots.grouped) spots"
    guard genes.contains(where: { $0.domain != nil }) else { return first }
    let table = TextTable(
      ["domain", "gene", "Welch's t"],
      rows: genes.map { [$0.domain ?? "", $0.name, $0.score?.formatted(decimals: 1) ?? ""] }, leftColumns: [0, 1])
    return first + "\n" + table.text
  }
}

/// Genes by how much more of them a group of spots has than the others.
struct TopGenes {
  private let genes: [String]
  private let groups: [String]
  /// `[groups][G]`: Welch's t; NaN where it is not defined.
  private let scores: [[Double]]

  /// - Throws: `AnnDataError`
  init(_ adata: AnnData, _ labels: Labels) throws {
    let matrix = try adata.matrix()
    let (count, width) = (labels.names.count, matrix.columns)
    var sums = [[Double]](repeating: [Double](repeating: 0, count: width), count: count)
    var squares = sums
    var sizes = [Int](repeating: 0, count: count)
    for i in 0..<matrix.rows where labels.names.indices.contains(labels.codes[i]) {
      let group = labels.codes[i]
      sizes[group] += 1
      for e in matrix.range(ofRow: i) {
        let value = Double(matrix.values[e])
        sums[group][Int(matrix.indices[e])] += value
        squares[group][Int(matrix.indices[e])] += value * value
      }
    }
    let spots = sizes.reduce(0, +)
    genes = adata.var.index
    groups = labels.names
    scores = (0..<count).map { group in
      (0..<width).map { g in
        let (n, m) = (Double(sizes[group]), Double(spots - sizes[group]))
        guard n > 1, m > 1 else { return .nan }
        let restSum = sums.reduce(0) { $0 + $1[g] } - sums[group][g]
        let restSquare = squares.reduce(0) { $0 + $1[g] } - squares[group][g]
        let (mean, rest) = (sums[group][g] / n, restSum / m)
        let variance = max(0, squares[group][g] - n * mean * mean) / (n - 1) / n
        let restVariance = max(0, restSquare - m * rest * rest) / (m - 1) / m
        let deviation = (variance + restVariance).squareRoot()
        return deviation > 0 ? (mean - rest) / deviation : .nan
      }
    }
  }

  /// The `count` best of each group, in the order of the groups; a gene stands for the group it is best for.
  func best(_ count: Int) -> [PlotHeatmapCommand.Report.Gene] {
    let owner = genes.indices.map { g in
      scores.indices.filter { scores[$0][g].isFinite }.max { scores[$0][g] < scores[$1][g] }
    }
    return groups.indices.flatMap { group in
      genes.indices.filter { owner[$0] == group && scores[group][$0] > 0 }
        .sorted { (-scores[group][$0], $0) < (-scores[group][$1], $1) }
        .prefix(count)
        .map { PlotHeatmapCommand.Report.Gene(name: genes[$0], domain: groups[group], score: scores[group][$0]) }
    }
  }
}
