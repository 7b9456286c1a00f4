import StomicsCore

/// Points of the plane in nested squares, for sums over all points that take far groups as one (Barnes and Hut 1986).
struct QuadTree {
  private struct Node {
    /// The mean of its points.
    var center: SIMD2<Float>
    var count: Float
    /// The square of the side.
    var area: Float
    /// The node after all that lie inside this one.
    var next: Int32
    /// The points of a leaf in Morton order; empty for nodes with children.
    var first: Int32 = 0
    var last: Int32 = 0
  }

  private static let levels = 16
  private static let leafSize = 4

  private var nodes: [Node] = []
  private var codes: [UInt32] = []
  /// The points in Morton order, and which they are.
  private(set) var points: [SIMD2<Float>] = []
  private(set) var order: [Int32] = []

  /// - Parameter points: at least one, finite
  init(_ points: [SIMD2<Float>]) {
    var low = points[0]
    var high = points[0]
    for point in points {
      low = pointwiseMin(low, point)
      high = pointwiseMax(high, point)
    }
    let side = max(high.x - low.x, high.y - low.y, 1e-30) * 1.0001
    let cells = Float(1 << Self.levels) / side
    var keys = points.enumerated().map { i, point in
      let cell = (point - low) * cells
      return UInt64(Self.spread(UInt32(cell.x)) | Self.spread(UInt32(cell.y)) << 1) << 32 | UInt64(i)
    }
    keys.sort()
    order = keys.map { Int32(truncatingIfNeeded: $0 & 0xFFFF_FFFF) }
    codes = keys.map { UInt32($0 >> 32) }
    self.points = order.map { points[Int($0)] }
    nodes.reserveCapacity(points.count)
    build(0..<points.count, side: side)
  }

  /// The 16 low bits with a zero between each two.
  private static func spread(_ x: UInt32) -> UInt32 {
    var x = min(x, 0xFFFF)
    x = (x | x << 8) & 0x00FF_00FF
    x = (x | x << 4) & 0x0F0F_0F0F
    x = (x | x << 2) & 0x3333_3333
    return (x | x << 1) & 0x5555_5555
  }

  private mutating func build(_ range: Range<Int>, side: Float) {
    let own = nodes.count
    var sum = SIMD2<Float>.zero
    for i in range { sum += points[i] }
    // The smallest square that holds all: squares with one child are left out.
    let level = min(Self.levels, (codes[range.lowerBound] ^ codes[range.upperBound - 1]).leadingZeroBitCount / 2)
    let width = side / Float(1 << level)
    nodes.append(
      Node(center: sum / Float(range.count), count: Float(range.count), area: width * width, next: 0))
    if range.count <= Self.leafSize || level == Self.levels {
      nodes[own].first = Int32(range.lowerBound)
      nodes[own].last = Int32(range.upperBound)
    } else {
      let shift = UInt32(2 * (Self.levels - 1 - level))
      var start = range.lowerBound
      while start < range.upperBound {
        let digit = codes[start] >> shift & 3
        var end = start + 1
        while end < range.upperBound && codes[end] >> shift & 3 == digit { end += 1 }
        build(start..<end, side: side)
        start = end
      }
    }
    nodes[own].next = Int32(nodes.count)
  }

  /// Σ q and Σ q² (y_i − y_j) over the other points j, q = 1 / (1 + |y_i − y_j|²), the sums of t-SNE's repulsion, of the
  /// point at `place` in Morton order. A square whose side is less than `theta` of its distance is one point.
  func repulsion(at place: Int, theta: Float) -> (sum: Float, force: SIMD2<Float>) {
    let here = points[place]
    let limit = theta * theta
    var total: Float = 0
    var force = SIMD2<Float>.zero
    nodes.withUnsafeBufferPointer { nodes in
      var i = 0
      while i < nodes.count {
        let node = nodes[i]
        let way = here - node.center
        let square = way.x * way.x + way.y * way.y
        if node.area < limit * square {
          let q = 1 / (1 + square)
          total += node.count * q
          force += node.count * q * q * way
          i = Int(node.next)
        } else if node.last > node.first {
          for other in Int(node.first)..<Int(node.last) where other != place {
            let way = here - points[other]
            let q = 1 / (1 + way.x * way.x + way.y * way.y)
            total += q
            force += q * q * way
          }
          i = Int(node.next)
        } else {
          i += 1
        }
      }
    }
    return (total, force)
  }
}
