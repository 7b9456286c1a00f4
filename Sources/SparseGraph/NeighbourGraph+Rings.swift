// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

extension NeighbourGraph {
  /// Neighbours farther than this many medians are no neighbours in the lattice.
  private static let reach = 1.3
  /// On a lattice, at least `latticeShare` of the neighbours lie within `latticeSpread` of their median distance.
  private static let latticeSpread = 0.15
  private static let latticeShare = 0.5

  /// Spots of the first `count` rings around each spot of a lattice; the distance of an edge is the ring's number.
  ///
  /// Ring 1 holds those of the nearest `neighbours` spots that lie nearer than 1.3 medians of all such distances, ring
  /// n + 1 their neighbours that are in no ring before.
  static func rings(_ count: Int, neighbours: Int, _ coordinates: [SIMD2<Double>]) throws -> NeighbourGraph {
    if count < 1 { throw SparseGraphError.ringCount(count) }
    let nearest = try kNearest(coordinates, neighbours)
    let limit = reach * median(nearest.distances)
    let base = nearest.filtered { $0 < limit }
    let middle = median(base.distances)
    let regular = base.distances.count { abs($0 - middle) <= latticeSpread * middle }
    if base.graph.edgeCount == 0 || Double(regular) < latticeShare * Double(base.graph.edgeCount) {
      throw SparseGraphError.notOnGrid(
        share: base.graph.edgeCount == 0 ? 0 : Double(regular) / Double(base.graph.edgeCount))
    }
    return widened(base.graph, count)
  }

  /// Every spot that up to `count` steps along the lists reach, with the number of steps.
  private static func widened(_ base: Graph, _ count: Int) -> NeighbourGraph {
    var pointers = [0]
    pointers.reserveCapacity(base.targetCount + 1)
    var sources: [Int32] = []
    var distances: [Double] = []
    var seenFrom = [Int32](repeating: -1, count: base.targetCount)
    var found: [(spot: Int32, ring: Int)] = []
    for i in 0..<base.targetCount {
      found.removeAll(keepingCapacity: true)
      found.append((Int32(i), 0))
      seenFrom[i] = Int32(i)
      var next = 0
      while next < found.count, found[next].ring < count {
        let (spot, ring) = found[next]
        next += 1
        for e in base.edges(into: Int(spot)) {
          let j = base.sources[e]
          if seenFrom[Int(j)] == Int32(i) { continue }
          seenFrom[Int(j)] = Int32(i)
          found.append((j, ring + 1))
        }
      }
      for (spot, ring) in found.dropFirst().sorted(by: { $0.spot < $1.spot }) {
        sources.append(spot)
        distances.append(Double(ring))
      }
      pointers.append(sources.count)
    }
    let graph = Graph(
      targetCount: base.targetCount, sourceCount: base.sourceCount, indptr: pointers, sources: sources)
    return NeighbourGraph(graph: graph, distances: distances)
  }

  /// The middle value, or the mean of the two middle ones; 0 without values.
  private static func median(_ values: [Double]) -> Double {
    if values.isEmpty { return 0 }
    let sorted = values.sorted()
    let upper = sorted[sorted.count / 2]
    return sorted.count.isMultiple(of: 2) ? (sorted[sorted.count / 2 - 1] + upper) / 2 : upper
  }
}
