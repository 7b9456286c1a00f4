// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import StomicsCore

/// Which spots become neighbours.
public enum GraphMethod: Sendable, Equatable {
  /// The k nearest other spots of each spot.
  case kNearest(Int)
  /// The first n rings around each spot of a lattice; `neighbours` are 6 on a hexagonal one, 4 on a square one.
  case rings(Int, neighbours: Int = 6)
  /// All other spots at most so far away, and at least `atLeast`, in the coordinates' units.
  case radius(Double, atLeast: Double = 0)
  /// Corners of common triangles of the Delaunay triangulation.
  ///
  /// Edges longer than `maximumEdge` go, in the coordinates' units, and those longer than that percentile of the
  /// lengths, 0 to 100, where squidpy counts a length of 0 for each spot. nil cuts nothing. Spots at one place are
  /// joined to the first of them.
  case delaunay(maximumEdge: Double? = nil, percentile: Double? = nil)
}

/// Which way neighbour lists become edges j → i.
public enum GraphDirection: String, Sendable, CaseIterable {
  /// j → i and i → j wherever one lists the other.
  case symmetric
  /// i listens to the spots it lists.
  case knn
  /// i listens to the spots that list i: the published system's choice.
  case reverseKNN = "reverse-knn"
}

/// The neighbour lists of spots with their distances, as squidpy keeps them: row i of `graph` lists i's own neighbours.
public struct NeighbourGraph: Sendable, Equatable {
  /// Row i lists the neighbours of spot i, ascending.
  public let graph: Graph
  /// `[E]`: the distance along each edge, in the coordinates' units; the ring's number for rings.
  public let distances: [Double]

  public init(graph: Graph, distances: [Double]) {
    precondition(graph.edgeCount == distances.count, "\(distances.count) distances for \(graph.edgeCount) edges")
    self.graph = graph
    self.distances = distances
  }

  /// Finds every spot's neighbours.
  /// - Parameters:
  ///   - coordinates: `[N]`, any unit
  ///   - slices: `[N]`, the slice each spot belongs to; no edge joins two slices. nil is one slice
  /// - Throws: `SparseGraphError` where a coordinate is not finite, a slice has too few spots or does not suit the
  ///   method, or no spot has a neighbour.
  public static func build(
    _ coordinates: [SIMD2<Double>], with method: GraphMethod, slices: [Int]? = nil
  ) throws -> NeighbourGraph {
    try buildSlices(coordinates, slices) { slice in
      switch method {
      case .kNearest(let k): try kNearest(slice, k)
      case .rings(let count, let neighbours): try rings(count, neighbours: neighbours, slice)
      case .radius(let radius, let minimum): try within(radius, atLeast: minimum, slice)
      case .delaunay(let maximum, let percentile): try delaunay(slice, maximumEdge: maximum, percentile: percentile)
      }
    }
  }

  private static func buildSlices(
    _ coordinates: [SIMD2<Double>], _ slices: [Int]?, _ one: ([SIMD2<Double>]) throws -> NeighbourGraph
  ) throws -> NeighbourGraph {
    guard let slices else { return try one(coordinates) }
    if slices.count != coordinates.count {
      throw SparseGraphError.sliceCount(slices: slices.count, spots: coordinates.count)
    }
    var rows = [Range<Int>](repeating: 0..<0, count: coordinates.count)
    var members: [Int: [Int]] = [:]
    for (i, slice) in slices.enumerated() { members[slice, default: []].append(i) }
    var sources: [Int32] = []
    var distances: [Double] = []
    for slice in members.keys.sorted() {
      guard let spots = members[slice] else { continue }
      let part = try one(spots.map { coordinates[$0] })
      for (r, i) in spots.enumerated() {
        let start = sources.count
        for e in part.graph.edges(into: r) {
          sources.append(Int32(spots[Int(part.graph.sources[e])]))
          distances.append(part.distances[e])
        }
        rows[i] = start..<sources.count
      }
    }
    var pointers = [0]
    pointers.reserveCapacity(rows.count + 1)
    var orderedSources: [Int32] = []
    var orderedDistances: [Double] = []
    orderedSources.reserveCapacity(sources.count)
    orderedDistances.reserveCapacity(sources.count)
    for range in rows {
      orderedSources.append(contentsOf: sources[range])
      orderedDistances.append(contentsOf: distances[range])
      pointers.append(orderedSources.count)
    }
    let graph = Graph(
      targetCount: rows.count, sourceCount: rows.count, indptr: pointers, sources: orderedSources)
    return NeighbourGraph(graph: graph, distances: orderedDistances)
  }

  static func kNearest(_ coordinates: [SIMD2<Double>], _ k: Int) throws -> NeighbourGraph {
    let lists = try NearestNeighbours(coordinates).nearestOthers(count: k)
    let n = coordinates.count
    var sources = lists.indices
    var distances = lists.distances
    var row = [(source: Int32, distance: Double)]()
    for i in 0..<n {
      row.removeAll(keepingCapacity: true)
      for e in i * k..<(i + 1) * k { row.append((sources[e], distances[e])) }
      row.sort { $0.source < $1.source }
      for (place, entry) in row.enumerated() {
        sources[i * k + place] = entry.source
        distances[i * k + place] = entry.distance
      }
    }
    let graph = Graph(targetCount: n, sourceCount: n, indptr: (0...n).map { $0 * k }, sources: sources)
    return NeighbourGraph(graph: graph, distances: distances)
  }
}

extension Graph {
  /// Builds the graph a model uses from coordinates.
  ///
  ///     let graph = try Graph.build(coordinates, with: .kNearest(6), direction: .symmetric)
  /// - Parameters:
  ///   - coordinates: `[N]`, any unit
  ///   - slices: `[N]`, the slice each spot belongs to; no edge joins two slices. nil is one slice
  /// - Throws: `SparseGraphError` where a coordinate is not finite, a slice has too few spots or does not suit the
  ///   method, or no spot has a neighbour.
  public static func build(
    _ coordinates: [SIMD2<Double>], with method: GraphMethod, direction: GraphDirection = .symmetric,
    slices: [Int]? = nil
  ) throws -> Graph {
    try NeighbourGraph.build(coordinates, with: method, slices: slices).graph.oriented(direction)
  }

  /// The edges a model uses, where row i of this graph lists the neighbours of i.
  public func oriented(_ direction: GraphDirection) -> Graph {
    switch direction {
    case .knn: self
    case .reverseKNN: reversed()
    case .symmetric: symmetrised()
    }
  }
}
