import Images

/// The part of a slice that is shown, and the way from its coordinates to a panel.
struct SpotView {
  /// Width and height of the view in units of the coordinates, as oriented for the eye.
  private(set) var size: Point
  /// The median distance to the nearest spot.
  let spacing: Double

  private let tissue: Tissue
  /// The shown part in the slice's own coordinates.
  private var area: Rect
  private let shape: Marks.Shape
  /// In units of the coordinates.
  private let radius: Double
  /// The tissue image's part that is shown, oriented, and its area in the slice's own coordinates.
  private var picture: (image: Image, area: Rect)?

  /// nil where no spot has finite coordinates.
  init?(_ tissue: Tissue, spotScale: Double) {
    guard let box = Rect.bounding(tissue.coordinates) else { return nil }
    self.tissue = tissue
    let grid = SpotGrid(tissue.coordinates)
    spacing = grid.spacing ?? 1
    let quarterTurn = Double.pi / 2 * Double(tissue.orientation.quarterTurns)
    // A mirrored slice has mirrored rows.
    func turned(_ angle: Double) -> Double { (tissue.orientation.mirrored ? -angle : angle) + quarterTurn }
    let ownRadius: Double
    switch tissue.shape {
    case .circle:
      shape = .circle
      let diameter = tissue.spotDiameter.flatMap { $0.isFinite && $0 > 0 ? $0 : nil }
      ownRadius = (diameter ?? grid.diameter) / 2
    case .hexagon:
      shape = .hexagon(angle: turned(grid.hexagonalAngle) + Double.pi / 6)
      ownRadius = spacing / 3.0.squareRoot()
    case .square:
      shape = .square(angle: turned(grid.squareAngle) + Double.pi / 4)
      ownRadius = spacing / 2.0.squareRoot()
    }
    radius = ownRadius * spotScale
    let border = max(radius, spacing / 2) + 0.01 * max(box.width, box.height)
    var area = box.inset(by: -border)
    // A line of spots still gets a panel that one can see.
    let least = max(area.width, area.height) / 8
    if area.width < least { area = Rect(x: area.center.x - least / 2, y: area.y, width: least, height: area.height) }
    if area.height < least { area = Rect(x: area.x, y: area.center.y - least / 2, width: area.width, height: least) }
    if let crop = tissue.crop { area = crop }
    self.area = area
    size = tissue.orientation.swapsAxes ? Point(area.height, area.width) : Point(area.width, area.height)
    picture = tissue.background.flatMap { Self.crop($0, to: area, tissue.orientation) }
  }

  /// The same slice, seen through a window of `width` by `height` around a place, as oriented for the eye.
  func showing(_ center: Point, width: Double, height: Double) -> SpotView {
    var view = self
    view.size = Point(width, height)
    let shown = tissue.orientation.swapsAxes ? Point(height, width) : Point(width, height)
    view.area = Rect(x: center.x - shown.x / 2, y: center.y - shown.y / 2, width: shown.x, height: shown.y)
    view.picture = tissue.background.flatMap { Self.crop($0, to: view.area, tissue.orientation) }
    return view
  }

  private static func crop(
    _ background: Tissue.Background, to area: Rect, _ orientation: Orientation
  ) -> (Image, Rect)? {
    let scale = background.scale
    guard scale.isFinite, scale > 0 else { return nil }
    func range(_ low: Double, _ high: Double, _ limit: Int) -> Range<Int> {
      let start = min(Double(limit), max(0, (low * scale).rounded(.down)))
      let end = min(Double(limit), max(start, (high * scale).rounded(.up)))
      return Int(start)..<Int(end)
    }
    let columns = range(area.x, area.maxX, background.image.width)
    let rows = range(area.y, area.maxY, background.image.height)
    guard !columns.isEmpty, !rows.isEmpty else { return nil }
    let image = background.image.cropped(columns: columns, rows: rows).oriented(orientation)
      .overWhite(opacity: background.opacity)
    let covered = Rect(
      x: Double(columns.lowerBound) / scale, y: Double(rows.lowerBound) / scale,
      width: Double(columns.count) / scale, height: Double(rows.count) / scale)
    return (image, covered)
  }

  /// Whether a place lies in the shown part or at its rim.
  func shows(_ point: Point) -> Bool {
    point.x >= area.x - radius && point.x <= area.maxX + radius && point.y >= area.y - radius
      && point.y <= area.maxY + radius
  }

  /// Where a place of the slice stands in a panel.
  func place(_ point: Point, in frame: Rect) -> Point {
    let turned = tissue.orientation.apply(
      point - Point(area.x, area.y), width: area.width, height: area.height)
    return Point(frame.x, frame.y) + turned * (frame.width / size.x)
  }

  /// A spot's radius in points.
  func pointRadius(in frame: Rect) -> Double { radius * frame.width / size.x }

  /// Of a cropped slice only the edges that may reach into the shown part.
  func segments(_ edges: PreparedEdges, in frame: Rect) -> Segments {
    let shown = edges.starts.indices.filter { e in
      guard tissue.crop != nil else { return true }
      let low = pointwiseMin(edges.starts[e], edges.ends[e])
      let high = pointwiseMax(edges.starts[e], edges.ends[e])
      return high.x >= area.x && low.x <= area.maxX && high.y >= area.y && low.y <= area.maxY
    }
    return Segments(
      starts: shown.map { place(edges.starts[$0], in: frame) }, ends: shown.map { place(edges.ends[$0], in: frame) },
      width: min(2.5, max(0.3, edges.width * spacing * frame.width / size.x)),
      colorIndices: shown.map { edges.colorIndices[$0] }, palette: edges.palette)
  }

  func marks(_ panel: PreparedPanel, in frame: Rect, opacity: Double) -> Marks {
    let points = pointRadius(in: frame) * panel.spotScale
    // Of a cropped slice no file holds the spots that nobody sees.
    let shown =
      tissue.crop == nil
      ? Array(tissue.coordinates.indices)
      : tissue.coordinates.indices.filter {
        shows(tissue.coordinates[$0])
      }
    return Marks(
      shape, radius: points, centers: shown.map { place(tissue.coordinates[$0], in: frame) },
      colorIndices: shown.map { panel.colorIndices[$0] }, palette: panel.palette, opacity: opacity,
      bleed: shape == .circle || opacity < 1 ? 0 : min(0.2, 0.15 * points))
  }

  /// The tissue image's shown part and where it stands.
  func background(in frame: Rect) -> (Image, Rect)? {
    guard let picture else { return nil }
    let one = place(Point(picture.area.x, picture.area.y), in: frame)
    let other = place(Point(picture.area.maxX, picture.area.maxY), in: frame)
    return (
      picture.image,
      Rect(x: min(one.x, other.x), y: min(one.y, other.y), width: abs(one.x - other.x), height: abs(one.y - other.y))
    )
  }
}
