import StomicsCore

/// Local quadratic regression of y on x, as the field's `loess` (netlib's dloess, in R and in scikit-misc) computes it with
/// one predictor, degree 2 and its default, interpolated surface.
///
/// The points are cut at medians into cells until a cell holds at most a fifth of the span. At each border a parabola is
/// fitted to the nearest points, by least squares with tricube weights. Between two borders the curve is the cubic that
/// has the value and the slope of both.
/// - Source: Cleveland and Grosse 1991, "Computational methods for local regression".
struct Loess {
  /// Why no curve can be fitted.
  enum Failure: Error, Equatable {
    /// A parabola needs four points in each neighbourhood.
    case tooFewPoints(needed: Int)
    /// All points of a neighbourhood have this x.
    case noWidth(at: Double)
  }

  /// The curve at each x, `[N]`.
  let fitted: [Double]
  /// Borders whose neighbourhood holds too few distinct x for a parabola; the fit of least norm stands there.
  let degenerate: Int

  /// - Parameters:
  ///   - x, y: finite, `[N]`
  ///   - span: the share of the points in a neighbourhood, above 0 and at most 1
  init(x: [Double], y: [Double], span: Double) throws(Failure) {
    precondition(x.count == y.count && span > 0 && span <= 1)
    let count = min(x.count, Int(Double(x.count) * span + 1e-5))
    if count < 4 { throw .tooFewPoints(needed: Int((4 / span).rounded(.up))) }
    let order = x.indices.sorted { x[$0] != x[$1] ? x[$0] < x[$1] : $0 < $1 }
    let xs = order.map { x[$0] }
    let ys = order.map { y[$0] }
    let borders = Self.borders(xs, cell: Int(Double(xs.count) * (span * 0.2)))
    var fits = [LocalFit?](repeating: nil, count: borders.count)
    fits.withUnsafeMutableBufferPointer { fits in
      nonisolated(unsafe) let fits = fits
      parallelFor(borders.count) { fits[$0] = LocalFit(xs, ys, at: borders[$0], neighbours: count) }
    }
    var values: [LocalFit] = []
    for (border, fit) in zip(borders, fits) {
      guard let fit else { throw .noWidth(at: xs.min { abs($0 - border) < abs($1 - border) } ?? border) }
      values.append(fit)
    }
    degenerate = values.count { $0.isDegenerate }
    var curve = [Double](repeating: 0, count: x.count)
    var cell = 0
    for (k, row) in order.enumerated() {
      while cell < borders.count - 2 && xs[k] > borders[cell + 1] { cell += 1 }
      let width = borders[cell + 1] - borders[cell]
      curve[row] = Self.cubic((xs[k] - borders[cell]) / width, width, values[cell], values[cell + 1])
    }
    fitted = curve
  }

  /// The cubic of two values and slopes at h, between 0 and 1 of a cell's width.
  private static func cubic(_ h: Double, _ width: Double, _ left: LocalFit, _ right: LocalFit) -> Double {
    let rest = 1 - h
    return rest * rest * (1 + 2 * h) * left.value + h * h * (3 - 2 * h) * right.value
      + (h * rest * rest * left.slope - h * h * rest * right.slope) * width
  }

  /// The cells' borders, ascending: the first and the last lie outside the points by half a percent of their range.
  /// - Parameters:
  ///   - xs: ascending
  ///   - cell: the most points in a cell
  private static func borders(_ xs: [Double], cell: Int) -> [Double] {
    let low = xs[0]
    let high = xs[xs.count - 1]
    let margin = 0.005 * max(high - low, 1e-10 * max(abs(low), abs(high)) + 1e-30)
    var cells = [(points: xs.indices, low: low - margin, high: high + margin)]
    var cuts: [Double] = []
    // Cells are cut in the order they arose; dloess has room for this many.
    let room = max(200, xs.count)
    var next = 0
    while next < cells.count {
      let (points, low, high) = cells[next]
      next += 1
      if points.count <= cell || high <= low || cells.count + 2 > room || cuts.count + 3 > room { continue }
      let last = cutPoint(xs, points)
      let cut = xs[last]
      if cut == low || cut == high { continue }
      cuts.append(cut)
      cells.append((points.lowerBound..<last + 1, low, cut))
      cells.append((last + 1..<points.upperBound, cut, high))
    }
    return [low - margin] + cuts.sorted() + [high + margin]
  }

  /// The last point of the lower half: the middle one, or the nearest to it that differs from its successor.
  private static func cutPoint(_ xs: [Double], _ points: Range<Int>) -> Int {
    let last = points.upperBound - 1
    // The middle of places that count from 1.
    let middle = (points.lowerBound + last + 2) / 2 - 1
    var offset = 0
    while middle + offset >= points.lowerBound && middle + offset < last {
      if xs[middle + offset] != xs[middle + offset + 1] { return middle + offset }
      offset = offset < 0 ? -offset + 1 : offset == 0 ? 1 : -offset
    }
    return middle
  }
}

/// The parabola of least weighted squares through the points nearest to a place: its value and slope there.
private struct LocalFit {
  let value: Double
  let slope: Double
  let isDegenerate: Bool

  /// - Returns: nil where all points in the neighbourhood lie on its border, or at the place itself.
  init?(_ xs: [Double], _ ys: [Double], at place: Double, neighbours count: Int) {
    var low = 0
    while low < xs.count && xs[low] < place { low += 1 }
    var high = low
    while high - low < count {
      if low > 0 && (high == xs.count || place - xs[low - 1] <= xs[high] - place) { low -= 1 } else { high += 1 }
    }
    let radius = max(abs(place - xs[low]), abs(xs[high - 1] - place))
    if radius <= 0 { return nil }
    var columns = [[Double]](repeating: [Double](repeating: 0, count: count), count: 3)
    var target = columns[0]
    for k in 0..<count {
      let distance = xs[low + k] - place
      let ratio = abs(distance) / radius
      let rest = 1 - ratio * ratio * ratio
      let weight = (rest * rest * rest).squareRoot()
      columns[0][k] = weight
      columns[1][k] = weight * distance
      columns[2][k] = weight * distance * distance
      target[k] = weight * ys[low + k]
    }
    if !columns[0].contains(where: { $0 != 0 }) { return nil }
    let solution = LeastSquares(columns, target)
    value = solution.coefficients[0]
    slope = solution.coefficients[1]
    isDegenerate = solution.isDegenerate
  }
}

/// Least squares of a few columns by their singular values (one-sided Jacobi rotations): the solution of least norm
/// where the columns depend on each other.
private struct LeastSquares {
  let coefficients: [Double]
  let isDegenerate: Bool

  init(_ columns: [[Double]], _ target: [Double]) {
    let width = columns.count
    let norms = columns.map {
      let norm = dot($0, $0).squareRoot(); return norm > 0 ? norm : 1
    }
    var rotated = zip(columns, norms).map { column, norm in column.map { $0 / norm } }
    var basis = (0..<width).map { j in (0..<width).map { $0 == j ? 1.0 : 0 } }
    var settled = false
    for _ in 0..<30 where !settled {
      settled = true
      for p in 0..<width {
        for q in p + 1..<width {
          let (a, b, c) = (dot(rotated[p], rotated[p]), dot(rotated[q], rotated[q]), dot(rotated[p], rotated[q]))
          if c == 0 || abs(c) <= 1e-15 * (a * b).squareRoot() { continue }
          settled = false
          let half = (b - a) / (2 * c)
          let tangent = (half < 0 ? -1 : 1) / (abs(half) + (1 + half * half).squareRoot())
          let cosine = 1 / (1 + tangent * tangent).squareRoot()
          rotate(&rotated, p, q, cosine, cosine * tangent)
          rotate(&basis, p, q, cosine, cosine * tangent)
        }
      }
    }
    let squares = rotated.map { dot($0, $0) }
    // dloess takes singular values below 100 units of rounding of the largest for 0.
    let limit = (squares.max() ?? 0).squareRoot() * 100 * 0x1p-52
    var result = [Double](repeating: 0, count: width)
    for k in 0..<width where squares[k].squareRoot() > limit {
      let part = dot(rotated[k], target) / squares[k]
      for j in 0..<width { result[j] += basis[k][j] * part / norms[j] }
    }
    coefficients = result
    isDegenerate = squares.contains { $0.squareRoot() <= limit }
  }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double {
  var sum = 0.0
  for k in a.indices { sum += a[k] * b[k] }
  return sum
}

private func rotate(_ columns: inout [[Double]], _ p: Int, _ q: Int, _ cosine: Double, _ sine: Double) {
  for k in columns[p].indices {
    let (a, b) = (columns[p][k], columns[q][k])
    columns[p][k] = cosine * a - sine * b
    columns[q][k] = sine * a + cosine * b
  }
}
