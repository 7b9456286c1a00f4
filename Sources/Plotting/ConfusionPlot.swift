/// Which label was taken for which: counts, shaded by their share of the row.
public struct ConfusionPlot: Figure {
  /// The names of rows and columns, `[C]`.
  public var names: [String]
  /// `[C][C]`: row = truth, column = prediction.
  public var counts: [[Int]]
  public var title: String
  public var rowLabel: String
  public var columnLabel: String
  /// The figure's width in points; nil: by the number of labels.
  public var width: Double?

  public init(
    names: [String], counts: [[Int]], title: String = "", rowLabel: String = "truth",
    columnLabel: String = "prediction",
    width: Double? = nil
  ) {
    self.names = names
    self.counts = counts
    self.title = title
    self.rowLabel = rowLabel
    self.columnLabel = columnLabel
    self.width = width
  }

  public func draw() throws -> Canvas {
    guard !names.isEmpty else { throw PlotError.nothingToDraw(what: "there are no labels to compare") }
    for row in [counts.map { _ in 0 }] + counts where row.count != names.count {
      throw PlotError.lengthMismatch(what: "The confusion table", count: row.count, expected: names.count)
    }
    let margin = 12.0
    let size = 8.0
    let nameWidth = TextMetrics.width(ofWidest: names, size: size)
    let scale = ValueScale(.blues, lower: .value(0), upper: .value(100), label: "% of row", isShared: false)
    let resolved = scale.resolved(over: [0, 100])
    let left = margin + 14 + nameWidth + 6
    let barWidth = ColorBar(resolved, panelHeight: 200).width
    let cell = try cellSize(left + barWidth + margin)
    let side = cell * Double(names.count)
    // Names that do not fit above their column run upwards.
    let isVertical = nameWidth > cell - 4
    let nameHeight = isVertical ? nameWidth : size
    let titleLines = TextMetrics.wrap(title, size: 10.5, bold: true, into: left + side + barWidth)
    let top = margin + Double(titleLines.count) * 10.5 * TextMetrics.lineHeight + 16 + nameHeight + 8
    let frame = Rect(x: left, y: top, width: side, height: side)
    var canvas = Canvas(width: left + side + barWidth + margin, height: top + side + margin)
    for (i, line) in titleLines.enumerated() {
      let y = margin + (Double(i) + 0.8) * 10.5 * TextMetrics.lineHeight
      canvas.text(TextRun(line, at: Point(margin, y), size: 10.5, bold: true))
    }
    for (i, row) in counts.enumerated() { drawRow(i, row, frame, cell, resolved, on: &canvas) }
    canvas.rectangle(frame, stroke: Stroke(.softInk, width: 0.7))
    for (i, name) in names.enumerated() {
      let along = (Double(i) + 0.5) * cell
      canvas.text(
        TextRun(name, at: Point(frame.x - 6, frame.y + along), size: size, horizontal: .right, vertical: .middle))
      canvas.text(
        isVertical
          ? TextRun(name, at: Point(frame.x + along, frame.y - 6), size: size, vertical: .middle, isVertical: true)
          : TextRun(name, at: Point(frame.x + along, frame.y - 6), size: size, horizontal: .center))
    }
    canvas.text(
      TextRun(
        columnLabel, at: Point(frame.center.x, frame.y - nameHeight - 12), size: 9, bold: true, horizontal: .center))
    canvas.text(
      TextRun(
        rowLabel, at: Point(margin + 8, frame.center.y), size: 9, bold: true, horizontal: .center, isVertical: true))
    ColorBar(resolved, panelHeight: side).draw(on: &canvas, beside: frame)
    return canvas
  }

  private func cellSize(_ taken: Double) throws -> Double {
    guard let width else { return max(22, min(46, 340 / Double(names.count))) }
    let cell = (width - taken) / Double(names.count)
    guard cell >= 14 else { throw PlotError.tooNarrow(asked: width, needed: taken + 14 * Double(names.count)) }
    return cell
  }

  private func drawRow(
    _ i: Int, _ row: [Int], _ frame: Rect, _ cell: Double, _ scale: ResolvedScale, on canvas: inout Canvas
  ) {
    let total = row.reduce(0, +)
    for (j, count) in row.enumerated() {
      let share = total == 0 ? 0 : 100 * Double(count) / Double(total)
      let color = scale.scale.map.color(at: scale.share(share))
      let place = Rect(
        x: frame.x + Double(j) * cell, y: frame.y + Double(i) * cell, width: cell, height: cell)
      canvas.rectangle(place, fill: color, stroke: Stroke(.white, width: 0.6))
      if count == 0 { continue }
      let ink: Color = color.brightness < 0.55 ? .white : .ink
      let size = min(8, cell / 4.2)
      let hasShare = cell >= 30
      canvas.text(
        TextRun(
          grouped(count), at: place.center - Point(0, hasShare ? size * 0.6 : 0), size: size, color: ink,
          horizontal: .center, vertical: .middle))
      if hasShare {
        canvas.text(
          TextRun(
            "\(fixed(share, share < 10 && share > 0 ? 1 : 0)) %", at: place.center + Point(0, size * 0.75),
            size: size * 0.85, color: ink, horizontal: .center, vertical: .middle))
      }
    }
  }
}
