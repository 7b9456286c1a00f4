/// Figures under each other, such as histograms over their maps.
public struct FigureStack: Figure {
  public var figures: [any Figure]

  public init(_ figures: [any Figure]) { self.figures = figures }

  public func draw() throws -> Canvas {
    let drawn = try figures.map { try $0.draw() }
    guard !drawn.isEmpty else { throw PlotError.nothingToDraw(what: "no figure was asked for") }
    var canvas = Canvas(width: drawn.reduce(0) { max($0, $1.width) }, height: drawn.reduce(0) { $0 + $1.height })
    var top = 0.0
    for figure in drawn {
      canvas.draw(figure, at: Point(0, top))
      top += figure.height
    }
    return canvas
  }
}

extension Canvas.Element {
  /// The element elsewhere.
  func moved(by way: Point) -> Canvas.Element {
    func moved(_ rect: Rect) -> Rect {
      Rect(x: rect.x + way.x, y: rect.y + way.y, width: rect.width, height: rect.height)
    }
    switch self {
    case .path(let points, let closed, let fill, let stroke):
      return .path(points.map { $0 + way }, closed: closed, fill: fill, stroke: stroke)
    case .rectangle(let rect, let fill, let stroke): return .rectangle(moved(rect), fill: fill, stroke: stroke)
    case .text(var run):
      run.position += way
      return .text(run)
    case .marks(var marks):
      marks.centers = marks.centers.map { $0 + way }
      return .marks(marks)
    case .segments(var segments):
      segments.starts = segments.starts.map { $0 + way }
      segments.ends = segments.ends.map { $0 + way }
      return .segments(segments)
    case .image(let image, let rect): return .image(image, moved(rect))
    case .group(let name, let clip, let members):
      return .group(name: name, clip: clip.map(moved), members.map { $0.moved(by: way) })
    }
  }
}
