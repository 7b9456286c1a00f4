import Images

/// Numbers of genes (rows) over spots (columns), the spots in groups such as domains; beside it the rows' tree, where there
/// is one.
public struct HeatMap: Figure {
  /// A row and its numbers.
  public struct Row: Sendable {
    public var name: String
    /// `[N]`, in the order of the columns; those that are not finite are grey.
    public var values: [Double]
    /// The group it belongs to, such as the domain whose marker it is; nil: none.
    public var group: String?

    public init(_ name: String, _ values: [Double], group: String? = nil) {
      self.name = name
      self.values = values
      self.group = group
    }
  }

  public var rows: [Row]
  /// `[N]`: the group of each column; columns of one group lie side by side. Without names no group is marked.
  public var groups: Labels
  /// The tree over the rows, which stand in the order of its leaves.
  public var tree: Dendrogram?
  /// Colours of the rows' groups where the columns' have none of their names.
  public var rowColors: [String: Color]
  public var scale: ValueScale
  public var title: String
  /// Stands over the names of the groups.
  public var legendTitle: String
  /// The figure's width in points; nil: 7 inches.
  public var width: Double?

  public init(
    _ rows: [Row], groups: Labels, scale: ValueScale, tree: Dendrogram? = nil, rowColors: [String: Color] = [:],
    title: String = "", legendTitle: String = "", width: Double? = nil
  ) {
    self.rows = rows
    self.groups = groups
    self.tree = tree
    self.rowColors = rowColors
    self.scale = scale
    self.title = title
    self.legendTitle = legendTitle
    self.width = width
  }

  private static let margin = 12.0
  private static let nameSize = 7.5
  private static let strip = 7.0

  public func draw() throws -> Canvas {
    let count = groups.codes.count
    guard !rows.isEmpty, count > 0 else { throw PlotError.nothingToDraw(what: "there is no gene or no spot") }
    for row in rows where row.values.count != count {
      throw PlotError.lengthMismatch(what: "Row '\(row.name)'", count: row.values.count, expected: count)
    }
    let width = self.width ?? 504
    let pitch = rows.count <= 40 ? 11.0 : max(4, 440 / Double(rows.count))
    let nameSize = min(Self.nameSize, pitch * 0.85)
    let height = pitch * Double(rows.count)
    let colors = colors
    let codes = Set(groups.codes)
    let used = groups.names.indices.filter(codes.contains)
    let hasMissing = rows.contains { $0.values.contains { !$0.isFinite } }
    let resolved = scale.resolved(over: rows.flatMap(\.values))
    let bar = ColorBar(resolved, panelHeight: max(60, height), namesMissing: hasMissing)
    let unlabelled = !groups.names.isEmpty && groups.codes.contains { !groups.names.indices.contains($0) }
    let rowNames = rowGroups
    let legend = Legend(
      [
        Legend.Block(
          title: legendTitle,
          entries: (used.map { groups.names[$0] } + rowNames).map { ($0, colors[$0] ?? .missing) }),
        Legend.Block(title: "", entries: unlabelled ? [("missing", Color.missing)] : []),
      ], height: max(height + Self.strip, 13 * Double(used.count + rowNames.count + 6)))
    let names = TextMetrics.width(ofWidest: rows.map(\.name), size: nameSize)
    let marks = rows.contains { $0.group != nil } ? Self.strip + 3 : 0
    let left = Self.margin + names + 5 + marks
    let treeWidth = tree == nil ? 0 : 0.16 * width
    let right = treeWidth + bar.width + 14 + legend.width + Self.margin
    guard width - left - right >= 80 else { throw PlotError.tooNarrow(asked: width, needed: left + right + 80) }
    let titleLines = TextMetrics.wrap(title, size: 10.5, bold: true, into: width - 2 * Self.margin)
    let top = Self.margin + Double(titleLines.count) * 10.5 * TextMetrics.lineHeight + 4
    let frame = Rect(x: left, y: top + Self.strip + 3, width: width - left - right, height: height)
    var canvas = Canvas(
      width: width, height: max(frame.maxY, frame.y - 3 - Self.strip + legend.height, frame.y + 60) + Self.margin)
    for (i, line) in titleLines.enumerated() {
      let y = Self.margin + (Double(i) + 0.8) * 10.5 * TextMetrics.lineHeight
      canvas.text(TextRun(line, at: Point(Self.margin, y), size: 10.5, bold: true))
    }
    drawNames(frame, pitch, nameSize, colors, on: &canvas)
    drawGroups(frame, colors, on: &canvas)
    canvas.group("heat map") { $0.image(picture(resolved, frame, pitch), in: frame) }
    drawBorders(frame, on: &canvas)
    canvas.rectangle(frame, stroke: Stroke(.softInk, width: 0.6))
    let treeFrame = Rect(x: frame.maxX, y: frame.y, width: treeWidth, height: frame.height)
    if let tree { canvas.group("tree") { tree.draw(in: treeFrame, on: &$0) } }
    bar.draw(on: &canvas, beside: Rect(x: frame.x, y: frame.y, width: frame.width + treeWidth, height: frame.height))
    legend.draw(on: &canvas, at: Point(treeFrame.maxX + bar.width + 14, top))
    return canvas
  }

  private var colors: [String: Color] {
    var known = [String: Color]()
    for (name, color) in zip(groups.names, groups.colors ?? []) { known[name] = color }
    return Palette.bind(groups.names + rowGroups, known: known.merging(rowColors) { own, _ in own })
  }

  /// Groups of rows that are no group of columns, in the order of the rows.
  private var rowGroups: [String] {
    var found: [String] = []
    for row in rows {
      if let group = row.group, !groups.names.contains(group), !found.contains(group) { found.append(group) }
    }
    return found
  }

  private func drawNames(
    _ frame: Rect, _ pitch: Double, _ size: Double, _ colors: [String: Color], on canvas: inout Canvas
  ) {
    for (i, row) in rows.enumerated() {
      let y = frame.y + (Double(i) + 0.5) * pitch
      var edge = frame.x - 5
      if let group = row.group {
        canvas.rectangle(
          Rect(x: frame.x - 3 - Self.strip, y: y - pitch / 2, width: Self.strip, height: pitch),
          fill: colors[group] ?? .missing)
        edge -= Self.strip + 1
      }
      canvas.text(TextRun(row.name, at: Point(edge, y), size: size, horizontal: .right, vertical: .middle))
    }
  }

  /// Runs of columns of one group: where they begin and end, as shares of the width.
  private var runs: [(code: Int, start: Double, end: Double)] {
    var result: [(code: Int, start: Double, end: Double)] = []
    let count = Double(groups.codes.count)
    for (i, code) in groups.codes.enumerated() {
      if result.last?.code == code {
        result[result.count - 1].end = Double(i + 1) / count
      } else {
        result.append((code, Double(i) / count, Double(i + 1) / count))
      }
    }
    return result
  }

  private func drawGroups(_ frame: Rect, _ colors: [String: Color], on canvas: inout Canvas) {
    if groups.names.isEmpty { return }
    canvas.group("groups") { canvas in
      for run in runs {
        let name = groups.names.indices.contains(run.code) ? groups.names[run.code] : nil
        canvas.rectangle(
          Rect(
            x: frame.x + run.start * frame.width, y: frame.y - 3 - Self.strip,
            width: (run.end - run.start) * frame.width, height: Self.strip),
          fill: name.flatMap { colors[$0] } ?? .missing)
      }
    }
  }

  private func drawBorders(_ frame: Rect, on canvas: inout Canvas) {
    if groups.names.isEmpty { return }
    for run in runs.dropFirst() where runs.count <= 60 {
      let x = frame.x + run.start * frame.width
      canvas.line([Point(x, frame.y), Point(x, frame.maxY)], Stroke(.white, width: 0.7))
    }
  }

  /// The colours at 300 dots an inch: of more columns than dots each dot is a mean, fewer are repeated, so that no
  /// neighbours run into each other.
  private func picture(_ resolved: ResolvedScale, _ frame: Rect, _ pitch: Double) -> Image {
    let count = groups.codes.count
    let dots = max(1, Int(frame.width * CairoRenderer.pictureResolution / 72))
    let columns = count > dots ? dots : count * max(1, dots / count)
    let copies = max(1, Int((pitch * CairoRenderer.pictureResolution / 72).rounded()))
    var image = Image(width: columns, height: rows.count * copies, red: 255, green: 255, blue: 255)
    for (r, row) in rows.enumerated() {
      for x in 0..<columns {
        let first = x * count / columns
        let members = row.values[first..<max(first + 1, (x + 1) * count / columns)].filter(\.isFinite)
        let color =
          members.isEmpty
          ? Color.missing
          : scale.map.color(at: resolved.share(members.reduce(0, +) / Double(members.count)))
        for copy in 0..<copies { image[x, r * copies + copy] = SIMD4(color.red, color.green, color.blue, 255) }
      }
    }
    return image
  }
}
