/// Lines and points over two axes, in one or several panels side by side.
public struct XYPlot: Figure {
  /// One pair of axes.
  public struct Panel: Sendable {
    public var title: String
    public var x: Axis
    public var y: Axis
    public var series: [Series]
    public var references: [Reference]

    public init(_ title: String = "", x: Axis, y: Axis, series: [Series], references: [Reference] = []) {
      self.title = title
      self.x = x
      self.y = y
      self.series = series
      self.references = references
    }
  }

  /// An axis; its ends are those of the numbers unless set.
  public struct Axis: Sendable {
    public enum Kind: Sendable, Equatable {
      case linear
      /// Ticks at whole numbers only, for epochs.
      case whole
      /// To base ten; numbers that are not above 0 are not drawn.
      case logarithmic
    }

    public var label: String
    public var kind: Kind
    public var lower: Double?
    public var upper: Double?

    public init(_ label: String, _ kind: Kind = .linear, lower: Double? = nil, upper: Double? = nil) {
      self.label = label
      self.kind = kind
      self.lower = lower
      self.upper = upper
    }
  }

  /// Numbers that belong together.
  public struct Series: Sendable {
    public enum Style: Sendable, Equatable {
      case line(width: Double = 1.4, dash: [Double] = [])
      case points(radius: Double = 1.6, opacity: Double = 1)
      /// Bars from 0, so wide in units of x: a histogram.
      case columns(width: Double)
    }

    /// Its name in the legend; empty: not named there.
    public var name: String
    /// `[n]`; a line is broken where one of the two is not finite.
    public var x: [Double]
    public var y: [Double]
    public var style: Style
    /// nil: the palette's, in the order of the series.
    public var color: Color?

    public init(_ name: String, x: [Double], y: [Double], _ style: Style = .line(), color: Color? = nil) {
      self.name = name
      self.x = x
      self.y = y
      self.style = style
      self.color = color
    }
  }

  /// A line across the panel at one value.
  public struct Reference: Sendable {
    public enum Direction: Sendable { case vertical, horizontal, diagonal }

    public var direction: Direction
    /// On x for a vertical, on y for a horizontal line; unused for the diagonal x = y.
    public var value: Double
    /// Its name in the legend; empty: not named there.
    public var name: String
    public var stroke: Stroke

    public init(
      _ direction: Direction, at value: Double = 0, name: String = "",
      stroke: Stroke = Stroke(Color.softInk, width: 0.9, dash: [3, 2.5])
    ) {
      self.direction = direction
      self.value = value
      self.name = name
      self.stroke = stroke
    }
  }

  public var panels: [Panel]
  public var title: String
  /// Panels in a row; nil: up to three.
  public var columns: Int?
  /// The figure's width in points; nil: panels 3.4 inches wide.
  public var width: Double?

  public init(_ panels: [Panel], title: String = "", columns: Int? = nil, width: Double? = nil) {
    self.panels = panels
    self.title = title
    self.columns = columns
    self.width = width
  }

  /// Colours of lines: the palette without its yellow, which is weak on white.
  static let lineColors: [Color] = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x4B0096, 0x874B00].map
  {
    Color(hex: $0)
  }

  public func draw() throws -> Canvas {
    guard !panels.isEmpty else { throw PlotError.nothingToDraw(what: "no panel was asked for") }
    for panel in panels {
      for series in panel.series where series.x.count != series.y.count {
        throw PlotError.lengthMismatch(
          what: "Series '\(series.name)'", count: series.y.count, expected: series.x.count)
      }
    }
    let margin = 12.0
    let gap = 20.0
    let titleSize = 11.0
    let columns = max(1, min(panels.count, self.columns ?? 3))
    let rows = (panels.count + columns - 1) / columns
    let cellWidth = width.map { ($0 - 2 * margin - gap * Double(columns - 1)) / Double(columns) } ?? 245
    guard cellWidth >= 120 else {
      let needed = 2 * margin + gap * Double(columns - 1) + 120 * Double(columns)
      throw PlotError.tooNarrow(asked: width ?? 0, needed: needed)
    }
    let cellHeight = min(cellWidth * 0.82, 260)
    let whole = Double(columns) * cellWidth + gap * Double(columns - 1)
    let titleLines = TextMetrics.wrap(title, size: titleSize, bold: true, into: whole)
    let titleHeight = titleLines.isEmpty ? 0 : Double(titleLines.count) * titleSize * TextMetrics.lineHeight + 6
    var canvas = Canvas(
      width: width ?? whole + 2 * margin,
      height: 2 * margin + titleHeight + Double(rows) * cellHeight + gap * Double(rows - 1))
    for (i, line) in titleLines.enumerated() {
      let y = margin + (Double(i) + 0.8) * titleSize * TextMetrics.lineHeight
      canvas.text(TextRun(line, at: Point(margin, y), size: titleSize, bold: true))
    }
    for (i, panel) in panels.enumerated() {
      let cell = Rect(
        x: margin + Double(i % columns) * (cellWidth + gap),
        y: margin + titleHeight + Double(i / columns) * (cellHeight + gap), width: cellWidth, height: cellHeight)
      canvas.group("panel \(panel.title)") { canvas in AxesPanel(panel, in: cell).draw(on: &canvas) }
    }
    return canvas
  }
}
