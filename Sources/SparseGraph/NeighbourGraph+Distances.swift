// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

extension NeighbourGraph {
  /// A graph with the Euclidean length of each edge as its distance.
  init(graph: Graph, lengthsIn coordinates: [SIMD2<Double>]) {
    var distances = [Double]()
    distances.reserveCapacity(graph.edgeCount)
    for i in coordinates.indices {
      for e in graph.edges(into: i) {
        let difference = coordinates[i] - coordinates[Int(graph.sources[e])]
        distances.append((difference.x * difference.x + difference.y * difference.y).squareRoot())
      }
    }
    self.init(graph: graph, distances: distances)
  }

  /// The edges whose distance passes.
  func filtered(_ passes: (Double) -> Bool) -> NeighbourGraph {
    if distances.allSatisfy(passes) { return self }
    var pointers = [0]
    pointers.reserveCapacity(graph.targetCount + 1)
    var sources: [Int32] = []
    var kept: [Double] = []
    for i in 0..<graph.targetCount {
      for e in graph.edges(into: i) where passes(distances[e]) {
        sources.append(graph.sources[e])
        kept.append(distances[e])
      }
      pointers.append(sources.count)
    }
    let graph = Graph(
      targetCount: graph.targetCount, sourceCount: graph.sourceCount, indptr: pointers, sources: sources)
    return NeighbourGraph(graph: graph, distances: kept)
  }

  /// The mean number of neighbours above which a radius is taken for one in the wrong unit.
  static let mostNeighbours = 1000

  /// The mean number of neighbours of up to 64 spots, evenly spaced in their order.
  private static func meanNeighbours(within radius: Double, _ index: NearestNeighbours) -> Double {
    let count = min(64, index.points.count)
    let found = (0..<count).map {
      index.within(radius, of: index.points[$0 * index.points.count / count]).count - 1
    }
    return Double(found.reduce(0, +)) / Double(count)
  }

  /// All other spots at a distance of `minimum` to `radius`, both included.
  static func within(_ radius: Double, atLeast minimum: Double, _ coordinates: [SIMD2<Double>]) throws
    -> NeighbourGraph
  {
    if !(radius > 0 && radius.isFinite) { throw SparseGraphError.length(radius, of: .radius) }
    if !(minimum >= 0 && minimum <= radius) { throw SparseGraphError.radiusRange(minimum: minimum, maximum: radius) }
    if coordinates.count < 2 { throw SparseGraphError.tooFewToJoin(spots: coordinates.count) }
    let index = try NearestNeighbours(coordinates)
    let mean = meanNeighbours(within: radius, index)
    if mean > Double(mostNeighbours) {
      throw SparseGraphError.tooManyNeighbours(within: radius, mean: mean, pitch: try spotPitch(coordinates))
    }
    var pointers = [0]
    pointers.reserveCapacity(coordinates.count + 1)
    var sources: [Int32] = []
    for (i, place) in coordinates.enumerated() {
      for j in index.within(radius, of: place) where j != Int32(i) { sources.append(j) }
      pointers.append(sources.count)
    }
    let graph = Graph(
      targetCount: coordinates.count, sourceCount: coordinates.count, indptr: pointers, sources: sources)
    var result = NeighbourGraph(graph: graph, lengthsIn: coordinates)
    if minimum > 0 { result = result.filtered { $0 >= minimum && $0 <= radius } }
    if result.graph.edgeCount == 0 {
      throw SparseGraphError.noNeighbours(within: radius, pitch: try spotPitch(coordinates))
    }
    return result
  }
}

/// The pitch of a slice's spots: the median distance of a spot to its nearest other spot at another place.
///
/// Spots that share their place with another are left out; of an even number of distances the larger middle one counts.
/// - Parameter coordinates: `[N]`
/// - Returns: a distance in the coordinates' units; 1 where there is none
/// - Throws: `SparseGraphError.coordinateNotFinite`
public func spotPitch(_ coordinates: [SIMD2<Double>]) throws -> Double {
  if coordinates.count < 2 { return 1 }
  let distances = try NearestNeighbours(coordinates).nearestOthers(count: 1).distances.filter { $0 > 0 }.sorted()
  return distances.isEmpty ? 1 : distances[distances.count / 2]
}
