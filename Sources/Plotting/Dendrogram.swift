/// The tree of a hierarchical clustering, its leaves in rows from top to bottom.
public struct Dendrogram: Sendable, Equatable {
  /// Two nodes become one; leaves are 0..<N, the node of merge k is N + k.
  public struct Merge: Sendable, Equatable {
    public var first: Int
    public var second: Int
    public var distance: Double

    public init(_ first: Int, _ second: Int, distance: Double) {
      self.first = first
      self.second = second
      self.distance = distance
    }
  }

  /// The leaves from top to bottom, `[N]`.
  public var order: [Int]
  /// By distance, `[N - 1]`.
  public var merges: [Merge]

  public init(order: [Int], merges: [Merge]) {
    precondition(merges.count == max(0, order.count - 1), "\(merges.count) merges of \(order.count) leaves")
    self.order = order
    self.merges = merges
  }

  /// Draws it with the leaves at the left edge and the root at the right.
  func draw(in frame: Rect, on canvas: inout Canvas) {
    let count = order.count
    let pitch = frame.height / Double(max(1, count))
    let largest = max(merges.map(\.distance).max() ?? 0, 1e-300)
    var places = [Point](repeating: Point(frame.x, frame.y), count: count + merges.count)
    for (row, leaf) in order.enumerated() {
      places[leaf] = Point(frame.x, frame.y + (Double(row) + 0.5) * pitch)
    }
    for (k, merge) in merges.enumerated() {
      let (a, b) = (places[merge.first], places[merge.second])
      let x = frame.x + 0.94 * frame.width * merge.distance / largest
      canvas.line([a, Point(x, a.y), Point(x, b.y), b], Stroke(.softInk, width: 0.6))
      places[count + k] = Point(x, (a.y + b.y) / 2)
    }
  }
}
