import Glibc
import StomicsCore

/// Where the tissue lies on the capture area: a rounded rectangle with a waved edge.
struct Outline: Sendable {
  let centre: Point
  let halfWidth: Double
  let halfHeight: Double
  let waves: [(field: SmoothField, height: Double)]

  /// 0 in the middle, about 1 at the border of the capture area.
  func level(at point: Point) -> Double {
    let x = (point.x - centre.x) / halfWidth
    let y = (point.y - centre.y) / halfHeight
    let x2 = x * x
    let y2 = y * y
    var level = (x2 * x2 + y2 * y2).squareRoot().squareRoot()
    for wave in waves { level += wave.height * wave.field.value(at: point) }
    return level
  }
}

/// The shape of the layers: shells about a centre beyond the white matter, waved together and each border by itself.
struct LayerShells: Sendable {
  let centre: Point
  let sharedWave: SmoothField
  let sharedHeight: Double
  let borderWaves: [SmoothField]
  let borderHeight: Double

  /// Micrometres below the pia, up to a constant.
  func depth(at point: Point) -> Double {
    let dx = point.x - centre.x
    let dy = point.y - centre.y
    return sharedHeight * sharedWave.value(at: point) - (dx * dx + dy * dy).squareRoot()
  }

  /// How far one border is lifted at a point.
  func lift(ofBorder border: Int, at point: Point) -> Double {
    borderHeight * borderWaves[border].value(at: point)
  }
}

/// The simulated tissue. Everything is a function of the place, so that spots and picture agree.
struct Tissue: Sendable {
  let grid: HexGrid
  /// The spots under tissue, as numbers of `grid`, ascending, `[N]`.
  let spots: [Int]
  let outline: Outline
  /// Tissue lies where the outline's level is at most this.
  let outlineLevel: Double
  let shells: LayerShells
  /// The depths of the six borders between the seven layers.
  let borders: [Double]
  /// The depths between which the spots lie.
  let depthRange: ClosedRange<Double>
  /// Each spot's own straying over the borders in micrometres, `[N]`.
  let straying: [Double]

  init(options: SimulationOptions) {
    typealias Model = CortexModel
    var generator = SeededGenerator(seed: options.seed, stream: Model.Stream.tissue)
    let grid = options.spots <= HexGrid.standard.count ? HexGrid.standard : HexGrid.large
    let centre = grid.centre
    // The tissue's side as a share of the capture area's.
    let side = (Double(options.spots) / Double(grid.count)).squareRoot()

    let outline = Outline(
      centre: centre, halfWidth: grid.widthMicrons / 2, halfHeight: grid.heightMicrons / 2,
      waves: [
        (SmoothField(wavelengths: 2500...6000, using: &generator), 0.06 * side),
        (SmoothField(wavelengths: 500...1500, using: &generator), 0.02 * side),
      ])
    let levels = (0..<grid.count).map { outline.level(at: grid.point($0)) }
    let order = (0..<grid.count).sorted { (levels[$0], $0) < (levels[$1], $1) }
    let spots = order.prefix(options.spots).sorted()

    // The white matter lies below, to the left or to the right, never exactly on an axis.
    let tilt = (generator.integer(below: 2) == 0 ? 0.3 : -0.3) + generator.uniform(-0.1, 0.1)
    let angle = Double.pi / 2 + tilt
    let radius = Model.curvatureRadiusMicrons
    let scale = min(1, side * grid.heightMicrons / HexGrid.standard.heightMicrons)
    let shells = LayerShells(
      centre: Point(x: centre.x + radius * cos(angle), y: centre.y + radius * sin(angle)),
      sharedWave: SmoothField(wavelengths: 2500...6000, using: &generator),
      sharedHeight: Model.sharedWaveMicrons * scale,
      borderWaves: (1..<Model.layers.count).map { _ in
        SmoothField(wavelengths: 900...2500, using: &generator)
      },
      borderHeight: Model.borderWaveMicrons * scale)
    let straying = spots.map { _ in generator.standardNormal() * Model.strayMicrons }

    // Each border at the quantile that gives the layers above it their share.
    let depths = spots.map { shells.depth(at: grid.point($0)) }
    var share = 0.0
    borders = (0..<Model.layers.count - 1).map { border in
      share += Model.layerShares[border]
      let lifted = spots.indices
        .map { depths[$0] + straying[$0] + shells.lift(ofBorder: border, at: grid.point(spots[$0])) }
        .sorted()
      let rank = min(max(Int((share * Double(lifted.count)).rounded()), 1), lifted.count - 1)
      return (lifted[rank - 1] + lifted[rank]) / 2
    }
    self.grid = grid
    self.spots = spots
    self.outline = outline
    outlineLevel = levels[order[options.spots - 1]]
    self.shells = shells
    depthRange = (depths.min() ?? 0)...(depths.max() ?? 0)
    self.straying = straying
  }

  /// Distances in micrometres below the six borders at a point, negative above; `straying` is added.
  func distancesBelowBorders(at point: Point, straying: Double = 0) -> [Double] {
    let depth = shells.depth(at: point) + straying
    return borders.indices.map { depth + shells.lift(ofBorder: $0, at: point) - borders[$0] }
  }

  /// The layer at a point, 0 (Layer1) to 6 (white matter).
  func layer(at point: Point, straying: Double = 0) -> Int {
    distancesBelowBorders(at: point, straying: straying).count { $0 > 0 }
  }

  /// How much of each layer mixes at a point, `[7]`, summing to 1: all of one but for the transitions at the borders.
  func mixture(at point: Point, straying: Double) -> [Double] {
    var below = 1.0
    var mixture: [Double] = []
    for distance in distancesBelowBorders(at: point, straying: straying) {
      let next = min(below, 1 / (1 + exp(-distance / CortexModel.transitionMicrons)))
      mixture.append(below - next)
      below = next
    }
    mixture.append(below)
    return mixture
  }

  /// 0 at the pia to 1 at the deepest spot.
  func relativeDepth(at point: Point) -> Double {
    let span = depthRange.upperBound - depthRange.lowerBound
    return span > 0 ? (shells.depth(at: point) - depthRange.lowerBound) / span : 0
  }
}
