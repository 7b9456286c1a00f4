import Foundation
import Images
import StomicsCore
import TestSupport
import Testing

@testable import Plotting

/// Pictures that were looked at and kept, in Tests/Fixtures/figures.
///
/// Two pictures are the same where no square of 8 x 8 pixels differs by more than `tolerance` of 255 in the mean of a
/// channel: letters may be hinted and edges smoothed in another way, but nothing may be elsewhere, missing or of another
/// colour. STOMICS_UPDATE_PICTURES=1 draws them anew; look at them before they are kept.
private enum Golden {
  static let tolerance = 10.0
  static let dotsPerInch = 72.0
  static let updates = ProcessInfo.processInfo.environment["STOMICS_UPDATE_PICTURES"] != nil

  static func path(_ name: String) -> String { Fixtures.path("figures/\(name).png") }

  static func picture(_ figure: some Figure) throws -> Image {
    try Image(png: figure.bytes(.png, dotsPerInch: dotsPerInch))
  }

  /// The greatest difference of a square's mean, 0 to 255; infinite where the sizes differ by more than a pixel.
  static func difference(_ a: Image, _ b: Image) -> (value: Double, x: Int, y: Int) {
    guard abs(a.width - b.width) <= 1, abs(a.height - b.height) <= 1 else { return (.infinity, 0, 0) }
    let (width, height) = (min(a.width, b.width), min(a.height, b.height))
    let side = 8
    var worst = (value: 0.0, x: 0, y: 0)
    // Squares overlap by half: what lies on a border of one lies inside another.
    for top in stride(from: 0, to: height, by: side / 2) {
      for left in stride(from: 0, to: width, by: side / 2) {
        var sum = SIMD4<Int>.zero
        var count = 0
        for y in top..<min(height, top + side) {
          for x in left..<min(width, left + side) {
            let (one, other) = (a[x, y], b[x, y])
            for c in 0..<3 { sum[c] += Int(one[c]) - Int(other[c]) }
            count += 1
          }
        }
        for c in 0..<3 {
          let value = abs(Double(sum[c])) / Double(count)
          if value > worst.value { worst = (value, left, top) }
        }
      }
    }
    return worst
  }
}

/// The figures that are kept.
private enum Kept: String, CaseIterable {
  case domains, values, graph, attention, embedding, heatmap, bars, confusion, history, histogram

  var figure: any Figure {
    switch self {
    case .domains:
      var tissue = LetterF.tissue
      tissue.micronsPerUnit = 100
      var map = SpatialMap.domains(tissue, truth: LetterF.truth, prediction: LetterF.prediction)
      map.legendTitle = "layer"
      map.title = "The letter F"
      return map
    case .values:
      let values: [Double] = [0, 1, 2, 3, 4, 5, 6, 7, .nan, 8]
      return SpatialMap.beforeAfter(
        LetterF.tissue, before: values, after: values.map { 8 - $0 }, scale: ValueScale(label: "counts"))
    case .graph:
      let edges = CSRMatrix(
        rows: 10, columns: 10, indptr: [0, 2, 3, 4] + [Int](repeating: 4, count: 7), indices: [1, 4, 0, 3],
        values: [1, 1, 1, 1])
      return SpatialMap(
        LetterF.tissue, panels: [SpatialMap.Panel("Graph", .graph(edges, under: .labels(LetterF.truth)))])
    case .attention:
      let weights = CSRMatrix(
        rows: 10, columns: 10, indptr: [0] + Array(2...11), indices: [1, 4] + [Int32](repeating: 0, count: 9),
        values: [0.9, 0.1] + [Float](repeating: 1, count: 9))
      let scale = ValueScale.multiplesOfEqualShare(label: "times an equal share")
      return SpatialMap(
        LetterF.tissue,
        panels: [
          SpatialMap.Panel("Edges", .edges(weights, scale)),
          SpatialMap.Panel("Corner", .neighbourhood(of: 0, weights, LetterF.truth, scale)),
        ])
    case .embedding:
      let places = LetterF.coordinates.map { Point($0.x * $0.x, -$0.y) }
      return SpatialMap(
        Tissue(coordinates: places, spotDiameter: 0.5), panels: [SpatialMap.Panel("Layers", .labels(LetterF.truth))],
        axisNames: ["UMAP 1", "UMAP 2"])
    case .heatmap:
      return HeatMap(
        [
          HeatMap.Row("MOBP", [0, 1, 2, 3, 4, 5], group: "b"), HeatMap.Row("RELN", [5, 4, 0, 0, 0, .nan], group: "a"),
        ], groups: Labels(codes: [0, 0, 0, 1, 1, -1], names: ["a", "b"]), scale: ValueScale(label: "counts"),
        title: "Genes", legendTitle: "domain", width: 360)
    case .bars:
      return BarPlot(
        [
          BarPlot.Bar("full", value: 0.9, spread: 0.05, points: [0.85, 0.95], color: Color(hex: 0x0072B2)),
          BarPlot.Bar("control", value: 0.4, points: [0.4], color: Color(hex: 0x999999)),
        ], label: "ARI", title: "Ablation",
        legend: [("model", Color(hex: 0x0072B2)), ("control", Color(hex: 0x999999))], width: 320)
    case .confusion:
      return ConfusionPlot(names: ["Layer1", "Layer2", "WM"], counts: [[8, 2, 0], [1, 20, 4], [0, 0, 5]])
    case .history:
      return HistoryPlot(
        epochs: [1, 2, 3, 4], losses: [.init("training", [2, 1, 0.5, 0.4]), .init("validation", [2, 1.3, 1, 1.1])],
        scores: [.init("ARI", [0.1, 0.5, 0.8, 0.7])], learningRates: [1, 1, 1, 0.5], bestEpoch: 3)
    case .histogram:
      return XYPlot([
        XYPlot.Panel(
          "Counts", x: XYPlot.Axis("counts"), y: XYPlot.Axis("spots", lower: 0),
          series: [XYPlot.Series("", x: [1, 2, 3, 4], y: [2, 8, 4, 1], .columns(width: 1))],
          references: [XYPlot.Reference(.vertical, at: 2.2, name: "median")])
      ])
    }
  }
}

@Suite("Pictures that are kept") struct GoldenImageTests {
  @Test("A figure is the picture that was looked at", arguments: Kept.allCases)
  fileprivate func kept(kept: Kept) throws {
    let drawn = try Golden.picture(kept.figure)
    if Golden.updates {
      try drawn.pngBytes().withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: Golden.path(kept.rawValue))) }
    }
    let difference = Golden.difference(drawn, try Image(pngFile: Golden.path(kept.rawValue)))
    #expect(
      difference.value <= Golden.tolerance,
      "\(kept.rawValue) differs by \(difference.value) of 255 at (\(difference.x), \(difference.y))")
  }

  /// What could go wrong, one at a time.
  static let mutations: [(name: String, change: @Sendable (inout SpatialMap) -> Void)] = [
    ("x runs the other way", { $0.tissue.coordinates = $0.tissue.coordinates.map { Point(3 - $0.x, $0.y) } }),
    ("y runs upwards", { $0.tissue.coordinates = $0.tissue.coordinates.map { Point($0.x, 4 - $0.y) } }),
    ("x and y are exchanged", { $0.tissue.coordinates = $0.tissue.coordinates.map { Point($0.y, $0.x) } }),
    ("the slice is turned upside down", { $0.tissue.orientation = Orientation(mirrored: false, quarterTurns: 2) }),
    (
      "two colours are exchanged",
      { map in
        relabel(&map) { labels in
          if let colors = labels.colors { labels.colors = [colors[1], colors[0]] + colors.dropFirst(2) }
        }
      }
    ),
    ("one spot has its neighbour's label", { map in relabel(&map) { $0.codes[4] = 2 } }),
    ("a label is missing", { map in relabel(&map) { $0.codes[8] = -1 } }),
    ("a name is another", { map in relabel(&map) { $0.names[1] = "Layer7" } }),
    ("a spot is not drawn", { $0.tissue.coordinates[6] = Point(.nan, .nan) }),
    ("the scale bar is missing", { $0.tissue.micronsPerUnit = nil }),
    ("a panel is missing", { $0.panels.removeLast() }),
    ("two panels are exchanged", { $0.panels.swapAt(0, 1) }),
    ("the title is missing", { $0.title = "" }),
    ("the legend's title is missing", { $0.legendTitle = "" }),
    ("spots are smaller", { $0.spotScale = 0.8 }),
    ("spots are paler", { $0.spotOpacity = 0.8 }),
  ]

  /// Changes the truth of every panel.
  private static func relabel(_ map: inout SpatialMap, _ change: (inout Labels) -> Void) {
    for i in map.panels.indices {
      switch map.panels[i].content {
      case .labels(var labels) where labels.colors != nil:
        change(&labels)
        map.panels[i].content = .labels(labels)
      case .difference(var first, let second, let style):
        change(&first)
        map.panels[i].content = .difference(first, second, style: style)
      default: continue
      }
    }
  }

  @Test("A map with one thing wrong is not the picture", arguments: mutations.indices)
  func mutated(number: Int) throws {
    let (name, change) = Self.mutations[number]
    var map = try #require(Kept.domains.figure as? SpatialMap)
    change(&map)
    let difference = Golden.difference(try Golden.picture(map), try Image(pngFile: Golden.path("domains")))
    #expect(difference.value > 2 * Golden.tolerance, "\(name): only \(difference.value)")
  }

  @Test("A legend without one of its entries is not the picture") func legendEntry() throws {
    struct Shortened: Figure {
      let map: SpatialMap
      func draw() throws -> Canvas {
        let whole = try map.draw()
        var canvas = Canvas(width: whole.width, height: whole.height)
        canvas.add(whole.elements.map(Self.shortened))
        return canvas
      }

      /// The legend without its entry for missing spots: a dot and a word.
      static func shortened(_ element: Canvas.Element) -> Canvas.Element {
        guard case .group("legend", let clip, let members) = element else { return element }
        return .group(name: "legend", clip: clip, Array(members.dropLast(2)))
      }
    }
    let map = try #require(Kept.domains.figure as? SpatialMap)
    #expect(try Shortened(map: map).draw().texts.count == map.draw().texts.count - 1)
    let difference = Golden.difference(
      try Golden.picture(Shortened(map: map)), try Image(pngFile: Golden.path("domains")))
    #expect(difference.value > 2 * Golden.tolerance, "\(difference.value)")
  }

  @Test("Other figures with one thing wrong are not their pictures") func others() throws {
    func expectOther(_ figure: some Figure, _ kept: Kept, _ what: String) throws {
      let difference = Golden.difference(try Golden.picture(figure), try Image(pngFile: Golden.path(kept.rawValue)))
      #expect(difference.value > 1.5 * Golden.tolerance, "\(kept.rawValue), \(what): only \(difference.value)")
    }
    var values = try #require(Kept.values.figure as? SpatialMap)
    if case .values(let numbers, var scale) = values.panels[0].content {
      scale.map = .magma
      values.panels[0].content = .values(numbers, scale)
    }
    try expectOther(values, .values, "another colour map")
    var heat = try #require(Kept.heatmap.figure as? HeatMap)
    heat.rows.swapAt(0, 1)
    try expectOther(heat, .heatmap, "rows exchanged")
    heat = try #require(Kept.heatmap.figure as? HeatMap)
    heat.rows[0].values.reverse()
    try expectOther(heat, .heatmap, "spots in another order")
    var bars = try #require(Kept.bars.figure as? BarPlot)
    bars.bars[0].spread = nil
    try expectOther(bars, .bars, "no whisker")
    bars = try #require(Kept.bars.figure as? BarPlot)
    bars.bars[0].value = 0.8
    try expectOther(bars, .bars, "another value")
    var confusion = try #require(Kept.confusion.figure as? ConfusionPlot)
    confusion.counts = [[8, 1, 0], [2, 20, 0], [0, 4, 5]]
    try expectOther(confusion, .confusion, "rows and columns exchanged")
    var history = try #require(Kept.history.figure as? HistoryPlot)
    history.bestEpoch = 2
    try expectOther(history, .history, "another best epoch")
    var histogram = try #require(Kept.histogram.figure as? XYPlot)
    histogram.panels[0].series[0].y = [2, 8, 4, 2]
    try expectOther(histogram, .histogram, "another count")
    var graph = try #require(Kept.graph.figure as? SpatialMap)
    graph.panels[0].content = .labels(LetterF.truth)
    try expectOther(graph, .graph, "no edges")
  }
}
