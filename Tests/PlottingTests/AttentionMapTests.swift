import Images
import Plotting
import StomicsCore
import Testing

/// Attention over the letter F: the corner (0, 0) listens to the right, little to below; everybody else to the corner.
enum ListeningF {
  static let weights: CSRMatrix = {
    var pointers = [0, 2]
    var indices: [Int32] = [1, 4]
    var values: [Float] = [0.9, 0.1]
    for i in 1..<10 {
      indices.append(0)
      values.append(1)
      pointers.append(1 + i + 1)
    }
    return CSRMatrix(rows: 10, columns: 10, indptr: pointers, indices: indices, values: values)
  }()
  /// From 0.2 to 1.8: the corner's two weights are the ends.
  static let scale = ValueScale.multiplesOfEqualShare(upper: .value(1.8), label: "multiples")
  static let most = ColorMap.coolwarm.colors[255]
  static let least = ColorMap.coolwarm.colors[0]

  static func map(_ contents: SpatialMap.Panel.Content..., orientation: Orientation = .identity) -> SpatialMap {
    var tissue = LetterF.tissue
    tissue.orientation = orientation
    return SpatialMap(tissue, panels: contents.map { SpatialMap.Panel("Attention", $0) })
  }

  static func corner(_ labels: Labels? = LetterF.truth) -> SpatialMap.Panel.Content {
    .neighbourhood(of: 0, weights, labels, scale)
  }
}

@Suite("Maps of attention") struct AttentionMapTests {
  /// The middle of a colour inside the first panel, in points from the panel's corner.
  private func center(of color: Color, _ map: SpatialMap) throws -> Point? {
    let frame = try firstPanel(of: map.draw())
    let image = try Image(png: map.bytes(.png, dotsPerInch: 144))
    var sum = Point.zero
    var count = 0.0
    for y in Int(2 * frame.y)..<min(image.height, Int(2 * frame.maxY)) {
      for x in Int(2 * frame.x)..<min(image.width, Int(2 * frame.maxX))
      where image[x, y] == SIMD4(color.red, color.green, color.blue, 255) {
        sum += Point(Double(x) / 2 - frame.x, Double(y) / 2 - frame.y)
        count += 1
      }
    }
    return count == 0 ? nil : sum / count
  }

  private func firstPanel(of canvas: Canvas) throws -> Rect {
    let clips = canvas.elements.compactMap { element -> Rect? in
      if case .group(_, let clip?, _) = element { clip } else { nil }
    }
    return try #require(clips.first)
  }

  @Test("an edge's half at the listening spot has the weight's colour, where the spot lies") func axes() throws {
    let map = ListeningF.map(.edges(ListeningF.weights, ListeningF.scale))
    let most = try #require(try center(of: ListeningF.most, map))
    let least = try #require(try center(of: ListeningF.least, map))
    // The corner's edges run right and down: their halves lie a quarter of a unit from it or a little more, where the
    // dot begins.
    #expect(most.x > least.x && most.y < least.y)
    #expect(abs((most.x - least.x) - (least.y - most.y)) < 1.5)
    // Turned clockwise the strong edge runs down, the weak one left.
    let turned = ListeningF.map(
      .edges(ListeningF.weights, ListeningF.scale), orientation: Orientation(mirrored: false, quarterTurns: 1))
    let strong = try #require(try center(of: ListeningF.most, turned))
    let weak = try #require(try center(of: ListeningF.least, turned))
    #expect(strong.y > weak.y && strong.x > weak.x)
  }

  @Test("a spot's own weight colours its dot; without one it is grey") func ownWeight() throws {
    var weights = ListeningF.weights
    weights.indices[2] = 1  // spot 1 listens to itself alone
    weights.values[0] = 0.5
    weights.values[1] = 0.5
    let scale = ValueScale.multiplesOfEqualShare(upper: .value(1.5), label: "")
    let map = ListeningF.map(.edges(weights, scale))
    // Every weight is an equal share: the middle of the map, and so is the dot of spot 1.
    #expect(try center(of: ColorMap.coolwarm.colors[128], map) != nil)
    #expect(try center(of: ListeningF.most, map) == nil)
    #expect(try center(of: .missing, map) != nil)
  }

  @Test("a spot among those it listens to: numbers stand at the neighbours, on the side where they lie")
  func neighbourhood() throws {
    for (mirrored, turns, strong, weak) in [
      (false, 0, Point(1, 0), Point(0, 1)), (false, 1, Point(0, 1), Point(-1, 0)), (true, 0, Point(-1, 0), Point(0, 1)),
    ] {
      let map = ListeningF.map(
        ListeningF.corner(), orientation: Orientation(mirrored: mirrored, quarterTurns: turns))
      let canvas = try map.draw()
      let frame = try firstPanel(of: canvas)
      #expect(abs(frame.width - frame.height) < 1e-9, "an enlarged spot's panel is square")
      let numbers = canvas.texts.filter { ["0.90", "0.10"].contains($0.string) }
      try #require(numbers.count == 2)
      for run in numbers {
        let way = run.position - frame.center
        let expected = run.string == "0.90" ? strong : weak
        let along = way.x * expected.x + way.y * expected.y
        let aside = way.x * expected.y - way.y * expected.x
        #expect(along > 10 && abs(aside) < 1, "\(run.string) at \(way), mirrored \(mirrored), \(turns) turns")
      }
      #expect(canvas.texts.contains { $0.string == "Layer1" } && canvas.texts.contains { $0.string == "Layer2" })
    }
    // The neighbours have their weight's colours, the rims their labels'.
    let map = ListeningF.map(ListeningF.corner())
    let most = try #require(try center(of: ListeningF.most, map))
    let least = try #require(try center(of: ListeningF.least, map))
    #expect(most.x > least.x && most.y < least.y)
    #expect(try center(of: LetterF.colors[1], map) != nil)
    #expect(try center(of: LetterF.colors[2], map) == nil, "Layer3 is no neighbour, it is pale")
  }

  @Test("beside a map of the whole slice an enlarged spot is ringed there") func ring() throws {
    let map = ListeningF.map(.edges(ListeningF.weights, ListeningF.scale), ListeningF.corner(nil))
    let ring = try #require(try center(of: .black, map))
    let most = try #require(try center(of: ListeningF.most, map))
    // The ring is around the corner, where both edges begin.
    let least = try #require(try center(of: ListeningF.least, map))
    #expect(ring.x < most.x && ring.y < least.y, "\(ring), \(most), \(least)")
  }

  @Test("of very many edges those of some spots stand for all, and the figure says so") func many() throws {
    let side = 130
    let count = side * side
    var indices: [Int32] = []
    var pointers = [0]
    for i in 0..<count {
      for step in [-side, -1, 1, side] where i + step >= 0 && i + step < count { indices.append(Int32(i + step)) }
      pointers.append(indices.count)
    }
    let values = (0..<count).flatMap { i in
      let size = pointers[i + 1] - pointers[i]
      return [Float](repeating: 1 / Float(size), count: size)
    }
    let weights = CSRMatrix(rows: count, columns: count, indptr: pointers, indices: indices, values: values)
    let tissue = Tissue(coordinates: (0..<count).map { Point(Double($0 % side), Double($0 / side)) })
    let map = SpatialMap(tissue, panels: [SpatialMap.Panel("", .edges(weights, ListeningF.scale))])
    let canvas = try map.draw()
    #expect(canvas.texts.contains { $0.string.contains("of 16,900 spots, chosen by lot") })
    var drawn = 0
    for case .group(_, _, let members) in canvas.elements {
      for case .segments(let segments) in members { drawn += segments.starts.count }
    }
    #expect(drawn > 45_000 && drawn < 55_000)
    #expect(try map.bytes(.png, dotsPerInch: 72) == map.bytes(.png, dotsPerInch: 72))
  }

  @Test("a scale around an equal share reaches as far down as up, and never below 0") func scale() throws {
    // Weights of one spot on four others: multiples 3.2, 0.4, 0.2, 0.2.
    let weights = CSRMatrix(
      rows: 10, columns: 10, indptr: [0] + [Int](repeating: 4, count: 10), indices: [1, 2, 3, 4],
      values: [0.8, 0.1, 0.05, 0.05])
    let map = ListeningF.map(.edges(weights, .multiplesOfEqualShare(label: "multiples")))
    let ticks = try map.draw().texts.compactMap { Double($0.string) }
    #expect(ticks.min() == 0 && ticks.max() == 2)
  }

  @Test("weights of another slice and spots without a place are errors") func errors() throws {
    let small = CSRMatrix(rows: 1, columns: 1, indptr: [0, 1], indices: [0], values: [1])
    #expect(throws: PlotError.lengthMismatch(what: "Panel 'Attention'", count: 1, expected: 10)) {
      try ListeningF.map(.edges(small, ListeningF.scale)).draw()
    }
    var tissue = LetterF.tissue
    tissue.coordinates[0] = Point(.nan, 0)
    for spot in [0, 10] {
      let map = SpatialMap(
        tissue, panels: [SpatialMap.Panel("a", .neighbourhood(of: spot, ListeningF.weights, nil, ListeningF.scale))])
      #expect(throws: PlotError.self) { try map.draw() }
    }
    // A neighbour without a place is left out.
    let map = SpatialMap(
      tissue, panels: [SpatialMap.Panel("a", .neighbourhood(of: 1, ListeningF.weights, nil, ListeningF.scale))])
    _ = try map.bytes(.png)
    _ = try SpatialMap(tissue, panels: [SpatialMap.Panel("a", .edges(ListeningF.weights, ListeningF.scale))]).bytes(
      .svg)
  }
}
