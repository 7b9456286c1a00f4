import StomicsCore

/// Exact nearest neighbours among points of the plane.
///
/// Among equally distant candidates for the last places the choice is scikit-learn's (and so squidpy's), see `KDTree`;
/// it depends on the points and their order only. Memory is O(N + queries · k).
public struct NearestNeighbours: Sendable {
  /// The points searched, `[N]`.
  public let points: [SIMD2<Double>]
  private let tree: KDTree

  /// Neighbour lists: row i holds the k nearest of query i, nearest first, equal distances by point number.
  public struct Lists: Sendable, Equatable {
    /// k.
    public let count: Int
    /// `[queries · k]`: point numbers.
    public let indices: [Int32]
    /// `[queries · k]`: Euclidean distances.
    public let distances: [Double]
  }

  /// Indexes the points.
  /// - Throws: `SparseGraphError.coordinateNotFinite`.
  public init(_ points: [SIMD2<Double>]) throws {
    try NearestNeighbours.checkFinite(points)
    self.points = points
    tree = KDTree(points)
  }

  /// The k points nearest to each query; a point at the query's own place counts.
  /// - Throws: `SparseGraphError` when there are fewer than k points, or a query is not finite.
  public func nearest(to queries: [SIMD2<Double>], count k: Int) throws -> Lists {
    if k < 1 { throw SparseGraphError.neighbourCount(k) }
    if points.count < k { throw SparseGraphError.tooFewSpots(spots: points.count, neighbours: k - 1) }
    try NearestNeighbours.checkFinite(queries)
    return search(queries, held: k, returned: k) { _ in -1 }
  }

  /// The k other points nearest to each point. Points at the same place are neighbours at distance 0.
  /// - Throws: `SparseGraphError` when there are not k other points.
  public func nearestOthers(count k: Int) throws -> Lists {
    if k < 1 { throw SparseGraphError.neighbourCount(k) }
    if points.count <= k { throw SparseGraphError.tooFewSpots(spots: points.count, neighbours: k) }
    return search(points, held: k + 1, returned: k) { Int32($0) }
  }

  /// All points at most `radius` from a place, ascending.
  public func within(_ radius: Double, of place: SIMD2<Double>) -> [Int32] {
    var found = [Int32]()
    tree.appendWithin(radius, of: place, to: &found)
    found.sort()
    return found
  }

  /// Searches `held` points a query and writes the nearest `returned` of them, leaving out the one named by `excluded`.
  private func search(
    _ queries: [SIMD2<Double>], held: Int, returned: Int, excluded: (Int) -> Int32
  ) -> Lists {
    let total = queries.count * returned
    var indices = [Int32](repeating: 0, count: total)
    var distances = [Double](repeating: 0, count: total)
    indices.withUnsafeMutableBufferPointer { indices in
      distances.withUnsafeMutableBufferPointer { distances in
        nonisolated(unsafe) let indices = indices
        nonisolated(unsafe) let distances = distances
        parallelRows(queries.count, blockSize: 256) { rows in
          var heap = CandidateHeap(count: held)
          var order = [Int](repeating: 0, count: held)
          for i in rows {
            heap.reset()
            tree.search(queries[i], into: &heap)
            for slot in 0..<held { order[slot] = slot }
            order.sort {
              let a = heap.distances[$0]
              let b = heap.distances[$1]
              return a == b ? heap.numbers[$0] < heap.numbers[$1] : a < b
            }
            let own = excluded(i)
            var place = i * returned
            // Where more than k points share one place the point itself may be missing: then the last one is left out.
            for slot in order where heap.numbers[slot] != own && place < (i + 1) * returned {
              indices[place] = heap.numbers[slot]
              distances[place] = heap.distances[slot].squareRoot()
              place += 1
            }
          }
        }
      }
    }
    return Lists(count: returned, indices: indices, distances: distances)
  }

  /// Coordinates beyond this have squared distances that no Double holds.
  private static let largest = 1e150

  static func checkFinite(_ points: [SIMD2<Double>]) throws {
    let bad = points.indices.filter { !(abs(points[$0].x) <= largest && abs(points[$0].y) <= largest) }
    if let first = bad.first {
      throw SparseGraphError.coordinateNotFinite(
        first: first, x: points[first].x, y: points[first].y, count: bad.count)
    }
  }
}
