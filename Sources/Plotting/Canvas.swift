import Images

/// A drawing as a list of shapes, in points (1/72 inch), y down, on white.
///
/// Figures draw on a canvas; `Figure.write` turns it into PNG, SVG or PDF. It draws nothing by itself.
public struct Canvas: Sendable {
  public let width: Double
  public let height: Double
  /// What was drawn, first at the bottom.
  public private(set) var elements: [Element] = []

  public indirect enum Element: Sendable {
    case path([Point], closed: Bool, fill: Color?, stroke: Stroke?)
    case rectangle(Rect, fill: Color?, stroke: Stroke?)
    case text(TextRun)
    case marks(Marks)
    case segments(Segments)
    case image(Image, Rect)
    /// Elements under a name (an SVG's group), shown inside `clip` only where there is one.
    case group(name: String, clip: Rect?, [Element])
  }

  public init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  public mutating func rectangle(_ rect: Rect, fill: Color? = nil, stroke: Stroke? = nil) {
    elements.append(.rectangle(rect, fill: fill, stroke: stroke))
  }

  /// A line through the points.
  public mutating func line(_ points: [Point], _ stroke: Stroke) {
    if points.count > 1 { elements.append(.path(points, closed: false, fill: nil, stroke: stroke)) }
  }

  public mutating func polygon(_ points: [Point], fill: Color? = nil, stroke: Stroke? = nil) {
    if points.count > 2 { elements.append(.path(points, closed: true, fill: fill, stroke: stroke)) }
  }

  /// A line of text; line breaks and other control characters become spaces.
  public mutating func text(_ run: TextRun) {
    var run = run
    if run.string.unicodeScalars.contains(where: \.isControl) {
      run.string = String(
        String.UnicodeScalarView(run.string.unicodeScalars.map { $0.isControl ? " " : $0 }))
    }
    if !run.string.isEmpty { elements.append(.text(run)) }
  }

  public mutating func marks(_ marks: Marks) {
    if !marks.centers.isEmpty { elements.append(.marks(marks)) }
  }

  public mutating func segments(_ segments: Segments) {
    if !segments.starts.isEmpty { elements.append(.segments(segments)) }
  }

  /// A picture stretched over `rect`.
  public mutating func image(_ image: Image, in rect: Rect) {
    elements.append(.image(image, rect))
  }

  /// Draws what `body` draws as one named group.
  public mutating func group(_ name: String, clip: Rect? = nil, _ body: (inout Canvas) -> Void) {
    var inner = Canvas(width: width, height: height)
    body(&inner)
    if !inner.elements.isEmpty { elements.append(.group(name: name, clip: clip, inner.elements)) }
  }

  /// Draws all of another canvas, its top left corner at `corner`.
  public mutating func draw(_ other: Canvas, at corner: Point) {
    add(other.elements.map { $0.moved(by: corner) })
  }

  /// Draws the elements on top, as they are.
  mutating func add(_ more: [Element]) { elements += more }

  /// Every text, in drawing order, groups entered.
  public var texts: [TextRun] { Self.texts(of: elements) }

  private static func texts(of elements: [Element]) -> [TextRun] {
    elements.flatMap { element -> [TextRun] in
      switch element {
      case .text(let run): [run]
      case .group(_, _, let inner): texts(of: inner)
      default: []
      }
    }
  }
}

/// How a line is drawn.
public struct Stroke: Sendable, Equatable {
  public var color: Color
  /// In points.
  public var width: Double
  /// Lengths of dashes and gaps in points; empty for a whole line.
  public var dash: [Double]

  public init(_ color: Color, width: Double = 0.8, dash: [Double] = []) {
    self.color = color
    self.width = width
    self.dash = dash
  }
}

/// A line of text.
public struct TextRun: Sendable, Equatable {
  public enum Horizontal: Sendable { case left, center, right }
  /// Which height of the letters stands at the position: their foot, the middle of capitals, or the top of capitals.
  public enum Vertical: Sendable { case baseline, middle, top }

  public var string: String
  public var position: Point
  /// The font's size in points.
  public var size: Double
  public var bold: Bool
  public var color: Color
  public var horizontal: Horizontal
  public var vertical: Vertical
  /// Whether the text runs upwards, as along a y axis.
  public var isVertical: Bool

  public init(
    _ string: String, at position: Point, size: Double, bold: Bool = false, color: Color = .ink,
    horizontal: Horizontal = .left, vertical: Vertical = .baseline, isVertical: Bool = false
  ) {
    self.string = string
    self.position = position
    self.size = size
    self.bold = bold
    self.color = color
    self.horizontal = horizontal
    self.vertical = vertical
    self.isVertical = isVertical
  }

  /// How far the foot of the letters lies below `position`: DejaVu's capitals are 0.729 of the size high.
  var drop: Double {
    switch vertical {
    case .baseline: 0
    case .middle: 0.3645 * size
    case .top: 0.729 * size
    }
  }
}

/// Many equal shapes in a few colours: the spots of a tissue, the dots of a scatter plot.
///
/// They are painted colour by colour, in the palette's order: later colours lie on top.
public struct Marks: Sendable {
  public enum Shape: Sendable, Equatable {
    case circle
    /// A regular hexagon; `angle` in radians turns it from the position with a corner at the right.
    case hexagon(angle: Double)
    case square(angle: Double)
  }

  public var shape: Shape
  /// From the centre to the circle, or to the corners, in points.
  public var radius: Double
  public var centers: [Point]
  /// For each centre the place of its colour in `palette`.
  public var colorIndices: [Int32]
  public var palette: [Color]
  public var opacity: Double
  /// How far each mark's own colour reaches over its edge, in points: shapes that tile the plane want a little, so that
  /// no pale seam shows between them.
  public var bleed: Double

  public init(
    _ shape: Shape = .circle, radius: Double, centers: [Point], colorIndices: [Int32], palette: [Color],
    opacity: Double = 1, bleed: Double = 0
  ) {
    precondition(centers.count == colorIndices.count, "\(colorIndices.count) colours for \(centers.count) marks")
    self.shape = shape
    self.radius = radius
    self.centers = centers
    self.colorIndices = colorIndices
    self.palette = palette
    self.opacity = opacity
    self.bleed = bleed
  }

  /// The corners of one mark around the origin; none for a circle.
  var corners: [Point] {
    switch shape {
    case .circle: []
    case .hexagon(let angle): Self.polygon(6, radius, angle)
    case .square(let angle): Self.polygon(4, radius, angle)
    }
  }

  private static func polygon(_ sides: Int, _ radius: Double, _ angle: Double) -> [Point] {
    (0..<sides).map { k in
      let phi = angle + 2 * Double.pi * Double(k) / Double(sides)
      return Point(radius * cosine(phi), radius * sine(phi))
    }
  }

  /// The marks' positions, colour by colour; those that are not finite or without a colour are left out.
  var order: [(color: Color, members: [Int])] {
    var members = [[Int]](repeating: [], count: palette.count)
    for (i, index) in colorIndices.enumerated() where index >= 0 && Int(index) < palette.count {
      if centers[i].x.isFinite && centers[i].y.isFinite { members[Int(index)].append(i) }
    }
    return zip(palette, members).filter { !$0.1.isEmpty }.map { ($0, $1) }
  }
}

extension Unicode.Scalar {
  fileprivate var isControl: Bool { properties.generalCategory == .control }
}
