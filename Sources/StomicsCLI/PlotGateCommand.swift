import AnnData
import ArgumentParser
import Models
import Plotting
import StomicsCore
import Training

/// `stomics plot gate`: what a gated model takes from where.
struct PlotGateCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "gate",
    abstract: "Map the gate of a model with gated fusion: how much each spot takes from its own genes.",
    discussion: """
      A gate g of 0 to 1 weighs each number of the embedding: g of the first part (the spot's own expression) and 1 − g \
      of the second (the graph's or the image's). The map shows its mean over the embedding's width: above a half a spot \
      listens to itself, below to the other part. Beside it the spread over the width: 0 where the gate is one number.

        stomics plot gate runs/gated slice.h5ad -o gate.png
        stomics plot gate runs/gated slice.h5ad --domains layer --no-image -o gate.pdf
      """)

  @OptionGroup(title: "General options") var general: GeneralOptions
  @OptionGroup(title: "Figure") var figure: FigureOptions
  @OptionGroup(title: "Slice") var slice: SliceOptions
  @OptionGroup var source: ModelSlice

  @Option(help: "The column of obs to sum up by. (default: the true domains where the slice has them, else predicted)")
  var domains: String?

  @Option(help: "The colour map of the gate; one that diverges shows it best.")
  var cmap = ColorMap.coolwarm.name

  func validate() throws {
    if ColorMap.named(cmap) == nil { throw unknownColorMap(cmap) }
  }

  /// What was drawn.
  struct Report: Encodable, Equatable {
    struct Domain: Encodable, Equatable {
      var name: String
      var spots: Int
      var meanGate: Double
    }

    struct Gate: Encodable, Equatable {
      var first: String
      var second: String
      var mean: Double
      /// Over the embedding's width, averaged over spots.
      var meanSpread: Double
      var domains: [Domain]
    }

    var output: String
    var spots: Int
    var width: Int
    var gates: [Gate]
  }

  func run(console: Console) throws {
    let predictor = try source.predictor()
    let configuration = predictor.model.configuration
    let (adata, data) = try source.load(predictor, spatialKey: slice.spatialKey, console: console)
    let stages = console.step("running the model") { predictor.model.stages(data) }
    guard !stages.gates.isEmpty else {
      throw ModelFigureError.noGate(
        run: source.run, mode: configuration.mode.rawValue, fusion: configuration.usedFusion?.rawValue)
    }
    let labels = try domainLabels(adata, predictor, data)
    var report = Report(
      output: figure.output, spots: adata.observationCount, width: configuration.embeddingWidth, gates: [])
    var panels = [SpatialMap.Panel]()
    for gate in stages.gates {
      let (means, spreads) = Self.overWidth(gate.values)
      let scale = ValueScale(
        ColorMap.named(cmap) ?? .coolwarm, upper: .percentile(99), isSymmetric: true, center: 0.5,
        label: "gate: 1 takes \(gate.first.rawValue), 0 \(gate.second.rawValue)", isShared: false)
      let mean = mean(means) ?? .nan
      panels.append(
        SpatialMap.Panel(
          "Gate of the \(gate.second.rawValue)",
          subtitle: "\(gate.first.rawValue) \(mean.formatted(decimals: 3)) on average", .values(means, scale)))
      panels.append(
        SpatialMap.Panel(
          "Spread over the width",
          .values(spreads, ValueScale(.viridis, label: "standard deviation", isShared: false))))
      report.gates.append(
        Report.Gate(
          first: gate.first.rawValue, second: gate.second.rawValue, mean: mean,
          meanSpread: StomicsCLI.mean(spreads) ?? .nan,
          domains: labels.names.indices.compactMap { code in
            let members = labels.codes.indices.filter { labels.codes[$0] == code }
            return StomicsCLI.mean(members.map { means[$0] }).map {
              Report.Domain(name: labels.names[code], spots: members.count, meanGate: $0)
            }
          }))
    }
    panels.append(SpatialMap.Panel("Domains", .labels(labels)))
    let map = SpatialMap(
      try slice.tissue(adata), panels: panels, title: figure.title, columns: slice.columns,
      width: figure.widthPoints, spotScale: slice.spotScale, spotOpacity: slice.spotOpacity)
    try figure.write(
      map, title: figure.title.isEmpty ? "Gate" : figure.title,
      source: "stomics plot gate \(RunInput(source.run).name) \(RunInput(source.input).name)")
    try console.result(report, text: report.text)
  }

  private func domainLabels(_ adata: AnnData, _ predictor: Predictor, _ data: ModelData) throws -> Labels {
    if let column = domains ?? adata.truthColumn(nil) { return try adata.plotLabels(column) }
    let prediction = predictor.predict(data)
    return Labels(codes: prediction.codes.map(Int.init), names: prediction.classNames)
  }

  /// Mean and standard deviation of each row.
  private static func overWidth(_ values: Matrix) -> (means: [Double], deviations: [Double]) {
    var (means, deviations) = ([Double](), [Double]())
    for i in 0..<values.rows {
      let row = values.row(i).map(Double.init)
      let mean = row.reduce(0, +) / Double(row.count)
      means.append(mean)
      deviations.append((row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(row.count)).squareRoot())
    }
    return (means, deviations)
  }
}

extension PlotGateCommand.Report {
  var text: String {
    let parts = gates.map { gate in
      let table = TextTable(
        ["domain", "spots", "mean gate"],
        rows: gate.domains.map { [$0.name, $0.spots.grouped, $0.meanGate.formatted(decimals: 3)] })
      return
        "\(gate.first) \(gate.mean.formatted(decimals: 3)), \(gate.second) \((1 - gate.mean).formatted(decimals: 3)) on average; spread over the \(width) numbers \(gate.meanSpread.formatted(decimals: 3))\n"
        + table.text
    }
    return ([output] + parts).joined(separator: "\n")
  }
}

/// Why there is nothing inside a model to draw.
enum ModelFigureError: StomicsError, Equatable {
  case noGate(run: String, mode: String, fusion: String?)

  var kind: ErrorKind { .usage }

  var description: String {
    switch self {
    case .noGate(let run, let mode, let fusion):
      "The model of \(run) has no gate: mode \(mode)"
        + (fusion.map { " with fusion \($0)" } ?? ", which fuses nothing by a gate")
        + ". Train one with --fusion gated, or in a mode with an image."
    }
  }
}
