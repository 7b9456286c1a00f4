// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

extension NeighbourGraph {
  /// Spots that share an edge of the Delaunay triangulation, as long as no cut takes it out.
  static func delaunay(
    _ coordinates: [SIMD2<Double>], maximumEdge: Double?, percentile: Double?
  ) throws -> NeighbourGraph {
    if let maximumEdge, !(maximumEdge > 0) { throw SparseGraphError.length(maximumEdge, of: .edge) }
    if let percentile, !(percentile > 0 && percentile <= 100) { throw SparseGraphError.percentile(percentile) }
    if coordinates.count < 2 { throw SparseGraphError.tooFewToJoin(spots: coordinates.count) }
    try NearestNeighbours.checkFinite(coordinates)
    let whole = triangulated(coordinates)
    let longest = try limit(whole, maximumEdge, percentile)
    let result = whole.filtered { $0 <= longest }
    if result.graph.edgeCount == 0 {
      throw SparseGraphError.noNeighbours(within: longest, pitch: try spotPitch(coordinates))
    }
    return result
  }

  /// The length above which edges go.
  ///
  /// squidpy takes the percentile over its matrix of distances, where each spot's 0 to itself and the edges already cut,
  /// as 0, count too. So does this.
  private static func limit(_ whole: NeighbourGraph, _ maximumEdge: Double?, _ percentile: Double?) throws -> Double {
    let longest = maximumEdge ?? .infinity
    guard let percentile else { return longest }
    var lengths = whole.distances.map { $0 <= longest ? $0 : 0 }
    lengths += [Double](repeating: 0, count: whole.graph.targetCount)
    lengths.sort()
    let place = percentile / 100 * Double(lengths.count - 1)
    let lower = lengths[Int(place)]
    let upper = lengths[min(Int(place) + 1, lengths.count - 1)]
    let share = place - place.rounded(.down)
    // The nearer end first, as numpy interpolates: the last bit decides about an edge of just that length.
    let value = share < 0.5 ? lower + (upper - lower) * share : upper - (upper - lower) * (1 - share)
    return min(longest, value)
  }

  private static func triangulated(_ coordinates: [SIMD2<Double>]) -> NeighbourGraph {
    let scaled = scaledToOne(coordinates)
    let order = scaled.indices.sorted {
      let a = scaled[$0]
      let b = scaled[$1]
      return a.x != b.x ? a.x < b.x : a.y != b.y ? a.y < b.y : $0 < $1
    }
    // Spots at one place: the first of them is a corner of triangles, the others hang on it.
    var corners: [Int] = []
    var twins: [(spot: Int, corner: Int)] = []
    for spot in order {
      if let corner = corners.last, scaled[corner] == scaled[spot] {
        twins.append((spot, corner))
      } else {
        corners.append(spot)
      }
    }
    let (pointers, neighbours) = Triangulation(corners.map { scaled[$0] }).rows()
    var degrees = [Int](repeating: 0, count: coordinates.count)
    for (place, corner) in corners.enumerated() { degrees[corner] = pointers[place + 1] - pointers[place] }
    for twin in twins {
      degrees[twin.spot] += 1
      degrees[twin.corner] += 1
    }
    var indptr = [0]
    indptr.reserveCapacity(coordinates.count + 1)
    for degree in degrees { indptr.append(indptr[indptr.count - 1] + degree) }
    var next = indptr
    var sources = [Int32](repeating: 0, count: indptr[coordinates.count])
    func join(_ spot: Int, _ other: Int) {
      sources[next[spot]] = Int32(other)
      next[spot] += 1
    }
    for (place, corner) in corners.enumerated() {
      for e in pointers[place]..<pointers[place + 1] { join(corner, corners[Int(neighbours[e])]) }
    }
    for twin in twins {
      join(twin.spot, twin.corner)
      join(twin.corner, twin.spot)
    }
    for i in coordinates.indices { sources[indptr[i]..<indptr[i + 1]].sort() }
    let graph = Graph(
      targetCount: coordinates.count, sourceCount: coordinates.count, indptr: indptr, sources: sources)
    return NeighbourGraph(graph: graph, lengthsIn: coordinates)
  }

  /// The same places times a power of two that makes the largest coordinate at most 1; tinier than 2^-200 becomes 0.
  private static func scaledToOne(_ coordinates: [SIMD2<Double>]) -> [SIMD2<Double>] {
    let largest = coordinates.reduce(0) { max($0, abs($1.x), abs($1.y)) }
    if largest == 0 { return coordinates }
    let exponent = -Int(largest.exponent) - 1
    let tiniest = Double(sign: .plus, exponent: -200, significand: 1)
    func scaled(_ value: Double) -> Double {
      let value = Double(sign: .plus, exponent: exponent, significand: value)
      return abs(value) < tiniest ? 0 : value
    }
    return coordinates.map { SIMD2(scaled($0.x), scaled($0.y)) }
  }
}
