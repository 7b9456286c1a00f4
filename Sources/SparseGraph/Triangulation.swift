/// The Delaunay triangulation of points of the plane, by division at the median x and merging, in O(N log N) time.
///
/// Every geometric decision is exact (`ExactPredicates`), so points on one line, on one circle or on a lattice are no
/// special cases: points on one line become a path. Of the triangulations that points on one circle allow, the points'
/// places alone choose one, whatever their order.
/// - Source: Guibas and Stolfi, Primitives for the Manipulation of General Subdivisions and the Computation of Voronoi
///   Diagrams, 1985.
struct Triangulation {
  /// The places, each once, ascending by x, then y.
  private let places: [SIMD2<Double>]
  /// Where an edge begins. Edge e and its twin e ^ 1 are the two directions of one line; -1 where it was taken out.
  private var origins: [Int32] = []
  /// The edges that come next, counterclockwise and clockwise, around an edge's origin.
  private var left: [Int32] = []
  private var right: [Int32] = []

  /// - Parameter places: finite and each once, ascending by x, then y, of a size that `ExactPredicates` takes
  init(_ places: [SIMD2<Double>]) {
    self.places = places
    let capacity = 6 * places.count
    origins.reserveCapacity(capacity)
    left.reserveCapacity(capacity)
    right.reserveCapacity(capacity)
    if places.count > 1 { _ = triangulate(0, places.count) }
  }

  /// The neighbours of each place: row i is `neighbours[pointers[i]..<pointers[i + 1]]`, in no order.
  func rows() -> (pointers: [Int], neighbours: [Int32]) {
    var pointers = [Int](repeating: 0, count: places.count + 1)
    for origin in origins where origin >= 0 { pointers[Int(origin) + 1] += 1 }
    for i in 0..<places.count { pointers[i + 1] += pointers[i] }
    var next = pointers
    var neighbours = [Int32](repeating: 0, count: pointers[places.count])
    for e in origins.indices where origins[e] >= 0 {
      let origin = Int(origins[e])
      neighbours[next[origin]] = origins[e ^ 1]
      next[origin] += 1
    }
    return (pointers, neighbours)
  }

  // MARK: Edges

  private func origin(_ e: Int) -> Int { Int(origins[e]) }
  private func end(_ e: Int) -> Int { Int(origins[e ^ 1]) }
  /// The next edge of the face on an edge's left.
  private func nextOfFace(_ e: Int) -> Int { Int(right[e ^ 1]) }

  private mutating func makeEdge(_ from: Int, _ to: Int) -> Int {
    let e = origins.count
    for (edge, place) in [(e, from), (e + 1, to)] {
      origins.append(Int32(place))
      left.append(Int32(edge))
      right.append(Int32(edge))
    }
    return e
  }

  /// Joins the rings of edges around two origins, or parts one ring in two.
  private mutating func splice(_ a: Int, _ b: Int) {
    let afterA = left[a]
    let afterB = left[b]
    left[a] = afterB
    left[b] = afterA
    right[Int(afterB)] = Int32(a)
    right[Int(afterA)] = Int32(b)
  }

  /// A new edge from the end of a to the origin of b, with the same face on its left as both.
  private mutating func connect(_ a: Int, _ b: Int) -> Int {
    let e = makeEdge(end(a), origin(b))
    splice(e, nextOfFace(a))
    splice(e ^ 1, b)
    return e
  }

  private mutating func remove(_ e: Int) {
    splice(e, Int(right[e]))
    splice(e ^ 1, Int(right[e ^ 1]))
    origins[e] = -1
    origins[e ^ 1] = -1
  }

  // MARK: Division and merging

  private func turn(_ a: Int, _ b: Int, _ c: Int) -> Double {
    ExactPredicates.orientation(places[a], places[b], places[c])
  }

  private func isLeft(_ place: Int, of e: Int) -> Bool { turn(place, origin(e), end(e)) > 0 }
  private func isRight(_ place: Int, of e: Int) -> Bool { turn(place, end(e), origin(e)) > 0 }

  private func inCircle(_ a: Int, _ b: Int, _ c: Int, _ d: Int) -> Bool {
    ExactPredicates.inCircle(places[a], places[b], places[c], places[d])
  }

  /// Triangulates places[first..<last], at least two.
  /// - Returns: the hull's counterclockwise edge out of the first place, and its clockwise edge out of the last.
  private mutating func triangulate(_ first: Int, _ last: Int) -> (first: Int, last: Int) {
    switch last - first {
    case 2:
      let e = makeEdge(first, first + 1)
      return (e, e ^ 1)
    case 3:
      let a = makeEdge(first, first + 1)
      let b = makeEdge(first + 1, first + 2)
      splice(a ^ 1, b)
      let bend = turn(first, first + 1, first + 2)
      if bend == 0 { return (a, b ^ 1) }
      let c = connect(b, a)
      return bend > 0 ? (a, b ^ 1) : (c ^ 1, c)
    default:
      let middle = first + (last - first) / 2
      return merge(triangulate(first, middle), triangulate(middle, last))
    }
  }

  /// Joins two triangulations side by side, from their lower common tangent upwards.
  private mutating func merge(
    _ leftPart: (first: Int, last: Int), _ rightPart: (first: Int, last: Int)
  ) -> (first: Int, last: Int) {
    var (outerLeft, innerLeft) = leftPart
    var (innerRight, outerRight) = rightPart
    while true {
      if isLeft(origin(innerRight), of: innerLeft) {
        innerLeft = nextOfFace(innerLeft)
      } else if isRight(origin(innerLeft), of: innerRight) {
        innerRight = Int(left[innerRight ^ 1])
      } else {
        break
      }
    }
    var base = connect(innerRight ^ 1, innerLeft)
    if origin(innerLeft) == origin(outerLeft) { outerLeft = base ^ 1 }
    if origin(innerRight) == origin(outerRight) { outerRight = base }
    while true {
      let fromLeft = candidate(Int(left[base ^ 1]), base, turnsLeft: true)
      let fromRight = candidate(Int(right[base]), base, turnsLeft: false)
      if let fromRight,
        fromLeft.map({ inCircle(end($0), origin($0), origin(fromRight), end(fromRight)) }) ?? true
      {
        base = connect(fromRight, base ^ 1)
      } else if let fromLeft {
        base = connect(base ^ 1, fromLeft ^ 1)
      } else {
        return (outerLeft, outerRight)
      }
    }
  }

  /// The edge that may rise from one end of the base: edges of that side whose circle holds the next one's end go.
  /// - Returns: nil where no edge rises above the base
  private mutating func candidate(_ start: Int, _ base: Int, turnsLeft: Bool) -> Int? {
    var e = start
    guard isRight(end(e), of: base) else { return nil }
    while true {
      let next = Int(turnsLeft ? left[e] : right[e])
      guard inCircle(end(base), origin(base), end(e), end(next)) else { break }
      remove(e)
      e = next
    }
    return isRight(end(e), of: base) ? e : nil
  }
}
