import LinearAlgebra
import StomicsCore

/// Principal components of a standardised matrix, as `scanpy.pp.pca` on the scaled highly variable genes: centred again,
/// since clipping moves the means. Stacked slices are centred each by itself.
public struct PrincipalComponents: Sendable, Equatable {
  /// The spots' coordinates on the components, `[N, k]`.
  public let scores: Matrix
  /// The components in gene space, of length 1, `[G, k]`; the largest absolute loading of each is positive.
  public let loadings: Matrix
  /// The variance along each component (ddof 1), largest first, `[k]`, and its share of the total.
  public let variances: [Double]
  public let varianceRatios: [Double]

  /// The k components of largest variance, fewer where the matrix has a lower rank.
  ///
  /// Exact to the rounding of Double: up to order 512 by a full decomposition, above by Lanczos iteration until every
  /// component's residual is 1e-7 of its eigenvalue. Memory is O(stored entries + (N + G) · k).
  /// - Parameter matrix: `[N, G]`
  /// - Throws: `LinearAlgebraError` where a decomposition fails.
  public init(_ matrix: StandardisedMatrix, count k: Int) throws {
    let n = matrix.rows
    let g = matrix.columns
    let centred = CentredOperator(matrix)
    let wanted = max(0, min(k, min(n - 1, g)))
    let total = centred.totalSquares
    guard wanted > 0, total > 0 else {
      scores = Matrix(rows: n, columns: 0)
      loadings = Matrix(rows: g, columns: 0)
      variances = []
      varianceRatios = []
      return
    }
    let eigen = try BlockLanczos(order: centred.order, count: wanted, apply: centred.product)
    let found = eigen.values.prefix { $0 > 1e-10 * eigen.values[0] }.count
    var scores = Matrix(rows: n, columns: found)
    var loadings = Matrix(rows: g, columns: found)
    for (number, block) in eigen.vectors.enumerated() where number * 8 < found {
      let first = number * 8
      let other = centred.overGenes ? centred.toSpots(block) : centred.toGenes(block)
      let genes = centred.overGenes ? block : other
      let spots = centred.overGenes ? other : block
      for lane in 0..<min(8, found - first) {
        let length = eigen.values[first + lane].squareRoot()
        var largest = 0.0
        for value in genes where abs(value[lane]) > abs(largest) { largest = value[lane] }
        let sign = largest < 0 ? -1.0 : 1.0
        let ofGenes = centred.overGenes ? sign : sign / length
        let ofSpots = centred.overGenes ? sign : sign * length
        for j in 0..<g { loadings.values[j * found + first + lane] = Float(genes[j][lane] * ofGenes) }
        for i in 0..<n { scores.values[i * found + first + lane] = Float(spots[i][lane] * ofSpots) }
      }
    }
    self.scores = scores
    self.loadings = loadings
    variances = eigen.values.prefix(found).map { $0 / Double(n - 1) }
    varianceRatios = eigen.values.prefix(found).map { $0 / total }
  }

  /// Other spots' coordinates on the components, not centred again: Z times the loadings, `[N, k]`.
  /// - Parameter matrix: Z, `[N, G]`, standardised as the fitted one was
  public func projecting(_ matrix: StandardisedMatrix) -> Matrix {
    precondition(matrix.columns == loadings.rows, "\(matrix.columns) genes for loadings of \(loadings.rows)")
    let width = loadings.columns
    var result = Matrix(rows: matrix.rows, columns: width)
    let shifts = matrix.slices.indices.map { number in
      var shift = [Double](repeating: 0, count: width)
      for (j, offset) in matrix.offsets(ofSlice: number).enumerated() {
        for c in 0..<width { shift[c] += Double(offset) * Double(loadings.values[j * width + c]) }
      }
      return shift
    }
    let sparse = matrix.sparse
    for (number, range) in matrix.slices.enumerated() {
      result.values.withUnsafeMutableBufferPointer { values in
        nonisolated(unsafe) let values = values
        loadings.values.withUnsafeBufferPointer { loadings in
          parallelRows(range.count, blockSize: 64) { block in
            var sum = [Double](repeating: 0, count: width)
            for i in block.lowerBound + range.lowerBound..<block.upperBound + range.lowerBound {
              for c in 0..<width { sum[c] = -shifts[number][c] }
              for k in sparse.range(ofRow: i) {
                let at = Int(sparse.indices[k]) * width
                let value = Double(sparse.values[k])
                for c in 0..<width { sum[c] += value * Double(loadings[at + c]) }
              }
              for c in 0..<width { values[i * width + c] = Float(sum[c]) }
            }
          }
        }
      }
    }
    return result
  }
}
