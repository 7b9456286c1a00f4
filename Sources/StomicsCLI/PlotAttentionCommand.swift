import AnnData
import ArgumentParser
import Metrics
import Plotting
import StomicsCore

/// `stomics plot attention`: whom spots listen to.
struct PlotAttentionCommand: StomicsCommand {
  enum Panel: String, ExpressibleByArgument, CaseIterable { case edges, domains, evenness, across }

  static let configuration = CommandConfiguration(
    commandName: "attention",
    abstract: "Map whom spots listen to, from the weights that stomics predict --attention wrote.",
    discussion: """
      An edge's colour says how many times an equal share its weight is: grey, 1, where a spot listens to all its \
      neighbours alike, red where it listens to this one more, blue less. Of the line between two spots each half is \
      about the spot at its end. Dots are the spot's weight on itself, grey where it has none.

        edges      the weights between neighbours (the default)
        domains    the predicted domains
        evenness   how evenly a spot listens: the entropy of its weights over the most it could be; 1: to all alike
        across     the share of a spot's attention that goes to neighbours of another domain

        stomics predict runs/full slice.h5ad -o predicted.h5ad --attention
        stomics plot attention predicted.h5ad --as domains,edges -o attention.png
        stomics plot attention predicted.h5ad --spot AAACAAGTATCTCCCA-1 -o spot.png
        stomics plot attention predicted.h5ad --as evenness,across --key attention_graph_0 -o maps.pdf
      """)

  @OptionGroup(title: "General options") var general: GeneralOptions
  @OptionGroup(title: "Figure") var figure: FigureOptions
  @OptionGroup(title: "Slice") var slice: SliceOptions

  @Argument(help: "A slice with attention (h5ad).")
  var input: String

  @Option(
    name: .customLong("as"),
    help: """
      What to draw, separated by commas: edges, domains, evenness, across. (default: edges; nothing of these beside \
      --spot)
      """)
  var panels: String?

  @Option(help: "The matrix of obsp. (default: the last layer of cross-attention, else of graph attention)")
  var key: String?

  @Option(help: "One head, counted from 0; stomics predict --attention-heads writes them. (default: their mean)")
  var head: Int?

  @Option(
    help: """
      The barcode of a spot: draws it enlarged among those it listens to, each in the colour of its weight with a rim of \
      its domain's. The number is the share of the spot's attention. May be given more than once.
      """)
  var spot: [String] = []

  @Option(help: "The column of obs with the domains. (default: \(Keys.predictedDomain), where there is one)")
  var domains: String?

  @Option(help: "The colour map of edges; one that diverges shows them best.")
  var cmap = ColorMap.coolwarm.name

  func validate() throws {
    _ = try wantedPanels()
    if ColorMap.named(cmap) == nil { throw unknownColorMap(cmap) }
    if let head, head < 0 { throw ValidationError("--head is \(head); heads are counted from 0.") }
  }

  private func wantedPanels() throws -> [Panel] {
    guard let panels else { return spot.isEmpty ? [.edges] : [] }
    let found = try panels.split(separator: ",").map { word in
      guard let panel = Panel(rawValue: word.filter { $0 != " " }) else {
        throw ValidationError(
          "--as names '\(word)'; give some of edges, domains, evenness, across, separated by commas.")
      }
      return panel
    }
    if found.isEmpty { throw ValidationError("--as names nothing; give some of edges, domains, evenness, across.") }
    return found
  }

  /// What was drawn.
  struct Report: Encodable, Equatable {
    /// Over the spots at borders: those that listen to any of another domain.
    struct Borders: Encodable, Equatable {
      var spots: Int
      var attentionAcross: Double
      var neighboursAcross: Double
    }

    var output: String
    var key: String
    var head: Int?
    var spots: Int
    var edges: Int
    var panels: [String]
    /// The mean over the spots.
    var evenness: Double?
    var borders: Borders?
  }

  func run(console: Console) throws {
    let adata = try AnnData.read(input, matrices: .none)
    let attention = try AttentionInput(adata, key: key, head: head)
    let column = domains ?? (adata.obs[Keys.predictedDomain] != nil ? Keys.predictedDomain : nil)
    let labels = try column.map { try adata.plotLabels($0) }
    let evenness = attentionEvenness(attention.weights)
    let across = labels.map { AttentionAcross(attention.weights, labels: $0.codes.map(Int32.init)) }
    let scale = ValueScale.multiplesOfEqualShare(
      ColorMap.named(cmap) ?? .coolwarm, label: "weight in multiples of an equal share")

    var map = SpatialMap(
      try slice.tissue(adata), panels: [], title: figure.title, legendTitle: column ?? "", columns: slice.columns,
      width: figure.widthPoints, spotScale: slice.spotScale, spotOpacity: slice.spotOpacity)
    var names: [String] = []
    for panel in try wantedPanels() {
      names.append(panel.rawValue)
      switch panel {
      case .edges:
        map.panels.append(
          SpatialMap.Panel("Attention", subtitle: attention.words, .edges(attention.weights, scale)))
      case .evenness:
        let values = ValueScale(.viridis, label: "entropy, 1: listens to all alike", isShared: false)
        map.panels.append(
          SpatialMap.Panel("Evenness of attention", subtitle: attention.words, .values(evenness, values)))
      case .domains:
        guard let labels else { throw missingDomains(panel, adata) }
        map.panels.append(
          SpatialMap.Panel(column == Keys.predictedDomain ? "Predicted domains" : column ?? "", .labels(labels)))
      case .across:
        guard let across else { throw missingDomains(panel, adata) }
        let values = ValueScale(.viridis, lower: .value(0), label: "share of attention", isShared: false)
        map.panels.append(
          SpatialMap.Panel("Attention across domains", subtitle: attention.words, .values(across.shares, values)))
      }
    }
    for barcode in spot {
      guard let i = adata.obs.index.firstIndex(of: barcode) else {
        throw AttentionInputError.unknownSpot(barcode, file: input, near: didYouMean(barcode, among: adata.obs.index))
      }
      names.append(barcode)
      let domain = labels.flatMap { $0.names.indices.contains($0.codes[i]) ? $0.names[$0.codes[i]] : nil }
      map.panels.append(
        SpatialMap.Panel(
          barcode, subtitle: [domain, attention.words].compactMap { $0 }.joined(separator: " · "),
          .neighbourhood(of: i, attention.weights, labels, scale)))
    }
    try figure.write(
      map, title: figure.title.isEmpty ? "Attention" : figure.title,
      source: "stomics plot attention \(RunInput(input).name); obsp/\(attention.key)"
        + (head.map { ", head \($0)" } ?? "") + "; " + names.joined(separator: ", "))

    let finite = evenness.filter(\.isFinite)
    let report = Report(
      output: figure.output, key: attention.key, head: head, spots: adata.observationCount,
      edges: attention.weights.nonzeroCount, panels: names,
      evenness: finite.isEmpty ? nil : finite.reduce(0, +) / Double(finite.count),
      borders: across?.atBorders.map {
        Report.Borders(spots: $0.spots, attentionAcross: $0.share, neighboursAcross: $0.equalShare)
      })
    try console.result(report, text: report.text(attention.words))
  }

  private func missingDomains(_ panel: Panel, _ adata: AnnData) -> AttentionInputError {
    .noDomains(panel: panel.rawValue, file: input, columns: adata.labelColumns)
  }
}

extension PlotAttentionCommand.Report {
  func text(_ words: String) -> String {
    var lines = [output, "\(words): \(edges.grouped) weights of \(spots.grouped) spots"]
    if let evenness { lines.append("evenness \(evenness.formatted(decimals: 3)) on average (1: listens to all alike)") }
    if let borders {
      let attention = (100 * borders.attentionAcross).formatted(decimals: 1)
      let neighbours = (100 * borders.neighboursAcross).formatted(decimals: 1)
      lines.append(
        "at the borders of domains (\(borders.spots.grouped) spots) \(attention) % of the attention goes across; equal shares would be \(neighbours) %"
      )
    }
    return lines.joined(separator: "\n")
  }
}
