import Images
import StomicsCore

/// Where the spots of a slice lie, how large they are, and what lies under them.
public struct Tissue: Sendable {
  /// How a spot is drawn.
  public enum SpotShape: String, Sendable, CaseIterable {
    case circle
    /// Hexagons or squares that tile the grid without gaps, turned as the grid lies.
    case hexagon, square
  }

  /// A tissue image: `scale` of its pixels make one unit of the coordinates, with the same origin at the top left.
  public struct Background: Sendable {
    public var image: Image
    public var scale: Double
    /// How strongly it shows over white, 0 to 1.
    public var opacity: Double

    public init(_ image: Image, scale: Double, opacity: Double = 0.5) {
      self.image = image
      self.scale = scale
      self.opacity = opacity
    }
  }

  /// `[N]`: x to the right, y **down**, as in the pixels of the full-resolution image. Spots whose coordinates are not
  /// finite are not drawn.
  public var coordinates: [Point]
  /// The spots' true diameter in units of the coordinates; nil: 0.8 of the median distance to the nearest spot, more
  /// where cells lie in clumps.
  public var spotDiameter: Double?
  public var shape: SpotShape
  public var background: Background?
  /// How the slice is turned and mirrored for the eye; as it lies unless set.
  public var orientation: Orientation
  /// Micrometres a unit of the coordinates: a scale bar is drawn where it is known.
  public var micronsPerUnit: Double?
  /// The part that is shown, in units of the coordinates; nil: all spots.
  public var crop: Rect?

  public init(
    coordinates: [Point], spotDiameter: Double? = nil, shape: SpotShape = .circle, background: Background? = nil,
    orientation: Orientation = .identity, micronsPerUnit: Double? = nil, crop: Rect? = nil
  ) {
    self.coordinates = coordinates
    self.spotDiameter = spotDiameter
    self.shape = shape
    self.background = background
    self.orientation = orientation
    self.micronsPerUnit = micronsPerUnit
    self.crop = crop
  }
}

extension Tissue {
  /// Micrometres a unit of the coordinates of a Visium slide, whose spots lie 100 apart in a hexagonal grid; nil where the
  /// spots are no such grid, or their size is not that of Visium's.
  ///
  /// Files give the diameter of a spot as about 0.65 of that distance (Space Ranger's circles are 65 wide, larger than the
  /// printed 55), too roughly for a scale.
  public var visiumMicronsPerUnit: Double? {
    guard let spotDiameter, (50...20_000).contains(coordinates.count),
      let spacing = SpotGrid(coordinates).spacing, spacing > 0, (0.5...0.8).contains(spotDiameter / spacing)
    else { return nil }
    // Six spots stand around each of a hexagonal grid; the next ones are 1.7 times as far.
    let counts = stride(from: 0, to: coordinates.count, by: max(1, coordinates.count / 100)).map { i in
      coordinates.reduce(-1) { $0 + (length($1 - coordinates[i]) < 1.3 * spacing ? 1 : 0) }
    }
    return counts.sorted()[counts.count / 2] == 6 ? 100 / spacing : nil
  }
}

/// What the spots' positions say about their grid.
struct SpotGrid {
  /// The median distance to the nearest other spot; nil with fewer than two places.
  let spacing: Double?
  /// What a spot whose size is not known is drawn with.
  let diameter: Double
  /// The direction of the rows of a hexagonal or a square grid, radians.
  let hexagonalAngle: Double
  let squareAngle: Double

  /// Looks at up to 2,000 spots, evenly chosen; exact nearest neighbours by a grid of cells.
  init(_ coordinates: [Point]) {
    let points = coordinates.filter { $0.x.isFinite && $0.y.isFinite }
    guard points.count > 1, let box = Rect.bounding(points), max(box.width, box.height) > 0 else {
      (spacing, diameter, hexagonalAngle, squareAngle) = (nil, 1, 0, 0)
      return
    }
    let cells = CellGrid(points, box)
    var distances = [Double]()
    var six = Point.zero
    var four = Point.zero
    for i in stride(from: 0, to: points.count, by: max(1, points.count / 2000)) {
      guard let offset = cells.nearestOffset(of: points[i], in: points) else { continue }
      distances.append(length(offset))
      let angle = arcTangent(offset)
      six += Point(cosine(6 * angle), sine(6 * angle))
      four += Point(cosine(4 * angle), sine(4 * angle))
    }
    distances.sort()
    let median = distances.isEmpty ? nil : quantile(distances, 0.5)
    spacing = median
    // On a grid the second is the smaller; scattered cells have close neighbours and gaps, and would vanish without it.
    diameter = max(0.8 * (median ?? 1), 0.55 * (box.width * box.height / Double(points.count)).squareRoot())
    hexagonalAngle = arcTangent(six) / 6
    squareAngle = arcTangent(four) / 4
  }
}

/// Points sorted into square cells of about two points each.
private struct CellGrid {
  let origin: Point
  let side: Double
  let columns: Int
  let rows: Int
  let starts: [Int]
  let members: [Int32]

  init(_ points: [Point], _ box: Rect) {
    origin = Point(box.x, box.y)
    // A line of points has no area: its cells are cut along its length.
    let area = box.width * box.height
    let longer = max(box.width, box.height)
    let count = Double(points.count)
    let side = max((area * 2 / count).squareRoot(), longer * 2 / count, longer / 4096)
    self.side = side
    columns = Int(box.width / side) + 1
    rows = Int(box.height / side) + 1
    var starts = [Int](repeating: 0, count: columns * rows + 1)
    let columns = columns
    let cells = points.map { Int(($0.y - box.y) / side) * columns + Int(($0.x - box.x) / side) }
    for cell in cells { starts[cell + 1] += 1 }
    for cell in 0..<starts.count - 1 { starts[cell + 1] += starts[cell] }
    var next = starts
    var members = [Int32](repeating: 0, count: points.count)
    for (i, cell) in cells.enumerated() {
      members[next[cell]] = Int32(i)
      next[cell] += 1
    }
    self.starts = starts
    self.members = members
  }

  /// The vector to the nearest point elsewhere.
  func nearestOffset(of point: Point, in points: [Point]) -> Point? {
    let column = Int((point.x - origin.x) / side)
    let row = Int((point.y - origin.y) / side)
    var best: Point?
    var bestDistance = Double.infinity
    for ring in 0...max(columns, rows) {
      if Double(ring - 1) * side > bestDistance { break }
      for y in max(0, row - ring)...min(rows - 1, row + ring) {
        let whole = y == row - ring || y == row + ring
        for x in stride(from: column - ring, through: column + ring, by: whole ? 1 : max(1, 2 * ring))
        where x >= 0 && x < columns {
          for k in starts[y * columns + x]..<starts[y * columns + x + 1] {
            let offset = points[Int(members[k])] - point
            let distance = length(offset)
            if distance > 0 && distance < bestDistance {
              bestDistance = distance
              best = offset
            }
          }
        }
      }
    }
    return best
  }
}
