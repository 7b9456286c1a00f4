import LinearAlgebra
import StomicsCore

/// Maps of high-dimensional rows, such as embeddings of spots, in two dimensions: PCA, t-SNE and UMAP.
///
/// All are own implementations, exact in their nearest neighbours, and give the same bytes for one seed on any number of
/// threads. Neighbouring points of t-SNE and UMAP were neighbours; distances between far groups mean little.
public enum Projection {
  /// How far a job is: steps done, steps in all.
  public typealias ProgressCallback = (_ completed: Int, _ total: Int) -> Void

  /// The first principal components of the rows.
  public struct PrincipalComponents: Sendable, Equatable {
    /// `[N, components]`; columns have mean 0.
    public var scores: Matrix
    /// `[components]`: the share of the rows' variance that each explains.
    public var explainedVarianceRatio: [Double]
  }

  /// The first principal components of rows `[N, D]` of finite numbers. Every component's loading of largest size is
  /// positive. Components beyond the rows' rank are 0.
  /// - Throws: `ProjectionError`, `LinearAlgebraError`
  public static func pca(_ rows: Matrix, components: Int = 2) throws -> PrincipalComponents {
    try check(rows, method: "PCA", least: 2)
    let x = centred(rows)
    let total = x.values.reduce(0) { $0 + $1 * $1 }
    let count = min(components, min(rows.rows, rows.columns))
    // The smaller of the two products has the same eigenvalues.
    let byColumns = rows.columns <= rows.rows
    let square = LinearAlgebra.product(x, x, transposingA: byColumns, transposingB: !byColumns)
    let (values, vectors) = try LinearAlgebra.symmetricEigen(square, top: count)
    var loadings = vectors
    if !byColumns { loadings = LinearAlgebra.product(x, vectors, transposingA: true) }
    var scores = Matrix(rows: rows.rows, columns: components)
    var shares = [Double](repeating: 0, count: components)
    let projected = LinearAlgebra.product(x, loadings)
    for c in 0..<count {
      // Eigenvalues of rounding errors have no direction.
      guard values[c] > 1e-12 * max(total, .leastNormalMagnitude) else { continue }
      shares[c] = values[c] / total
      var largest = 0.0
      var length = 0.0
      for j in 0..<loadings.rows {
        if abs(loadings[j, c]) > abs(largest) { largest = loadings[j, c] }
        length += loadings[j, c] * loadings[j, c]
      }
      let factor = (largest < 0 ? -1 : 1) / length.squareRoot()
      for i in 0..<rows.rows { scores[i, c] = Float(projected[i, c] * factor) }
    }
    return PrincipalComponents(scores: scores, explainedVarianceRatio: shares)
  }

  static func centred(_ rows: Matrix) -> DoubleMatrix {
    var means = [Double](repeating: 0, count: rows.columns)
    for i in 0..<rows.rows {
      for (j, value) in rows.row(i).enumerated() { means[j] += Double(value) }
    }
    for j in means.indices { means[j] /= Double(rows.rows) }
    var result = DoubleMatrix(rows: rows.rows, columns: rows.columns)
    for i in 0..<rows.rows {
      for (j, value) in rows.row(i).enumerated() { result.values[i * rows.columns + j] = Double(value) - means[j] }
    }
    return result
  }

  /// Refuses rows that no method can place.
  static func check(_ rows: Matrix, method: String, least: Int) throws {
    guard rows.rows >= least, rows.columns > 0 else {
      throw ProjectionError.tooFewRows(method: method, rows: rows.rows, columns: rows.columns, least: least)
    }
    if let place = rows.values.firstIndex(where: { !$0.isFinite }) {
      throw ProjectionError.notFinite(row: place / rows.columns, column: place % rows.columns)
    }
    let first = rows.row(0)
    if (1..<rows.rows).allSatisfy({ rows.row($0) == first }) {
      throw ProjectionError.allEqual(method: method, rows: rows.rows)
    }
  }

  /// Where t-SNE and UMAP start: the first two principal components, divided so that `scale` of them is `size`.
  static func start(_ rows: Matrix, size: Double, of scale: ([Float]) -> Double) throws -> [SIMD2<Float>] {
    let scores = try pca(rows).scores
    let found = scale(scores.values)
    let factor = found > 0 ? Float(size / found) : 0
    return (0..<rows.rows).map { SIMD2(scores[$0, 0], scores[$0, 1]) * factor }
  }
}

/// Rows or settings that cannot be laid out in two dimensions.
public enum ProjectionError: StomicsError, Equatable {
  case tooFewRows(method: String, rows: Int, columns: Int, least: Int)
  case notFinite(row: Int, column: Int)
  case allEqual(method: String, rows: Int)
  case setting(name: String, found: Double, wanted: String)

  public var kind: ErrorKind {
    if case .setting = self { return .usage }
    return .data
  }

  public var description: String {
    switch self {
    case .tooFewRows(let method, let rows, let columns, let least):
      "\(method) of \(rows) rows of \(columns) numbers: at least \(least) rows and one column are needed."
    case .notFinite(let row, let column):
      "Row \(row + 1), column \(column + 1) of the embedding is not a finite number. Remove or fill missing values first."
    case .allEqual(let method, let rows):
      "\(method): all \(rows) rows are equal, there is nothing to lay out."
    case .setting(let name, let found, let wanted): "\(name) is \(found); give \(wanted)."
    }
  }
}
