import SparseGraph
import StomicsCore
import TestSupport
import Testing

@Suite("Rings, radius and Delaunay graphs") struct GraphKindTests {
  typealias Points = [SIMD2<Double>]

  static let kinds: [(name: String, method: GraphMethod)] = [
    ("random_radius", .radius(80)), ("random_band", .radius(90, atLeast: 40)), ("twice_radius", .radius(120)),
    ("random_delaunay", .delaunay()), ("cells_delaunay", .delaunay()),
    ("random_delaunay_edge", .delaunay(maximumEdge: 70)),
    ("cells_delaunay_percentile", .delaunay(percentile: 90)),
    ("cells_delaunay_both", .delaunay(maximumEdge: 300, percentile: 95)),
    ("hexagons_rings1", .rings(1)), ("hexagons_rings3", .rings(3)), ("squares_rings1", .rings(1, neighbours: 4)),
    ("squares_rings2", .rings(2, neighbours: 4)), ("squares_six_rings2", .rings(2)),
  ]

  static func random(_ count: Int, seed: UInt64, width: Double = 1000) -> Points {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in SIMD2(random.uniform(0, width), random.uniform(0, width)) }
  }

  static func rows(_ graph: Graph) -> [[Int32]] {
    (0..<graph.targetCount).map { Array(graph.sources[graph.edges(into: $0)]) }
  }

  @Test("squidpy's graphs, edge by edge", arguments: kinds.indices)
  func squidpy(number: Int) throws {
    let (name, method) = Self.kinds[number]
    let golden = try Golden.load(Fixtures.path("graph/squidpy.safetensors"))
    let points = NearestNeighboursTests.points(golden[String(name.prefix { $0 != "_" })])
    let result = try NeighbourGraph.build(points, with: method)
    #expect(result.graph.indptr == golden[name + ".indptr"].ints, "\(name)")
    #expect(result.graph.sources.map(Int.init) == golden[name + ".indices"].ints, "\(name)")
    expectClose(result.distances, golden[name + ".distances"].doubles, relative: 1e-6, name)
  }

  @Test("a square grid needs no other number: of six nearest spots the two on diagonals are too far")
  func squares() throws {
    let points: Points = (0..<100).map { SIMD2(Double($0 % 10), Double($0 / 10)) }
    let result = try NeighbourGraph.build(points, with: .rings(1))
    #expect(result == (try NeighbourGraph.build(points, with: .rings(1, neighbours: 4))))
    #expect(Self.rows(result.graph)[55] == [45, 54, 56, 65] && Self.rows(result.graph)[0] == [1, 10])
  }

  @Test("a radius: just the spots within, by comparing every pair", arguments: [0.0, 60])
  func radiusByBruteForce(minimum: Double) throws {
    let points = Self.random(300, seed: 8)
    let result = try NeighbourGraph.build(points, with: .radius(110, atLeast: minimum))
    for i in points.indices {
      let expected = points.indices.filter { j in
        let d = points[i] - points[j]
        let distance = (d.x * d.x + d.y * d.y).squareRoot()
        return j != i && distance <= 110 && distance >= minimum
      }
      #expect(result.graph.sources[result.graph.edges(into: i)].map(Int.init) == expected)
    }
    #expect(result.graph.reversed() == result.graph)
  }

  @Test("both bounds of a radius belong to it")
  func bounds() throws {
    let line: Points = (0..<5).map { SIMD2(Double($0), 0) }
    #expect(Self.rows(try Graph.build(line, with: .radius(1))) == [[1], [0, 2], [1, 3], [2, 4], [3]])
    #expect(Self.rows(try Graph.build(line, with: .radius(2, atLeast: 2))) == [[2], [3], [0, 4], [1], [2]])
  }

  @Test("rings of a hexagonal lattice hold 6, 18 and 36 spots")
  func rings() throws {
    let points: Points = (0..<441).map {
      let (row, column) = ($0 / 21, $0 % 21)
      return SIMD2(Double(column) + (row.isMultiple(of: 2) ? 0 : 0.5), Double(row) * 0.75.squareRoot())
    }
    for (count, spots) in [(1, 6), (2, 18), (3, 36)] {
      let result = try NeighbourGraph.build(points, with: .rings(count))
      #expect(result.graph.edges(into: 220).count == spots)
      let outermost = result.distances[result.graph.edges(into: 220)].count { $0 == Double(count) }
      #expect(outermost == 6 * count)
      #expect(result.graph.reversed() == result.graph)
    }
  }

  @Test("the spots' order does not matter", arguments: kinds.indices)
  func permutation(number: Int) throws {
    let (name, method) = Self.kinds[number]
    let golden = try Golden.load(Fixtures.path("graph/squidpy.safetensors"))
    var points = NearestNeighboursTests.points(golden[String(name.prefix { $0 != "_" })])
    if name.hasPrefix("squares"), case .rings = method { points += [SIMD2(2000, 2000), SIMD2(2000, 2100)] }
    var random = SeededGenerator(seed: 9)
    var order = Array(points.indices)
    for i in order.indices.dropFirst() { order.swapAt(i, random.integer(below: i + 1)) }
    let plain = try NeighbourGraph.build(points, with: method)
    let shuffled = try NeighbourGraph.build(order.map { points[$0] }, with: method)
    var place = [Int32](repeating: 0, count: order.count)
    for (new, old) in order.enumerated() { place[old] = Int32(new) }
    for (new, old) in order.enumerated() {
      let expected = plain.graph.sources[plain.graph.edges(into: old)].map { place[Int($0)] }.sorted()
      #expect(Array(shuffled.graph.sources[shuffled.graph.edges(into: new)]) == expected)
    }
  }

  @Test(
    "slices have no edges between them",
    arguments: [
      GraphMethod.radius(200), .delaunay(maximumEdge: 400), .delaunay(percentile: 95),
    ])
  func slices(method: GraphMethod) throws {
    let a = Self.random(50, seed: 1)
    let b = Self.random(40, seed: 2)
    let numbers = [Int](repeating: 0, count: 50) + [Int](repeating: 1, count: 40)
    let together = try Graph.build(a + b, with: method, slices: numbers)
    #expect(together == Graph.blockDiagonal([try Graph.build(a, with: method), try Graph.build(b, with: method)]))
  }

  @Test("what does not suit a kind is an error that says what to do")
  func errors() throws {
    let points = Self.random(60, seed: 3)
    func expectError(_ error: SparseGraphError, _ points: Points, _ method: GraphMethod) {
      #expect(throws: error) { try Graph.build(points, with: method) }
    }
    expectError(.ringCount(0), points, .rings(0))
    expectError(.neighbourCount(0), points, .rings(1, neighbours: 0))
    expectError(.tooFewSpots(spots: 5, neighbours: 6), Array(points.prefix(5)), .rings(1))
    expectError(.length(0, of: .radius), points, .radius(0))
    expectError(.length(.infinity, of: .radius), points, .radius(.infinity))
    expectError(.radiusRange(minimum: 3, maximum: 2), points, .radius(2, atLeast: 3))
    expectError(.radiusRange(minimum: -1, maximum: 2), points, .radius(2, atLeast: -1))
    expectError(.length(-1, of: .edge), points, .delaunay(maximumEdge: -1))
    expectError(.percentile(101), points, .delaunay(percentile: 101))
    expectError(.tooFewToJoin(spots: 1), [SIMD2(0, 0)], .delaunay())
    expectError(.tooFewToJoin(spots: 0), [], .radius(3))
    expectError(
      .coordinateNotFinite(first: 0, x: .infinity, y: 0, count: 1), [SIMD2(.infinity, 0), SIMD2(0, 0)], .delaunay())
    let pitch = try spotPitch(points)
    expectError(.noNeighbours(within: 0.001, pitch: pitch), points, .radius(0.001))
    expectError(.noNeighbours(within: 0.001, pitch: pitch), points, .delaunay(maximumEdge: 0.001))
    // The most that is taken for meant, and one more, each spot seeing all.
    let many = Self.random(1002, seed: 4)
    #expect(try Graph.build(Array(many.dropLast()), with: .radius(1e9)).edgeCount == 1001 * 1000)
    let wide = try spotPitch(many)
    expectError(.tooManyNeighbours(within: 1e9, mean: 1001, pitch: wide), many, .radius(1e9))
    #expect(SparseGraphError.tooManyNeighbours(within: 9, mean: 1001, pitch: 2).description.contains("3.00 takes in"))
    #expect {
      try Graph.build(points, with: .rings(2))
    } throws: {
      "\($0)".contains("do not lie on a grid") && ($0 as? SparseGraphError)?.kind == .data
    }
    expectError(.notOnGrid(share: 0), Points(repeating: SIMD2(1, 1), count: 20), .rings(1))
    #expect(SparseGraphError.ringCount(0).kind == .usage)
    #expect(SparseGraphError.noNeighbours(within: 2, pitch: 137).description.contains("137.00"))
  }

  @Test("the pitch is the median distance to the nearest other place")
  func pitch() throws {
    #expect(try spotPitch([SIMD2(0, 0), SIMD2(0, 0), SIMD2(3, 0), SIMD2(5, 0)]) == 2)
    #expect(try spotPitch([SIMD2(0, 0)]) == 1)
    #expect(try spotPitch(Points(repeating: SIMD2(4, 4), count: 9)) == 1)
  }
}
