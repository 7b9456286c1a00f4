import Images

/// Where everything of a `SpatialMap` stands, in points.
struct SpatialMapLayout {
  private static let margin = 12.0
  private static let gap = 16.0
  private static let titleSize = 11.0
  private static let panelTitleSize = 9.5
  private static let subtitleSize = 8.0
  private static let smallestPanel = 60.0
  private static let comfortablePanel = 110.0

  private let map: SpatialMap
  /// What each panel shows of the slice.
  private let views: [SpotView]
  private let prepared: [PreparedPanel]
  private let bars: [ColorBar?]
  private let legend: Legend
  private let columns: Int
  private let panelWidth: Double
  private let panelHeight: Double
  /// The width of each column of panels, colour bars included.
  private let columnWidths: [Double]
  private let titleLines: [String]
  private let panelTitles: [[String]]
  private let panelSubtitles: [[String]]
  /// The height of the titles over each row of panels.
  private let headHeights: [Double]

  init(_ map: SpatialMap) throws {
    self.map = map
    guard let view = SpotView(map.tissue, spotScale: map.spotScale) else { throw PlotError.noSpots }
    if map.tissue.crop != nil, !map.tissue.coordinates.contains(where: view.shows) {
      throw PlotError.emptyCrop(Rect.bounding(map.tissue.coordinates))
    }
    let count = map.panels.count
    let columns = max(1, min(count, map.columns ?? (count == 4 ? 2 : count <= 4 ? count : count <= 6 ? 3 : 4)))
    self.columns = columns
    let colors = map.colorsOfNames
    let scales = Self.scales(map.panels)
    prepared = map.panels.indices.map { map.prepare(map.panels[$0], colors: colors, scale: scales[$0]) }
    let showsBar = Self.barPlaces(map.panels, columns: columns)
    let placeOfMissing = map.hasOnlyValues && map.hasMissing ? showsBar.lastIndex(of: true) : nil
    let spotScale = map.spotScale
    views = try zip(Self.views(view, prepared, map.tissue.coordinates), map.panels).map { shared, panel in
      guard let tissue = panel.tissue else { return shared }
      guard let own = SpotView(tissue, spotScale: spotScale) else { throw PlotError.noSpots }
      return own
    }
    let aspect = views[0].size.y / views[0].size.x
    let hasEdges = prepared.contains { $0.edges != nil }

    // Legends and colour bars depend on the height, the height on the width that they leave: a few rounds settle it.
    // Where a given width leaves too little for the panels, the legend may grow longer than they are high.
    let blocks = map.legendBlocks
    let rows = Double((count + columns - 1) / columns)
    var width = (hasEdges ? 1.7 : 1) * min(215, 250 / aspect)
    var bars = [ColorBar?]()
    var legend = Legend([], height: 0)
    var columnWidths = [Double]()
    var stretch = 1.0
    while true {
      var taken = 0.0
      for _ in 0..<3 {
        let height = max(width, Self.smallestPanel) * aspect
        bars = map.panels.indices.map { i in
          guard showsBar[i], let scale = scales[i] else { return nil }
          return ColorBar(scale, panelHeight: max(height, Self.smallestPanel), namesMissing: i == placeOfMissing)
        }
        legend = Legend(blocks, height: stretch * max(height * rows + 30 * (rows - 1), 120))
        let extras = (0..<columns).map { column in
          stride(from: column, to: count, by: columns).reduce(0.0) { max($0, bars[$1]?.width ?? 0) }
        }
        taken =
          2 * Self.margin + Self.gap * Double(columns - 1) + extras.reduce(0, +)
          + (legend.width > 0 ? Self.gap + legend.width : 0)
        if let asked = map.width { width = (asked - taken) / Double(columns) }
        columnWidths = extras.map { width + $0 }
      }
      guard let asked = map.width, width < Self.comfortablePanel, legend.columnCount > 1 else {
        if let asked = map.width, width < Self.smallestPanel {
          throw PlotError.tooNarrow(asked: asked, needed: taken + Self.smallestPanel * Double(columns))
        }
        break
      }
      stretch *= 1.4
      width = max(Self.smallestPanel, asked / Double(columns) - 2 * Self.margin)
    }
    self.bars = bars
    self.legend = legend
    self.columnWidths = columnWidths
    panelWidth = width
    panelHeight = width * aspect
    let inner = columnWidths.reduce(0, +) + Self.gap * Double(columns - 1)
    titleLines = TextMetrics.wrap(map.title, size: Self.titleSize, bold: true, into: inner + Self.gap + legend.width)
    panelTitles = map.panels.map { TextMetrics.wrap($0.title, size: Self.panelTitleSize, bold: true, into: width) }
    panelSubtitles = prepared.map { TextMetrics.wrap($0.subtitle, size: Self.subtitleSize, into: width) }
    let heads = zip(panelTitles, panelSubtitles).map {
      Self.block($0, Self.panelTitleSize) + Self.block($1, Self.subtitleSize) + 4
    }
    headHeights = stride(from: 0, to: count, by: columns).map { start in
      heads[start..<min(start + columns, count)].reduce(0, max)
    }
  }

  private static func block(_ lines: [String], _ size: Double) -> Double {
    Double(lines.count) * size * TextMetrics.lineHeight
  }

  /// The scale of each panel of numbers; equal shared scales are resolved over all their numbers.
  private static func scales(_ panels: [SpatialMap.Panel]) -> [ResolvedScale?] {
    panels.map { panel -> ResolvedScale? in
      guard let scale = panel.scale else { return nil }
      guard scale.isShared else { return scale.resolved(over: panel.numbers) }
      return scale.resolved(over: panels.flatMap { $0.scale == scale ? $0.numbers : [] })
    }
  }

  /// The whole slice, or one window of equal size around the spot of each panel of neighbours. All have one shape: the
  /// slice's, or a square where no panel shows the whole slice.
  private static func views(_ whole: SpotView, _ prepared: [PreparedPanel], _ coordinates: [Point]) -> [SpotView] {
    let reach = prepared.reduce(0.0) { most, panel in
      max(most, panel.neighbourhood?.reach(coordinates, spacing: whole.spacing) ?? 0)
    }
    let aspect = prepared.allSatisfy { $0.neighbourhood != nil } ? 1 : whole.size.y / whole.size.x
    return prepared.map { panel in
      guard let spot = panel.neighbourhood?.spot else { return whole }
      return whole.showing(
        coordinates[spot], width: 2 * reach * max(1, 1 / aspect), height: 2 * reach * max(1, aspect))
    }
  }

  /// Where a colour bar stands: beside the last of neighbours in a row that share one.
  private static func barPlaces(_ panels: [SpatialMap.Panel], columns: Int) -> [Bool] {
    panels.indices.map { i in
      guard let scale = panels[i].scale else { return false }
      return !(scale.isShared && (i + 1) % columns != 0 && i + 1 < panels.count && panels[i + 1].scale == scale)
    }
  }

  // MARK: Drawing

  func draw() throws -> Canvas {
    let rows = (map.panels.count + columns - 1) / columns
    let titleHeight = titleLines.isEmpty ? 0 : Self.block(titleLines, Self.titleSize) + 6
    let isOneScale = views.allSatisfy { $0.size == views[0].size }
    let scaleBar =
      isOneScale ? ScaleBar(map.tissue, pointsPerUnit: panelWidth / views[0].size.x, panelWidth: panelWidth) : nil
    let footHeight = max(scaleBar == nil ? 0 : ScaleBar.height, map.axisNames.isEmpty ? 0 : 12)
    let panelsHeight = headHeights.reduce(0, +) + Double(rows) * panelHeight + Self.gap * Double(rows - 1)
    let firstTop = Self.margin + titleHeight + headHeights[0]
    let bodyHeight = max(panelsHeight + footHeight, headHeights[0] + legend.height)
    let panelsWidth = columnWidths.reduce(0, +) + Self.gap * Double(columns - 1)
    let legendWidth = legend.width > 0 ? Self.gap + legend.width : 0
    var canvas = Canvas(
      width: map.width ?? 2 * Self.margin + panelsWidth + legendWidth,
      height: 2 * Self.margin + titleHeight + bodyHeight)

    for (i, line) in titleLines.enumerated() {
      let y = Self.margin + (Double(i) + 0.8) * Self.titleSize * TextMetrics.lineHeight
      canvas.text(TextRun(line, at: Point(Self.margin, y), size: Self.titleSize, bold: true))
    }
    var top = Self.margin + titleHeight
    for row in 0..<rows {
      top += headHeights[row]
      var left = Self.margin
      for column in 0..<columns {
        let i = row * columns + column
        if i >= map.panels.count { break }
        let frame = Rect(x: left, y: top, width: panelWidth, height: panelHeight)
        draw(i, in: frame, on: &canvas)
        left += columnWidths[column] + Self.gap
      }
      top += panelHeight + Self.gap
    }
    scaleBar?.draw(on: &canvas, at: Point(Self.margin, top - Self.gap + 4))
    let legendTop = firstTop + max(0, min(panelHeight, panelsHeight) - legend.height) / 2
    legend.draw(on: &canvas, at: Point(Self.margin + panelsWidth + Self.gap, legendTop))
    return canvas
  }

  private func draw(_ i: Int, in frame: Rect, on canvas: inout Canvas) {
    // Titles of a row stand on one line; what is shorter leaves room below.
    var y = frame.y - headHeights[i / columns] + Self.panelTitleSize
    for line in panelTitles[i] {
      canvas.text(
        TextRun(line, at: Point(frame.center.x, y), size: Self.panelTitleSize, bold: true, horizontal: .center))
      y += Self.panelTitleSize * TextMetrics.lineHeight
    }
    for line in panelSubtitles[i] {
      canvas.text(
        TextRun(line, at: Point(frame.center.x, y), size: Self.subtitleSize, color: .softInk, horizontal: .center))
      y += Self.subtitleSize * TextMetrics.lineHeight
    }
    canvas.group("panel \(map.panels[i].title)", clip: frame) { canvas in
      let view = views[i]
      if let (image, rect) = view.background(in: frame) {
        canvas.image(image, in: rect)
      }
      if let neighbourhood = prepared[i].neighbourhood {
        neighbourhood.draw(map.tissue.coordinates, view, in: frame, on: &canvas)
        return
      }
      if let edges = prepared[i].edges { canvas.segments(view.segments(edges, in: frame)) }
      canvas.marks(view.marks(prepared[i], in: frame, opacity: map.spotOpacity))
      for spot in prepared.compactMap(\.neighbourhood?.spot) {
        Neighbourhood.ring(
          around: view.place(map.tissue.coordinates[spot], in: frame),
          radius: max(3.5, 1.5 * view.pointRadius(in: frame)), on: &canvas)
      }
    }
    if prepared[i].neighbourhood != nil { canvas.rectangle(frame, stroke: Stroke(.hairline)) }
    if let x = map.axisNames.first, let y = map.axisNames.last {
      canvas.rectangle(frame, stroke: Stroke(.softInk, width: 0.6))
      canvas.text(TextRun(x, at: Point(frame.x, frame.maxY + 3), size: 7, color: .softInk, vertical: .top))
      canvas.text(TextRun(y, at: Point(frame.x - 3, frame.maxY), size: 7, color: .softInk, isVertical: true))
    }
    bars[i]?.draw(on: &canvas, beside: frame)
  }
}

/// A bar of a round length in micrometres.
private struct ScaleBar {
  static let height = 20.0
  let length: Double
  let label: String

  init?(_ tissue: Tissue, pointsPerUnit: Double, panelWidth: Double) {
    guard let micronsPerUnit = tissue.micronsPerUnit, micronsPerUnit.isFinite, micronsPerUnit > 0 else { return nil }
    let pointsPerMicron = pointsPerUnit / micronsPerUnit
    let target = panelWidth / 4 / pointsPerMicron
    guard target.isFinite, target > 0 else { return nil }
    let base = powerOfTen(Int(logarithm10(target).rounded(.down)))
    let microns = ([5, 2, 1].first { $0 * base <= target } ?? 1) * base
    length = microns * pointsPerMicron
    label = microns >= 1000 ? trimmed(microns / 1000, 3) + " mm" : trimmed(microns, 3) + " µm"
  }

  func draw(on canvas: inout Canvas, at corner: Point) {
    let y = corner.y + 4
    canvas.group("scale bar") { canvas in
      canvas.line([Point(corner.x, y), Point(corner.x + length, y)], Stroke(.ink, width: 2))
      canvas.text(
        TextRun(label, at: Point(corner.x + length / 2, y + 5), size: 7.5, horizontal: .center, vertical: .top))
    }
  }
}
