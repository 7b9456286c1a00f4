import SparseGraph
import StomicsCore
import TestSupport
import Testing

@Suite("Nearest neighbours") struct NearestNeighboursTests {
  static func points(_ values: Golden.Values) -> [SIMD2<Double>] {
    (0..<values.shape[0]).map { SIMD2(values.doubles[2 * $0], values.doubles[2 * $0 + 1]) }
  }

  /// Neighbours by comparing with every point: distances only, since ties may be broken otherwise.
  static func bruteForceDistances(_ points: [SIMD2<Double>], from query: SIMD2<Double>) -> [Double] {
    points.map { (p: SIMD2<Double>) -> Double in
      let d = p - query
      return (d.x * d.x + d.y * d.y).squareRoot()
    }.sorted()
  }

  @Test("squidpy's neighbours on random positions, spot by spot")
  func randomPositions() throws {
    let golden = try Golden.load(Fixtures.path("prep/scanpy_small.safetensors"))
    let result = try NeighbourGraph.build(Self.points(golden["spatial_random"]), with: .kNearest(6))
    #expect(result.graph.sources.map(Int.init) == golden["spatial_random_knn6.indices"].ints)
  }

  @Test("squidpy's neighbours on a hexagonal lattice, ties included", arguments: [6, 12])
  func lattice(k: Int) throws {
    let golden = try Golden.load(Fixtures.path("prep/scanpy_small.safetensors"))
    let result = try NeighbourGraph.build(Self.points(golden["spatial"]), with: .kNearest(k))
    #expect(result.graph.sources.map(Int.init) == golden["spatial_knn\(k).indices"].ints)
    #expect(result.graph.sources.map(Int.init) == golden["spatial_knn\(k).dist_indices"].ints)
    expectClose(result.distances, golden["spatial_knn\(k).dist"].doubles, relative: 1e-14, "distances")
  }

  @Test("the published graphs of a real slice, k = 6 and 96, ties included")
  func realSlice() throws {
    let golden = try Golden.load(Fixtures.path("prep/slice_151673.safetensors"))
    let coordinates = Self.points(golden["coordinates"])
    let six = try NeighbourGraph.build(coordinates, with: .kNearest(6)).graph
    #expect(six.sources.map(Int.init) == golden["k6.neighbours"].ints)
    let degrees = six.reversed().inDegrees
    #expect(degrees.minimum == 1 && degrees.maximum == 10)
    #expect(six.inDegrees == Graph.Degrees(minimum: 6, maximum: 6, mean: 6, isolated: 0))

    let wide = try NeighbourGraph.build(coordinates, with: .kNearest(96)).graph
    let listed = wide.reversed()
    #expect((0..<coordinates.count).map { listed.edges(into: $0).count } == golden["k96.listed"].ints)
    #expect(Self.fingerprint(wide.sources) == golden.metadata["k96_neighbours_fnv1a"])
  }

  /// FNV-1a over the bytes of the numbers.
  static func fingerprint(_ values: [Int32]) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for value in values {
      for shift in stride(from: 0, to: 32, by: 8) {
        hash = (hash ^ UInt64(UInt8(truncatingIfNeeded: value >> Int32(shift)))) &* 0x100_0000_01B3
      }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  @Test("distances equal those to every point", arguments: [1, 2, 17, 61, 121, 1000])
  func bruteForce(count: Int) throws {
    var random = SeededGenerator(seed: UInt64(count))
    let points = (0..<count).map { _ in SIMD2(random.uniform(-5, 5), random.uniform(0, 100)) }
    let index = try NearestNeighbours(points)
    let k = min(count, 7)
    let queries = (0..<40).map { _ in SIMD2(random.uniform(-9, 9), random.uniform(-20, 120)) }
    let lists = try index.nearest(to: queries, count: k)
    for (q, query) in queries.enumerated() {
      let expected = Array(Self.bruteForceDistances(points, from: query).prefix(k))
      #expect(Array(lists.distances[q * k..<(q + 1) * k]) == expected)
    }
    if count > k {
      let others = try index.nearestOthers(count: k)
      for i in points.indices {
        let row = i * k..<(i + 1) * k
        #expect(Array(others.distances[row]) == Array(Self.bruteForceDistances(points, from: points[i])[1...k]))
        #expect(!others.indices[row].contains(Int32(i)))
      }
    }
  }

  @Test("points at one place, and on one line")
  func degenerate() throws {
    let coincident = [SIMD2<Double>](repeating: SIMD2(3, 4), count: 500)
    let lists = try NearestNeighbours(coincident).nearestOthers(count: 6)
    #expect(lists.distances.allSatisfy { $0 == 0 })
    for i in coincident.indices {
      let row = lists.indices[i * 6..<(i + 1) * 6]
      #expect(!row.contains(Int32(i)) && Set(row).count == 6)
    }
    let line = (0..<100).map { SIMD2(Double($0), 0.0) }
    let graph = try Graph.build(line, with: .kNearest(2))
    #expect(graph.connectedComponentCount == 1)
    #expect(Array(graph.sources[graph.edges(into: 50)]) == [49, 51])
  }

  @Test("no spots, too few spots, places that are not numbers: errors that say so")
  func errors() throws {
    let three = [SIMD2(0.0, 0.0), SIMD2(1, 0), SIMD2(0, 1)]
    #expect(throws: SparseGraphError.tooFewSpots(spots: 3, neighbours: 3)) {
      try Graph.build(three, with: .kNearest(3))
    }
    #expect(throws: SparseGraphError.tooFewSpots(spots: 0, neighbours: 6)) {
      try Graph.build([], with: .kNearest(6))
    }
    #expect(throws: SparseGraphError.neighbourCount(0)) { try Graph.build(three, with: .kNearest(0)) }
    #expect(throws: SparseGraphError.sliceCount(slices: 2, spots: 3)) {
      try Graph.build(three, with: .kNearest(1), slices: [0, 1])
    }
    #expect(throws: SparseGraphError.coordinateNotFinite(first: 1, x: .infinity, y: 0, count: 2)) {
      try Graph.build([three[0], SIMD2(.infinity, 0), SIMD2(0, .nan)], with: .kNearest(1))
    }
    // Squared distances between such places are infinite.
    #expect(throws: SparseGraphError.coordinateNotFinite(first: 0, x: 1e200, y: 0, count: 1)) {
      try Graph.build([SIMD2(1e200, 0), three[0], three[1]], with: .kNearest(1))
    }
    let message = SparseGraphError.tooFewSpots(spots: 3, neighbours: 6).description
    #expect(message.contains("more than 6 spots") && message.contains("are 3"))
    #expect {
      try Graph.build(three, with: .kNearest(.max))
    } throws: {
      "\($0)".contains("\(Int.max) nearest")
    }
  }

  @Test("the number of threads changes nothing")
  func threads() throws {
    var random = SeededGenerator(seed: 5)
    let points = (0..<2000).map { _ in SIMD2(Double(random.integer(below: 50)), Double(random.integer(below: 50))) }
    let index = try NearestNeighbours(points)
    let many = try index.nearestOthers(count: 9)
    let before = Threads.count
    Threads.count = 1
    let one = try index.nearestOthers(count: 9)
    Threads.count = before
    #expect(one == many)
  }
}
