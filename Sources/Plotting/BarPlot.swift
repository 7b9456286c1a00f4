/// Horizontal bars with whiskers and single values: an ablation, methods side by side.
public struct BarPlot: Figure {
  public struct Bar: Sendable {
    public var name: String
    public var value: Double
    /// Half the whisker's length; nil: none.
    public var spread: Double?
    /// Single values, drawn as dots over the bar.
    public var points: [Double]
    public var color: Color
    /// What stands behind the bar; nil: the value with three decimals.
    public var text: String?

    public init(
      _ name: String, value: Double, spread: Double? = nil, points: [Double] = [], color: Color, text: String? = nil
    ) {
      self.name = name
      self.value = value
      self.spread = spread
      self.points = points
      self.color = color
      self.text = text
    }

    var words: String { text ?? fixed(value, 3) + (spread.map { " ± " + fixed($0, 3) } ?? "") }
  }

  /// From top to bottom.
  public var bars: [Bar]
  public var label: String
  public var title: String
  /// Names of the bars' colours.
  public var legend: [(name: String, color: Color)]
  /// The figure's width in points; nil: 6 inches.
  public var width: Double?
  /// The least that the axis reaches to, so that several plots can have one scale.
  public var reach: Double

  public init(
    _ bars: [Bar], label: String, title: String = "", legend: [(name: String, color: Color)] = [],
    width: Double? = nil, reach: Double = 0
  ) {
    self.bars = bars
    self.label = label
    self.title = title
    self.legend = legend
    self.width = width
    self.reach = reach
  }

  public func draw() throws -> Canvas {
    guard !bars.isEmpty else { throw PlotError.nothingToDraw(what: "there are no bars") }
    let margin = 12.0
    let size = 8.0
    let pitch = 17.0
    let width = self.width ?? 432
    let nameWidth = TextMetrics.width(ofWidest: bars.map(\.name), size: size)
    let valueWidth = TextMetrics.width(ofWidest: bars.map(\.words), size: 7)
    let left = margin + nameWidth + 6
    let right = margin + valueWidth + 6
    guard width - left - right >= 80 else { throw PlotError.tooNarrow(asked: width, needed: left + right + 80) }
    let titleLines = TextMetrics.wrap(title, size: 10.5, bold: true, into: width - 2 * margin)
    let legendRow = LegendRow(
      [legend.map { LegendRow.Entry(name: $0.name, sign: .dot($0.color)) }], size: 7.5, width: width - left - margin)
    let top = margin + Double(titleLines.count) * 10.5 * TextMetrics.lineHeight + legendRow.height + 8
    let frame = Rect(x: left, y: top, width: width - left - right, height: pitch * Double(bars.count) + 6)
    var canvas = Canvas(width: width, height: frame.maxY + 36)
    for (i, line) in titleLines.enumerated() {
      let y = margin + (Double(i) + 0.8) * 10.5 * TextMetrics.lineHeight
      canvas.text(TextRun(line, at: Point(margin, y), size: 10.5, bold: true))
    }
    legendRow.draw(on: &canvas, top: top - legendRow.height - 4, center: frame.center.x)
    let all = bars.flatMap { [$0.value - ($0.spread ?? 0), $0.value + ($0.spread ?? 0)] + $0.points }
    let lower = min(0, all.filter(\.isFinite).min() ?? 0)
    let upper = max(lower + 1e-9, reach, all.filter(\.isFinite).max() ?? 1)
    let ticks = Ticks.linear(lower, upper * 1.02, count: 8)
    func x(_ value: Double) -> Double { frame.x + (value - lower) / (upper * 1.02 - lower) * frame.width }
    for (value, text) in zip(ticks.values, ticks.labels) {
      canvas.line([Point(x(value), frame.y), Point(x(value), frame.maxY)], Stroke(.hairline, width: 0.6))
      canvas.text(
        TextRun(text, at: Point(x(value), frame.maxY + 5), size: 7.5, horizontal: .center, vertical: .top))
    }
    canvas.text(TextRun(label, at: Point(frame.center.x, frame.maxY + 27), size: 8.5, horizontal: .center))
    for (i, bar) in bars.enumerated() {
      draw(bar, at: frame.y + 3 + (Double(i) + 0.5) * pitch, frame, x, size, on: &canvas)
    }
    canvas.line([Point(x(0), frame.y), Point(x(0), frame.maxY)], Stroke(.softInk, width: 0.8))
    return canvas
  }

  private func draw(
    _ bar: Bar, at y: Double, _ frame: Rect, _ x: (Double) -> Double, _ size: Double, on canvas: inout Canvas
  ) {
    canvas.text(
      TextRun(bar.name, at: Point(frame.x - 6, y), size: size, horizontal: .right, vertical: .middle))
    guard bar.value.isFinite else { return }
    let start = x(min(0, bar.value))
    canvas.rectangle(
      Rect(x: start, y: y - 5.5, width: x(max(0, bar.value)) - start, height: 11), fill: bar.color)
    if let spread = bar.spread, spread.isFinite {
      let ends = (x(bar.value - spread), x(bar.value + spread))
      canvas.line([Point(ends.0, y), Point(ends.1, y)], Stroke(.ink, width: 0.9))
      for end in [ends.0, ends.1] { canvas.line([Point(end, y - 3), Point(end, y + 3)], Stroke(.ink, width: 0.9)) }
    }
    let points = bar.points.filter(\.isFinite)
    canvas.marks(
      Marks(
        radius: 1.5, centers: points.map { Point(x($0), y) },
        colorIndices: [Int32](repeating: 0, count: points.count), palette: [.ink], opacity: 0.55))
    canvas.text(TextRun(bar.words, at: Point(frame.maxX + 6, y), size: 7, vertical: .middle))
  }
}
