/// How grey levels of neighbouring pixels go together: five statistics of a co-occurrence matrix, in four directions.
///
/// P(i, j) is the share of pixel pairs, one step apart in a direction, with level i at the first and j at the second;
/// pairs are counted in that order only, so P need not be symmetric.
/// - Source: Haralick et al. 1973, with the directions, the 256 levels and the limits of scikit-image's `graycomatrix`
///   and `graycoprops`, as squidpy's texture features call them.
struct Texture {
  static let properties = ["contrast", "dissimilarity", "homogeneity", "correlation", "ASM"]
  /// Degrees, and the step to the second pixel in rows and columns.
  static let directions: [(degrees: Int, step: (row: Int, column: Int))] = [
    (0, (0, 1)), (45, (1, 1)), (90, (1, 0)), (135, (1, -1)),
  ]

  /// How often each pair of levels occurs, `[256, 256]`; all 0 between calls.
  private var counts = [UInt32](repeating: 0, count: 256 * 256)

  /// 1 / (1 + d^2) for a difference d of levels.
  private static let closeness = (0..<256).map { 1 / Double(1 + $0 * $0) }

  /// The properties of one direction, in their order.
  ///
  /// All sums are whole numbers until the last division: no order of additions matters. Where either pixel's level never
  /// changes the correlation is 1, and a patch without pairs has 0 for the others.
  /// - Parameter grey: `[height, width]`
  mutating func statistics(
    _ grey: [UInt8], width: Int, height: Int, step: (row: Int, column: Int)
  ) -> [Double] {
    let columns = max(0, -step.column)..<max(0, -step.column, min(width, width - step.column))
    let rows = 0..<max(0, height - step.row)
    let offset = step.row * width + step.column
    let pairs = rows.count * columns.count
    if pairs == 0 { return [0, 0, 0, 1, 0] }
    var differences = [Int](repeating: 0, count: 256)
    var (sumFirst, sumSecond, squaresFirst, squaresSecond, products) = (0, 0, 0, 0, 0)
    /// The sum of counts^2, which grows by 2 c + 1 when a count c grows by one.
    var squaredCounts = 0
    for y in rows {
      for place in y * width + columns.lowerBound..<y * width + columns.upperBound {
        let (i, j) = (Int(grey[place]), Int(grey[place + offset]))
        let cell = i << 8 | j
        squaredCounts += 2 * Int(counts[cell]) + 1
        counts[cell] += 1
        differences[abs(i - j)] += 1
        sumFirst += i
        sumSecond += j
        squaresFirst += i * i
        squaresSecond += j * j
        products += i * j
      }
    }
    for y in rows {
      for place in y * width + columns.lowerBound..<y * width + columns.upperBound {
        counts[Int(grey[place]) << 8 | Int(grey[place + offset])] = 0
      }
    }
    var (contrast, dissimilarity, homogeneity) = (0, 0, 0.0)
    for d in 0..<256 {
      contrast += d * d * differences[d]
      dissimilarity += d * differences[d]
      homogeneity += Self.closeness[d] * Double(differences[d])
    }
    let varianceFirst = Statistics.spread(pairs, squaresFirst, sumFirst, sumFirst)
    let varianceSecond = Statistics.spread(pairs, squaresSecond, sumSecond, sumSecond)
    let covariance = Statistics.spread(pairs, products, sumFirst, sumSecond)
    let count = Double(pairs)
    return [
      Double(contrast) / count, Double(dissimilarity) / count, homogeneity / count,
      varianceFirst == 0 || varianceSecond == 0
        ? 1 : Double(covariance) / (Double(varianceFirst).squareRoot() * Double(varianceSecond).squareRoot()),
      Double(squaredCounts) / (count * count),
    ]
  }
}
