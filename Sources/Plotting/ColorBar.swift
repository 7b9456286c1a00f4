import Images

/// The scale beside a map of numbers.
struct ColorBar {
  static let gap = 7.0
  static let barWidth = 8.0
  static let size = 7.0

  let scale: ResolvedScale
  let height: Double
  private let ticks: Ticks
  private let labelWidth: Double
  private let titleLines: [String]
  /// Whether the colour of missing spots is named under the bar.
  private let namesMissing: Bool

  init(_ scale: ResolvedScale, panelHeight: Double, namesMissing: Bool = false) {
    self.scale = scale
    self.namesMissing = namesMissing
    height = max(min(panelHeight, 50), panelHeight * 0.72)
    let count = max(2, Int(height / 24))
    ticks =
      scale.scale.isWhole
      ? Ticks.whole(scale.lower, scale.upper, count: count) : Ticks.linear(scale.lower, scale.upper, count: count)
    labelWidth = TextMetrics.width(ofWidest: ticks.labels, size: Self.size)
    titleLines = TextMetrics.wrap(scale.scale.label, size: Self.size + 0.5, into: panelHeight)
  }

  /// From the panel's edge to the end of the words.
  var width: Double {
    let bar = Self.gap + Self.barWidth + 5 + labelWidth + (titleLines.isEmpty ? 0 : 5 + 10 * Double(titleLines.count))
    let missing = Self.gap + Self.barWidth + 5 + TextMetrics.width("missing", size: Self.size)
    return namesMissing ? max(bar, missing) : bar
  }

  func draw(on canvas: inout Canvas, beside panel: Rect) {
    let bar = Rect(x: panel.maxX + Self.gap, y: panel.center.y - height / 2, width: Self.barWidth, height: height)
    canvas.group("colour bar") { canvas in
      canvas.image(gradient, in: bar)
      let edge = Stroke(.softInk, width: 0.5)
      canvas.rectangle(bar, stroke: edge)
      let colors = scale.scale.map.colors
      let middle = bar.center.x
      if scale.extendsAbove, let last = colors.last {
        canvas.polygon(
          [Point(bar.x, bar.y), Point(bar.maxX, bar.y), Point(middle, bar.y - 6)], fill: last, stroke: edge)
      }
      if scale.extendsBelow, let first = colors.first {
        canvas.polygon(
          [Point(bar.x, bar.maxY), Point(bar.maxX, bar.maxY), Point(middle, bar.maxY + 6)], fill: first, stroke: edge)
      }
      for (value, label) in zip(ticks.values, ticks.labels) {
        let y = bar.maxY - scale.share(value) * height
        canvas.line([Point(bar.maxX, y), Point(bar.maxX + 2.5, y)], edge)
        canvas.text(TextRun(label, at: Point(bar.maxX + 5, y), size: Self.size, vertical: .middle))
      }
      if namesMissing {
        let place = Point(bar.x + Self.barWidth / 2, bar.maxY + 16)
        canvas.marks(Marks(radius: 3, centers: [place], colorIndices: [0], palette: [.missing]))
        canvas.text(TextRun("missing", at: Point(bar.maxX + 5, place.y), size: Self.size, vertical: .middle))
      }
      for (i, line) in titleLines.enumerated() {
        let x = bar.maxX + 5 + labelWidth + 5 + 10 * Double(i) + 8
        canvas.text(
          TextRun(
            line, at: Point(x, panel.center.y), size: Self.size + 0.5, color: .softInk, horizontal: .center,
            isVertical: true))
      }
    }
  }

  private var gradient: Image {
    let colors = scale.scale.map.colors
    var image = Image(width: 1, height: colors.count, red: 0, green: 0, blue: 0)
    for (i, color) in colors.reversed().enumerated() { image[0, i] = SIMD4(color.red, color.green, color.blue, 255) }
    return image
  }
}
