import StomicsCore

/// The edges of a panel made ready, in the slice's coordinates.
struct PreparedEdges {
  var starts: [Point] = []
  var ends: [Point] = []
  /// Places in `palette`.
  var colorIndices: [Int32] = []
  /// Their width, as a share of the distance between spots.
  var width = 0.2
  var palette: [Color] = []
}

extension CSRMatrix {
  /// `[E]`: every weight times the number of weights of its row: 1 where a spot listens to all alike.
  var multiplesOfEqualShare: [Double] {
    (0..<rows).flatMap { i in
      let range = range(ofRow: i)
      return values[range].map { Double($0) * Double(range.count) }
    }
  }
}

extension SpatialMap {
  /// More edges than this are not told apart: those of some spots, chosen evenly by lot, stand for all.
  static let edgeLimit = 50_000
  /// How large spots are drawn between edges.
  static let dotScale = 0.45

  /// Edges over the whole slice: of the line to each neighbour the half at the listening spot, in the colour of the weight,
  /// so that both directions show. A dot is the spot's weight on itself, grey where it has none.
  func prepareEdges(_ panel: Panel, _ weights: CSRMatrix, _ scale: ResolvedScale) -> PreparedPanel {
    let multiples = weights.multiplesOfEqualShare
    let chosen = spotsWithEdges(weights)
    var dots = [Int32](repeating: 0, count: weights.rows)
    var edges: [(from: Point, to: Point, color: Int32)] = []
    for i in 0..<weights.rows {
      for e in weights.range(ofRow: i) {
        let color = Int32(scale.scale.map.index(of: scale.share(multiples[e])))
        let source = Int(weights.indices[e])
        if source == i {
          dots[i] = color + 1
        } else if chosen[i] {
          let here = tissue.coordinates[i]
          edges.append((here, (here + tissue.coordinates[source]) / 2, color))
        }
      }
    }
    // What lies far from an equal share is on top.
    let middle = Int32(scale.scale.map.colors.count / 2)
    edges.sort { (abs($0.color - middle), $0.color) < (abs($1.color - middle), $1.color) }
    return PreparedPanel(
      subtitle: [panel.subtitle, note(chosen)].filter { !$0.isEmpty }.joined(separator: " · "), colorIndices: dots,
      palette: [.missing] + scale.scale.map.colors, scale: scale, spotScale: Self.dotScale,
      edges: PreparedEdges(
        starts: edges.map(\.from), ends: edges.map(\.to), colorIndices: edges.map(\.color),
        palette: scale.scale.map.colors))
  }

  /// Every edge once, whichever of its directions are there, under small spots.
  func prepareGraph(_ spots: PreparedPanel, _ graph: CSRMatrix) -> PreparedPanel {
    var panel = spots
    panel.spotScale = Self.dotScale
    let chosen = spotsWithEdges(graph)
    var edges = PreparedEdges(width: 0.07, palette: [.edge])
    var seen = Set<UInt64>()
    for i in 0..<graph.rows where chosen[i] {
      for e in graph.range(ofRow: i) {
        let j = Int(graph.indices[e])
        if i == j || !seen.insert(UInt64(min(i, j)) << 32 | UInt64(max(i, j))).inserted { continue }
        edges.starts.append(tissue.coordinates[i])
        edges.ends.append(tissue.coordinates[j])
        edges.colorIndices.append(0)
      }
    }
    panel.edges = edges
    panel.subtitle = [panel.subtitle, note(chosen)].filter { !$0.isEmpty }.joined(separator: " · ")
    return panel
  }

  private func note(_ chosen: [Bool]) -> String {
    let shown = chosen.reduce(0) { $0 + ($1 ? 1 : 0) }
    return shown == chosen.count
      ? "" : "edges of \(grouped(shown)) of \(grouped(chosen.count)) spots, chosen by lot"
  }

  /// `[N]`: whether a spot's edges are drawn.
  private func spotsWithEdges(_ weights: CSRMatrix) -> [Bool] {
    guard weights.nonzeroCount > Self.edgeLimit else { return [Bool](repeating: true, count: weights.rows) }
    let share = Double(Self.edgeLimit) / Double(weights.nonzeroCount)
    var lot = SeededGenerator(seed: 0)
    return (0..<weights.rows).map { _ in lot.uniform() < share }
  }
}

/// One spot among its neighbours.
struct Neighbourhood {
  let spot: Int
  /// `[N, N]`
  let weights: CSRMatrix
  let scale: ResolvedScale
  /// `[N]`, what spots are called by; missing where there are no labels.
  let domainColors: [Color]

  private static let mostNumbers = 12
  private static let numberSize = 6.5

  private struct Neighbour {
    let spot: Int
    let share: Double
    let color: Color
  }

  /// The spot's neighbours that have a place, and perhaps itself, least weight first.
  private func neighbours(_ coordinates: [Point]) -> [Neighbour] {
    let range = weights.range(ofRow: spot)
    return range.compactMap { e -> Neighbour? in
      let share = Double(weights.values[e])
      let other = Int(weights.indices[e])
      guard coordinates[other].x.isFinite, coordinates[other].y.isFinite else { return nil }
      return Neighbour(
        spot: other, share: share, color: scale.scale.map.color(at: scale.share(share * Double(range.count))))
    }.sorted { ($0.share, $0.spot) < ($1.share, $1.spot) }
  }

  /// How far the view reaches from the spot, in units of the coordinates.
  func reach(_ coordinates: [Point], spacing: Double) -> Double {
    let farthest = neighbours(coordinates).reduce(0.0) {
      max($0, length(coordinates[$1.spot] - coordinates[spot]))
    }
    return max(1.6 * farthest, 2.3 * spacing)
  }

  /// Draws the spots of the window pale in their domains' colours, the neighbours in the colour of their weight with a rim
  /// of their domain's, and lines that are wider the more weight they carry.
  func draw(_ coordinates: [Point], _ view: SpotView, in frame: Rect, on canvas: inout Canvas) {
    let neighbours = neighbours(coordinates)
    let radius = view.pointRadius(in: frame)
    let center = view.place(coordinates[spot], in: frame)
    var near = Set(neighbours.map(\.spot))
    near.insert(spot)
    let visible = frame.inset(by: -radius)
    let context = coordinates.indices.filter { i in
      let place = view.place(coordinates[i], in: frame)
      return !near.contains(i) && place.x >= visible.x && place.x <= visible.maxX && place.y >= visible.y
        && place.y <= visible.maxY
    }
    discs(context.map { ($0, domainColors[$0].mixed(with: .white, share: 0.6)) }, radius)
    let greatest = neighbours.last?.share ?? 1
    for neighbour in neighbours where neighbour.spot != spot {
      let width = (0.15 + 0.4 * (greatest > 0 ? neighbour.share / greatest : 0)) * radius
      canvas.line([view.place(coordinates[neighbour.spot], in: frame), center], Stroke(neighbour.color, width: width))
    }
    let others = neighbours.filter { $0.spot != spot }
    discs(others.map { ($0.spot, domainColors[$0.spot]) }, radius)
    discs(others.map { ($0.spot, .white) }, 0.8 * radius)
    discs(others.map { ($0.spot, $0.color) }, 0.74 * radius)
    let own = neighbours.first { $0.spot == spot }
    discs([(spot, .black)], 1.16 * radius)
    discs([(spot, domainColors[spot])], radius)
    discs([(spot, .white)], 0.8 * radius)
    if let own { discs([(spot, own.color)], 0.74 * radius) }
    for neighbour in neighbours.suffix(Self.mostNumbers) {
      let place = view.place(coordinates[neighbour.spot], in: frame)
      number(neighbour, at: place, from: center)
    }

    func discs(_ spots: [(spot: Int, color: Color)], _ radius: Double) {
      let palette = Array(Set(spots.map(\.color))).sorted { $0.hex < $1.hex }
      let places = Dictionary(uniqueKeysWithValues: palette.enumerated().map { ($1, Int32($0)) })
      canvas.marks(
        Marks(
          radius: radius, centers: spots.map { view.place(coordinates[$0.spot], in: frame) },
          colorIndices: spots.map { places[$0.color] ?? 0 }, palette: palette))
    }

    /// The share of the attention in the disc, or beside it where it does not fit.
    func number(_ neighbour: Neighbour, at place: Point, from center: Point) {
      let text = fixed(neighbour.share, 2)
      let width = TextMetrics.width(text, size: Self.numberSize)
      if width <= 1.4 * radius {
        let ink: Color = neighbour.color.brightness < 0.45 ? .white : .ink
        canvas.text(
          TextRun(text, at: place, size: Self.numberSize, color: ink, horizontal: .center, vertical: .middle))
      } else {
        let way = place - center
        let distance = length(way)
        let outwards = distance > 0 ? way / distance : Point(0, -1)
        canvas.text(
          TextRun(
            text, at: place + outwards * (radius + 0.55 * width), size: Self.numberSize, horizontal: .center,
            vertical: .middle))
      }
    }
  }

  /// A ring where the spot lies in a map of the whole slice.
  static func ring(around center: Point, radius: Double, on canvas: inout Canvas) {
    let points = (0..<48).map { k in
      let angle = 2 * Double.pi * Double(k) / 48
      return center + Point(cosine(angle), sine(angle)) * radius
    }
    canvas.polygon(points, stroke: Stroke(.white, width: 2.6))
    canvas.polygon(points, stroke: Stroke(.black, width: 1.2))
  }
}
