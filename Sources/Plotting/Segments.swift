/// Many straight lines of one width in a few colours: the edges of a graph.
///
/// They are drawn in their order, later ones on top. Lines with an end that is not finite or without a colour are left
/// out.
public struct Segments: Sendable {
  public var starts: [Point]
  public var ends: [Point]
  /// In points.
  public var width: Double
  /// For each line the place of its colour in `palette`.
  public var colorIndices: [Int32]
  public var palette: [Color]

  public init(starts: [Point], ends: [Point], width: Double, colorIndices: [Int32], palette: [Color]) {
    precondition(starts.count == ends.count, "\(starts.count) starts for \(ends.count) ends")
    precondition(starts.count == colorIndices.count, "\(colorIndices.count) colours for \(starts.count) lines")
    self.starts = starts
    self.ends = ends
    self.width = width
    self.colorIndices = colorIndices
    self.palette = palette
  }

  /// The lines' places, in runs of one colour.
  var runs: [(color: Color, members: [Int])] {
    var result: [(color: Color, members: [Int])] = []
    var last: Int32 = -1
    for (i, index) in colorIndices.enumerated() where index >= 0 && Int(index) < palette.count {
      guard starts[i].x.isFinite, starts[i].y.isFinite, ends[i].x.isFinite, ends[i].y.isFinite else { continue }
      if index == last {
        result[result.count - 1].members.append(i)
      } else {
        result.append((palette[Int(index)], [i]))
        last = index
      }
    }
    return result
  }
}
