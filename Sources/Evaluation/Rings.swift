import SparseGraph
import StomicsCore

/// The width of a ring of spots: the median distance to the sixth nearest spot, which on Visium's hexagons is the pitch.
///
/// In slices of fewer than 7 spots the farthest spot stands in for the sixth; 1 where all spots share one place.
/// - Throws: `SparseGraphError` where a coordinate is not finite.
public func ringWidth(_ coordinates: [SIMD2<Double>]) throws -> Double {
  let count = min(6, coordinates.count - 1)
  if count < 1 { return 1 }
  let lists = try NearestNeighbours(coordinates).nearestOthers(count: count)
  let distances = coordinates.indices.map { lists.distances[($0 + 1) * count - 1] }.filter { $0 > 0 }.sorted()
  return distances.isEmpty ? 1 : distances[distances.count / 2]
}

/// The spots of a disk of some rings around each spot, itself included: those nearer than (rings + 0.1) ring widths.
///
/// 1 ring of a hexagonal grid has 7 spots, 2 rings 19, 3 rings 37.
/// - Parameters:
///   - coordinates: `[N]`
///   - slices: the spots of each slice; no disk crosses slices
/// - Returns: row i lists the spots of the disk around i, ascending
/// - Throws: `SparseGraphError` where a coordinate is not finite.
public func disks(_ coordinates: [SIMD2<Double>], slices: [Range<Int>], rings: Int) throws -> Graph {
  var pointers = [0]
  var sources = [Int32]()
  for range in slices {
    let own = Array(coordinates[range])
    let radius = (Double(rings) + 0.1) * (try ringWidth(own))
    let index = try NearestNeighbours(own)
    for place in own {
      sources += index.within(radius, of: place).map { $0 + Int32(range.lowerBound) }
      pointers.append(sources.count)
    }
  }
  return Graph(
    targetCount: coordinates.count, sourceCount: coordinates.count, indptr: pointers, sources: sources)
}
