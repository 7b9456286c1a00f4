import StomicsCore
import Testing

@testable import SparseGraph

@Suite("Delaunay triangulation") struct DelaunayTests {
  typealias Points = [SIMD2<Double>]

  static func random(_ count: Int, seed: UInt64) -> Points { GraphKindTests.random(count, seed: seed) }

  static func build(_ points: Points) throws -> Graph { try Graph.build(points, with: .delaunay()) }

  /// Triangles i < j < k whose corners are all joined and whose inside holds no spot.
  static func triangles(_ graph: Graph, _ points: Points) -> [(Int, Int, Int)] {
    let rows = GraphKindTests.rows(graph).map { Set($0.map(Int.init)) }
    var found: [(Int, Int, Int)] = []
    for i in rows.indices {
      for j in rows[i] where j > i {
        for k in rows[i].intersection(rows[j]) where k > j {
          let turn = ExactPredicates.orientation(points[i], points[j], points[k])
          if turn == 0 { continue }
          let (a, b, c) = turn > 0 ? (i, j, k) : (i, k, j)
          let isEmpty = points.indices.allSatisfy { p in
            p == i || p == j || p == k
              || [(a, b), (b, c), (c, a)].contains {
                ExactPredicates.orientation(points[$0], points[$1], points[p]) <= 0
              }
          }
          if isEmpty { found.append((a, b, c)) }
        }
      }
    }
    return found
  }

  /// Checks that the graph is one of the Delaunay triangulations of the points, which are not all on one line.
  static func expectDelaunay(_ points: Points, _ name: String = "") throws {
    let scale = 1.0 / 4096
    let points = points.map { $0 * scale }
    let graph = try build(points)
    #expect(graph.reversed() == graph, "\(name)")
    #expect(graph.connectedComponentCount == 1, "\(name)")
    let triangles = triangles(graph, points)
    for (a, b, c) in triangles {
      let isEmpty = points.allSatisfy { !ExactPredicates.inCircle(points[a], points[b], points[c], $0) }
      #expect(isEmpty, "\(name): a spot lies inside the circle of \(a), \(b), \(c)")
    }
    // Euler's formula: spots - edges + faces = 2, the outside being a face.
    #expect(points.count - graph.edgeCount / 2 + triangles.count + 1 == 2, "\(name)")
  }

  @Test("random places: every circle is empty and the triangles fill the hull", arguments: [3, 4, 5, 12, 60, 150])
  func randomPlaces(count: Int) throws {
    for seed in 0..<4 { try Self.expectDelaunay(Self.random(count, seed: UInt64(seed)), "seed \(seed)") }
  }

  @Test("lattices and circles, where many circles pass through more than three spots")
  func tiedPlaces() throws {
    let square: Points = (0..<100).map { SIMD2(Double($0 % 10), Double($0 / 10)) }
    try Self.expectDelaunay(square, "square")
    try Self.expectDelaunay(square.map { SIMD2(0.1 * $0.x, 0.1 * $0.y) }, "square with rounded places")
    try Self.expectDelaunay(square.map { SIMD2($0.x + $0.y, $0.x - $0.y) }, "turned square")
    let hexagonal: Points = (0..<96).map {
      SIMD2(Double($0 % 12) + (($0 / 12).isMultiple(of: 2) ? 0 : 0.5), Double($0 / 12) * 0.75.squareRoot())
    }
    try Self.expectDelaunay(hexagonal, "hexagons")
    let circle: Points = [
      (5, 0), (4, 3), (3, 4), (0, 5), (-3, 4), (-4, 3), (-5, 0), (-4, -3), (-3, -4), (0, -5),
      (3, -4), (4, -3),
    ].map { SIMD2(Double($0.0), Double($0.1)) }
    try Self.expectDelaunay(circle, "circle")
    try Self.expectDelaunay(circle + [SIMD2(0, 0)], "circle with its centre")
  }

  @Test("nearly tied places: a lattice shaken by the last bits")
  func shakenPlaces() throws {
    var random = SeededGenerator(seed: 6)
    let shaken: Points = (0..<100).map {
      func shake(_ value: Int) -> Double {
        (0..<random.integer(below: 4)).reduce(Double(value) + 1) { value, _ in value.nextUp }
      }
      return SIMD2(shake($0 % 10), shake($0 / 10))
    }
    try Self.expectDelaunay(shaken)
    try Self.expectDelaunay(shaken.map { $0 + SIMD2(4096, 65536) }, "far from the origin")
  }

  @Test("places on one line become a path, in any order and direction")
  func lines() throws {
    for direction in [SIMD2(1.0, 0.0), SIMD2(0, 1), SIMD2(1, 3), SIMD2(-2, 1)] {
      for count in [2, 3, 4, 8, 30] {
        let points: Points = (0..<count).map { direction * Double($0 * 7 % count) }
        let result = try NeighbourGraph.build(points, with: .delaunay())
        #expect(result.graph.edgeCount == 2 * (count - 1), "\(direction), \(count)")
        #expect(result.graph.connectedComponentCount == 1, "\(direction), \(count)")
        let step = (direction.x * direction.x + direction.y * direction.y).squareRoot()
        #expect(result.distances.allSatisfy { abs($0 - step) < 1e-12 })
      }
    }
    // Rounded to within the last bit of a line: triangles as thin as they come.
    try Self.expectDelaunay((0..<30).map { SIMD2(0.1 * Double($0), 0.3 * Double($0)) }, "nearly a line")
  }

  @Test("a line and one spot beside it")
  func fan() throws {
    let points: Points = (0..<20).map { SIMD2(Double($0), 0) } + [SIMD2(3.5, 40)]
    try Self.expectDelaunay(points)
    #expect(try Self.build(points).edges(into: 20).count == 20)
  }

  @Test("spots at one place hang on the first of them")
  func twins() throws {
    let three: Points = [SIMD2(0, 0), SIMD2(10, 0), SIMD2(0, 10)]
    let result = try NeighbourGraph.build(three + [three[1], three[1]], with: .delaunay())
    #expect(GraphKindTests.rows(result.graph) == [[1, 2], [0, 2, 3, 4], [0, 1], [1], [1]])
    #expect(result.distances[result.graph.edges(into: 3)].first == 0)
    let all = try Self.build(Points(repeating: SIMD2(2, 2), count: 6))
    #expect(all.edgeCount == 10 && all.connectedComponentCount == 1)
  }

  @Test("sizes from the smallest to the largest give the same graph")
  func scales() throws {
    let points = Self.random(80, seed: 4)
    let expected = try Self.build(points)
    for exponent in [-300, -40, 40, 300] {
      let factor = Double(sign: .plus, exponent: exponent, significand: 1)
      #expect(try Self.build(points.map { $0 * factor }) == expected, "2^\(exponent)")
    }
    let mixed: Points = points + [SIMD2(1e140, 0), SIMD2(0, -1e140), SIMD2(1e-140, 1e-150)]
    #expect(try Self.build(mixed).connectedComponentCount == 1)
  }

  @Test("predicates are exact where Double is not")
  func predicates() {
    let a = SIMD2(0.5, 0.5)
    let b = SIMD2(12.0, 12) / 16
    for step in 0..<64 {
      let c = SIMD2(24.0 / 32 * 0.25 + Double(step) * .ulpOfOne, 24.0 / 32 * 0.25)
      let turn = ExactPredicates.orientation(a, b, c)
      #expect(step == 0 ? turn == 0 : turn != 0)
    }
    // The corners of a square, one of them moved by a bit inwards or outwards.
    let corners = (SIMD2(0.1, 0.1), SIMD2(0.7, 0.1), SIMD2(0.7, 0.7))
    #expect(!ExactPredicates.inCircle(corners.0, corners.1, corners.2, SIMD2(0.1, 0.7)))
    #expect(ExactPredicates.inCircle(corners.0, corners.1, corners.2, SIMD2(0.1.nextUp, 0.7)))
    #expect(!ExactPredicates.inCircle(corners.0, corners.1, corners.2, SIMD2(0.1.nextDown, 0.7)))
  }
}
