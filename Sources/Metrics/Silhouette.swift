import StomicsCore

/// The mean silhouette of labelled points: how much nearer each lies to its own group than to the next, -1 to 1.
///
/// Exact, Euclidean, in Double, O(N²) time and O(N) memory; a point alone in its group counts 0.
/// - Parameters:
///   - points: `[N, D]`
///   - labels: `[N]`, any integers
/// - Returns: nil where it is not defined: with fewer than 2 labels, or with every point alone.
/// - Source: Rousseeuw 1987.
public func silhouetteScore(_ points: Matrix, labels: [Int32]) -> Double? {
  let n = points.rows
  precondition(labels.count == n, "\(labels.count) labels for \(n) points")
  // Points ordered by group, so that each group is one range; coordinates one after another, so that loops vectorise.
  let order = (0..<n).sorted { (labels[$0], $0) < (labels[$1], $1) }
  var starts = [Int]()
  var groups = [Int](repeating: 0, count: n)
  for (position, i) in order.enumerated() {
    if position == 0 || labels[i] != labels[order[position - 1]] { starts.append(position) }
    groups[position] = starts.count - 1
  }
  let groupCount = starts.count
  guard groupCount >= 2 && groupCount < n else { return nil }
  starts.append(n)
  var columns = [Double](repeating: 0, count: points.columns * n)
  for d in 0..<points.columns {
    for (position, i) in order.enumerated() { columns[d * n + position] = Double(points[i, d]) }
  }

  var scores = [Double](repeating: 0, count: n)
  scores.withUnsafeMutableBufferPointer { scores in
    columns.withUnsafeBufferPointer { columns in
      parallelRows(n, blockSize: 64) { rows in
        var distances = [Double](repeating: 0, count: n)
        for i in rows {
          measureDistances(from: i, columns, dimensions: points.columns, into: &distances)
          let own = groups[i]
          let size = starts[own + 1] - starts[own]
          if size == 1 { continue }
          var inside = 0.0
          var nearest = Double.infinity
          for g in 0..<groupCount {
            var sum = 0.0
            for j in starts[g]..<starts[g + 1] { sum += distances[j] }
            if g == own {
              inside = sum / Double(size - 1)
            } else {
              nearest = min(nearest, sum / Double(starts[g + 1] - starts[g]))
            }
          }
          let larger = max(inside, nearest)
          scores[i] = larger == 0 ? 0 : (nearest - inside) / larger
        }
      }
    }
  }
  return scores.reduce(0, +) / Double(n)
}

/// Overwrites `distances` `[N]` with the Euclidean distances of point i to all points of `columns` `[D, N]`.
private func measureDistances(
  from i: Int, _ columns: UnsafeBufferPointer<Double>, dimensions: Int, into distances: inout [Double]
) {
  let n = distances.count
  distances.withUnsafeMutableBufferPointer { out in
    for j in 0..<n { out[j] = 0 }
    for d in 0..<dimensions {
      let column = UnsafeBufferPointer(rebasing: columns[d * n..<(d + 1) * n])
      let own = column[i]
      for j in 0..<n {
        let difference = column[j] - own
        out[j] += difference * difference
      }
    }
    for j in 0..<n { out[j] = out[j].squareRoot() }
  }
}
