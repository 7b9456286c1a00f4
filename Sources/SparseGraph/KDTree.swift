/// A k-d tree over points of the plane: leaves of 30 to 60 points, split at the median of the wider side.
///
/// Which of several equally distant points is found is decided by the tree's layout and the order of visits. Both follow
/// scikit-learn's KDTree (leaf size 30, depth first, nearer child first), so that graphs equal squidpy's spot by spot,
/// on hexagonal lattices too, where many distances are equal.
struct KDTree: Sendable {
  private static let leafSize = 30

  /// The points in the order of the leaves, and each one's own number.
  private var points: [SIMD2<Double>]
  private var numbers: [Int32]
  private var nodes: [Node]

  private struct Node: Sendable {
    var start = 0
    var end = 0
    var lower = SIMD2<Double>(repeating: .infinity)
    var upper = SIMD2<Double>(repeating: -.infinity)
  }

  /// Builds the tree over finite points in O(N log N) time and O(N) memory.
  init(_ original: [SIMD2<Double>]) {
    numbers = (0..<Int32(original.count)).map { $0 }
    points = []
    var levels = 1
    while KDTree.leafSize << levels <= original.count - 1 { levels += 1 }
    nodes = [Node](repeating: Node(), count: (1 << levels) - 1)
    build(node: 0, 0, original.count, original)
    points = numbers.map { original[Int($0)] }
  }

  private mutating func build(node: Int, _ start: Int, _ end: Int, _ original: [SIMD2<Double>]) {
    var entry = Node(start: start, end: end)
    for i in start..<end {
      let point = original[Int(numbers[i])]
      entry.lower = pointwiseMin(entry.lower, point)
      entry.upper = pointwiseMax(entry.upper, point)
    }
    nodes[node] = entry
    if 2 * node + 1 >= nodes.count { return }
    let middle = (end - start) / 2
    let spread = entry.upper - entry.lower
    let axis = spread.y > spread.x ? 1 : 0
    select(&numbers, start, start + middle, end) { a, b in
      let valueA = original[Int(a)][axis]
      let valueB = original[Int(b)][axis]
      return valueA == valueB ? a < b : valueA < valueB
    }
    build(node: 2 * node + 1, start, start + middle, original)
    build(node: 2 * node + 2, start + middle, end, original)
  }

  /// Fills the heap with the nearest points to `query`.
  func search(_ query: SIMD2<Double>, into heap: inout CandidateHeap) {
    search(node: 0, bound: boxDistance(0, query), query, &heap)
  }

  private func search(node: Int, bound: Double, _ query: SIMD2<Double>, _ heap: inout CandidateHeap) {
    // No point of this box can enter the heap: a candidate must be nearer than the farthest one held.
    if bound >= heap.farthest { return }
    let left = 2 * node + 1
    if left >= nodes.count {
      for i in nodes[node].start..<nodes[node].end {
        let difference = query - points[i]
        heap.push(difference.x * difference.x + difference.y * difference.y, numbers[i])
      }
      return
    }
    let leftBound = boxDistance(left, query)
    let rightBound = boxDistance(left + 1, query)
    if leftBound <= rightBound {
      search(node: left, bound: leftBound, query, &heap)
      search(node: left + 1, bound: rightBound, query, &heap)
    } else {
      search(node: left + 1, bound: rightBound, query, &heap)
      search(node: left, bound: leftBound, query, &heap)
    }
  }

  /// Appends the numbers of all points at most `radius` from `query`, in the order of the leaves.
  func appendWithin(_ radius: Double, of query: SIMD2<Double>, to found: inout [Int32]) {
    appendWithin(node: 0, radius * radius, query, &found)
  }

  private func appendWithin(node: Int, _ square: Double, _ query: SIMD2<Double>, _ found: inout [Int32]) {
    if boxDistance(node, query) > square { return }
    let left = 2 * node + 1
    if left >= nodes.count {
      for i in nodes[node].start..<nodes[node].end {
        let difference = query - points[i]
        if difference.x * difference.x + difference.y * difference.y <= square { found.append(numbers[i]) }
      }
      return
    }
    appendWithin(node: left, square, query, &found)
    appendWithin(node: left + 1, square, query, &found)
  }

  /// The squared distance from a point to a node's box; 0 inside.
  private func boxDistance(_ node: Int, _ query: SIMD2<Double>) -> Double {
    let below = nodes[node].lower - query
    let above = query - nodes[node].upper
    let x = max(below.x, above.x, 0)
    let y = max(below.y, above.y, 0)
    return x * x + y * y
  }
}

/// The k nearest points seen so far, as a heap with the farthest on top.
struct CandidateHeap {
  /// Squared distances and the points' numbers; infinity and -1 where not yet filled.
  private(set) var distances: [Double]
  private(set) var numbers: [Int32]

  init(count: Int) {
    distances = [Double](repeating: .infinity, count: count)
    numbers = [Int32](repeating: -1, count: count)
  }

  var farthest: Double { distances[0] }

  mutating func reset() {
    for i in distances.indices {
      distances[i] = .infinity
      numbers[i] = -1
    }
  }

  /// Takes the point in place of the farthest one if it is nearer than that; an equally distant point stays out.
  mutating func push(_ distance: Double, _ number: Int32) {
    if distance >= distances[0] { return }
    var current = 0
    while true {
      let left = 2 * current + 1
      if left >= distances.count { break }
      let right = left + 1
      let larger = right < distances.count && distances[right] > distances[left] ? right : left
      if distance >= distances[larger] { break }
      distances[current] = distances[larger]
      numbers[current] = numbers[larger]
      current = larger
    }
    distances[current] = distance
    numbers[current] = number
  }
}

/// Reorders `values[first..<last]` so that position `nth` holds what sorting would put there, nothing before it is
/// greater and nothing after it smaller: quickselect by the median of three, in the steps of libstdc++'s nth_element.
///
/// `precedes` is a strict total order.
func select(_ values: inout [Int32], _ first: Int, _ nth: Int, _ last: Int, by precedes: (Int32, Int32) -> Bool) {
  if first == last || nth == last { return }
  var first = first
  var last = last
  var depth = 2 * (Int.bitWidth - 1 - (last - first).leadingZeroBitCount)
  while last - first > 3 {
    if depth == 0 { break }
    depth -= 1
    let cut = partition(&values, first, last, precedes)
    if cut <= nth { first = cut } else { last = cut }
  }
  values[first..<last].sort(by: precedes)
}

/// Moves the median of second, middle and last to the front and parts the rest by it; returns the border.
private func partition(_ values: inout [Int32], _ first: Int, _ last: Int, _ precedes: (Int32, Int32) -> Bool) -> Int {
  let a = first + 1
  let b = first + (last - first) / 2
  let c = last - 1
  let median: Int
  if precedes(values[a], values[b]) {
    median = precedes(values[b], values[c]) ? b : precedes(values[a], values[c]) ? c : a
  } else {
    median = precedes(values[a], values[c]) ? a : precedes(values[b], values[c]) ? c : b
  }
  values.swapAt(first, median)
  let pivot = values[first]
  var low = first + 1
  var high = last
  while true {
    while precedes(values[low], pivot) { low += 1 }
    high -= 1
    while precedes(pivot, values[high]) { high -= 1 }
    if low >= high { return low }
    values.swapAt(low, high)
    low += 1
  }
}
