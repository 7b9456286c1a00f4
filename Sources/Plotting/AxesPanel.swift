/// One pair of axes laid out inside a cell: title, legend row, frame, ticks, series.
struct AxesPanel {
  private static let tickSize = 7.5
  private static let labelSize = 8.5
  private static let titleSize = 9.5
  private static let legendSize = 7.5

  private let panel: XYPlot.Panel
  private let cell: Rect
  private let frame: Rect
  private let x: AxisScale
  private let y: AxisScale
  private let xTicks: Ticks
  private let yTicks: Ticks
  private let title: [String]
  private let legend: LegendRow

  init(_ panel: XYPlot.Panel, in cell: Rect) {
    self.panel = panel
    self.cell = cell
    let drawn = panel.series.map { series in
      series.x.indices.filter { panel.x.shows(series.x[$0]) && panel.y.shows(series.y[$0]) }
    }
    func values(_ pick: (XYPlot.Series) -> [Double], _ direction: XYPlot.Reference.Direction) -> [Double] {
      zip(panel.series, drawn).flatMap { series, places in places.map { pick(series)[$0] } }
        + panel.references.filter { $0.direction == direction }.map(\.value)
    }
    let bars = panel.series.flatMap { series -> [Double] in
      guard case .columns(let width) = series.style else { return [] }
      return series.x.flatMap { [$0 - width / 2, $0 + width / 2] }
    }
    x = AxisScale(panel.x, values(\.x, .vertical) + bars)
    y = AxisScale(panel.y, values(\.y, .horizontal))
    title = TextMetrics.wrap(panel.title, size: Self.titleSize, bold: true, into: cell.width)
    legend = LegendRow(Self.entries(panel), size: Self.legendSize, width: cell.width - 20)
    yTicks = y.ticks(count: max(3, Int(cell.height / 36)))
    let labelWidth = TextMetrics.width(ofWidest: yTicks.labels, size: Self.tickSize)
    let left = labelWidth + 6 + (panel.y.label.isEmpty ? 0 : Self.labelSize * 1.5)
    let top = Double(title.count) * Self.titleSize * TextMetrics.lineHeight + legend.height + 5
    let bottom = 5 + Self.tickSize + (panel.x.label.isEmpty ? 0 : 4 + Self.labelSize)
    // The last tick's label is centred on the frame's right edge.
    let right = 10.0
    frame = Rect(
      x: cell.x + left, y: cell.y + top, width: cell.width - left - right, height: cell.height - top - bottom)
    xTicks = x.ticks(count: max(2, Int(frame.width / 32)))
  }

  private static func color(_ series: XYPlot.Series, _ i: Int) -> Color {
    series.color ?? XYPlot.lineColors[i % XYPlot.lineColors.count]
  }

  /// Series in one row, lines across the panel in the next.
  private static func entries(_ panel: XYPlot.Panel) -> [[LegendRow.Entry]] {
    let series = panel.series.enumerated().filter { !$1.name.isEmpty }.map { i, series in
      switch series.style {
      case .line(let width, let dash):
        LegendRow.Entry(name: series.name, sign: .line(Stroke(color(series, i), width: width, dash: dash)))
      case .points, .columns: LegendRow.Entry(name: series.name, sign: .dot(color(series, i)))
      }
    }
    let references = panel.references.filter { !$0.name.isEmpty }.map { reference in
      LegendRow.Entry(name: reference.name, sign: .line(reference.stroke))
    }
    return [series, references]
  }

  func draw(on canvas: inout Canvas) {
    drawHead(on: &canvas)
    drawAxes(on: &canvas)
    canvas.group("series", clip: frame.inset(by: -0.5)) { canvas in
      for (i, series) in panel.series.enumerated() { draw(series, Self.color(series, i), on: &canvas) }
      for reference in panel.references { draw(reference, on: &canvas) }
    }
    canvas.rectangle(frame, stroke: Stroke(.softInk, width: 0.7))
  }

  private func drawHead(on canvas: inout Canvas) {
    var top = cell.y
    for line in title {
      top += Self.titleSize * TextMetrics.lineHeight
      canvas.text(
        TextRun(
          line, at: Point(frame.center.x, top - 3), size: Self.titleSize, bold: true, horizontal: .center))
    }
    legend.draw(on: &canvas, top: top, center: frame.center.x)
  }

  private func drawAxes(on canvas: inout Canvas) {
    let tick = Stroke(.softInk, width: 0.7)
    let grid = Stroke(.hairline, width: 0.6)
    for (value, label) in zip(xTicks.values, xTicks.labels) {
      let at = placeX(value)
      canvas.line([Point(at, frame.y), Point(at, frame.maxY)], grid)
      canvas.line([Point(at, frame.maxY), Point(at, frame.maxY + 3)], tick)
      canvas.text(
        TextRun(label, at: Point(at, frame.maxY + 5), size: Self.tickSize, horizontal: .center, vertical: .top))
    }
    for (value, label) in zip(yTicks.values, yTicks.labels) {
      let at = placeY(value)
      canvas.line([Point(frame.x, at), Point(frame.maxX, at)], grid)
      canvas.line([Point(frame.x, at), Point(frame.x - 3, at)], tick)
      canvas.text(
        TextRun(label, at: Point(frame.x - 5, at), size: Self.tickSize, horizontal: .right, vertical: .middle))
    }
    for value in xTicks.minor {
      canvas.line([Point(placeX(value), frame.maxY), Point(placeX(value), frame.maxY + 1.8)], tick)
    }
    for value in yTicks.minor {
      canvas.line([Point(frame.x, placeY(value)), Point(frame.x - 1.8, placeY(value))], tick)
    }
    canvas.text(
      TextRun(panel.x.label, at: Point(frame.center.x, cell.maxY - 1), size: Self.labelSize, horizontal: .center))
    canvas.text(
      TextRun(
        panel.y.label, at: Point(cell.x + Self.labelSize, frame.center.y), size: Self.labelSize, horizontal: .center,
        isVertical: true))
  }

  private func placeX(_ value: Double) -> Double { frame.x + x.share(value) * frame.width }
  private func placeY(_ value: Double) -> Double { frame.maxY - y.share(value) * frame.height }

  private func draw(_ series: XYPlot.Series, _ color: Color, on canvas: inout Canvas) {
    switch series.style {
    case .line(let width, let dash):
      var run = [Point]()
      func finish() {
        if run.count == 1, let only = run.first {
          canvas.marks(Marks(radius: width, centers: [only], colorIndices: [0], palette: [color]))
        }
        canvas.line(run, Stroke(color, width: width, dash: dash))
        run = []
      }
      for (a, b) in zip(series.x, series.y) {
        if panel.x.shows(a) && panel.y.shows(b) { run.append(Point(placeX(a), placeY(b))) } else { finish() }
      }
      finish()
    case .columns(let width):
      let floor = placeY(max(0, y.lower))
      for (a, b) in zip(series.x, series.y) where panel.x.shows(a) && panel.y.shows(b) {
        let left = placeX(a - width / 2)
        let top = placeY(b)
        canvas.rectangle(
          Rect(x: left, y: min(top, floor), width: placeX(a + width / 2) - left, height: abs(floor - top)),
          fill: color, stroke: Stroke(.white, width: 0.4))
      }
    case .points(let radius, let opacity):
      let places = series.x.indices.filter { panel.x.shows(series.x[$0]) && panel.y.shows(series.y[$0]) }
      canvas.marks(
        Marks(
          radius: radius, centers: places.map { Point(placeX(series.x[$0]), placeY(series.y[$0])) },
          colorIndices: [Int32](repeating: 0, count: places.count), palette: [color], opacity: opacity))
    }
  }

  private func draw(_ reference: XYPlot.Reference, on canvas: inout Canvas) {
    switch reference.direction {
    case .vertical:
      guard panel.x.shows(reference.value) else { return }
      let at = placeX(reference.value)
      canvas.line([Point(at, frame.y), Point(at, frame.maxY)], reference.stroke)
    case .horizontal:
      guard panel.y.shows(reference.value) else { return }
      let at = placeY(reference.value)
      canvas.line([Point(frame.x, at), Point(frame.maxX, at)], reference.stroke)
    case .diagonal:
      let low = max(x.lower, y.lower)
      let high = min(x.upper, y.upper)
      guard low < high else { return }
      canvas.line([Point(placeX(low), placeY(low)), Point(placeX(high), placeY(high))], reference.stroke)
    }
  }
}

extension XYPlot.Axis {
  /// Whether a number has a place on the axis.
  func shows(_ value: Double) -> Bool { value.isFinite && (kind != .logarithmic || value > 0) }
}

/// An axis with its ends.
struct AxisScale {
  let kind: XYPlot.Axis.Kind
  let lower: Double
  let upper: Double

  /// Ends a little beyond the numbers, unless the axis sets them.
  init(_ axis: XYPlot.Axis, _ values: [Double]) {
    kind = axis.kind
    let shown = values.filter { axis.shows($0) }
    var low = axis.lower ?? shown.min() ?? (axis.kind == .logarithmic ? 1 : 0)
    var high = axis.upper ?? shown.max() ?? (axis.kind == .logarithmic ? 10 : 1)
    if axis.kind == .logarithmic {
      if low <= 0 { low = min(1, high / 10) }
      if !(high > low) { (low, high) = (low / 2, max(low, high) * 2) }
      let border = logarithm10(high / low) * 0.04
      if axis.lower == nil { low /= powerOfTen(border) }
      if axis.upper == nil { high *= powerOfTen(border) }
    } else {
      if !(high > low) {
        let step = max(abs(low) * 0.1, 0.5)
        (low, high) = (low - step, max(low, high) + step)
      }
      let border = (high - low) * (axis.kind == .whole ? 0.015 : 0.04)
      if axis.lower == nil { low -= border }
      if axis.upper == nil { high += border }
    }
    lower = low
    upper = high
  }

  func share(_ value: Double) -> Double {
    kind == .logarithmic
      ? logarithm10(value / lower) / logarithm10(upper / lower) : (value - lower) / (upper - lower)
  }

  func ticks(count: Int) -> Ticks {
    switch kind {
    case .linear: Ticks.linear(lower, upper, count: count)
    case .whole: Ticks.whole(lower, upper, count: count)
    case .logarithmic: Ticks.logarithmic(lower, upper, count: count)
    }
  }
}
