import CLAPACKE
import StomicsCore

extension LinearAlgebra {
  /// The eigenvalues and eigenvectors of a symmetric matrix, largest eigenvalue first.
  /// - Parameters:
  ///   - a: `[n, n]`; only its upper triangle is read
  ///   - k: how many of the largest; nil for all
  /// - Returns: values `[k]`, descending; vectors `[n, k]`, one a column, of length 1, with no fixed sign.
  /// - Throws: `LinearAlgebraError`.
  public static func symmetricEigen(
    _ a: DoubleMatrix, top k: Int? = nil
  ) throws -> (values: [Double], vectors: DoubleMatrix) {
    try requireSquare(a, "symmetric eigen-decomposition")
    try requireFinite(a, "symmetric eigen-decomposition")
    let n = a.rows
    let wanted = min(k ?? n, n)
    if wanted <= 0 { return ([], DoubleMatrix(rows: n, columns: 0)) }
    prepare()
    var copy = a.values
    var found: Int32 = 0
    var values = [Double](repeating: 0, count: n)
    var z = [Double](repeating: 0, count: n * wanted)
    var support = [Int32](repeating: 0, count: 2 * n)
    let code = LAPACKE_dsyevr(
      LAPACK_ROW_MAJOR, letter("V"), letter("I"), letter("U"), Int32(n), &copy, Int32(n), 0, 0,
      Int32(n - wanted + 1), Int32(n), 0, &found, &values, &z, Int32(wanted), &support)
    guard code == 0, Int(found) == wanted else {
      throw LinearAlgebraError.failed(operation: "symmetric eigen-decomposition", code: Int(code))
    }
    var vectors = DoubleMatrix(rows: n, columns: wanted)
    for i in 0..<n {
      for c in 0..<wanted { vectors.values[i * wanted + c] = z[i * wanted + wanted - 1 - c] }
    }
    return (values[0..<wanted].reversed(), vectors)
  }

  /// Solves a x = b for a symmetric positive definite a `[n, n]` and b `[n, columns]`, by Cholesky.
  /// - Throws: `LinearAlgebraError.notPositiveDefinite` where a is not.
  public static func choleskySolve(_ a: DoubleMatrix, _ b: DoubleMatrix) throws -> DoubleMatrix {
    try requireSquare(a, "Cholesky solve")
    try requireFinite(a, "Cholesky solve")
    guard b.rows == a.rows else {
      throw LinearAlgebraError.shape(
        operation: "Cholesky solve", found: "[\(b.rows), \(b.columns)]", expected: "[\(a.rows), columns]")
    }
    var solution = b
    if a.rows == 0 || b.columns == 0 { return solution }
    prepare()
    var copy = a.values
    let code = LAPACKE_dposv(
      LAPACK_ROW_MAJOR, letter("U"), Int32(a.rows), Int32(b.columns), &copy, Int32(a.rows),
      &solution.values, Int32(b.columns))
    if code > 0 { throw LinearAlgebraError.notPositiveDefinite(order: Int(code)) }
    guard code == 0 else { throw LinearAlgebraError.failed(operation: "Cholesky solve", code: Int(code)) }
    return solution
  }

  /// The thin singular value decomposition a = u diag(s) vᵀ, with r = min(rows, columns).
  /// - Returns: u `[rows, r]`, s `[r]` descending, vTransposed `[r, columns]`.
  /// - Throws: `LinearAlgebraError`.
  public static func thinSVD(
    _ a: DoubleMatrix
  ) throws -> (u: DoubleMatrix, singularValues: [Double], vTransposed: DoubleMatrix) {
    try requireFinite(a, "singular value decomposition")
    let r = min(a.rows, a.columns)
    var u = DoubleMatrix(rows: a.rows, columns: r)
    var s = [Double](repeating: 0, count: r)
    var v = DoubleMatrix(rows: r, columns: a.columns)
    if r == 0 { return (u, s, v) }
    prepare()
    var copy = a.values
    let code = LAPACKE_dgesdd(
      LAPACK_ROW_MAJOR, letter("S"), Int32(a.rows), Int32(a.columns), &copy, Int32(a.columns), &s,
      &u.values, Int32(r), &v.values, Int32(a.columns))
    guard code == 0 else {
      throw LinearAlgebraError.failed(operation: "singular value decomposition", code: Int(code))
    }
    return (u, s, v)
  }

  /// The thin QR decomposition a = q r, with k = min(rows, columns): q `[rows, k]` with orthonormal columns, r `[k,
  /// columns]` upper triangular.
  /// - Throws: `LinearAlgebraError`.
  public static func qr(_ a: DoubleMatrix) throws -> (q: DoubleMatrix, r: DoubleMatrix) {
    try requireFinite(a, "QR decomposition")
    let k = min(a.rows, a.columns)
    var r = DoubleMatrix(rows: k, columns: a.columns)
    if k == 0 { return (DoubleMatrix(rows: a.rows, columns: 0), r) }
    prepare()
    var copy = a.values
    var tau = [Double](repeating: 0, count: k)
    var code = LAPACKE_dgeqrf(
      LAPACK_ROW_MAJOR, Int32(a.rows), Int32(a.columns), &copy, Int32(a.columns), &tau)
    guard code == 0 else { throw LinearAlgebraError.failed(operation: "QR decomposition", code: Int(code)) }
    var q = DoubleMatrix(rows: a.rows, columns: k)
    for i in 0..<a.rows {
      for j in 0..<a.columns {
        if i < k && j >= i { r.values[i * a.columns + j] = copy[i * a.columns + j] }
        if j < k { q.values[i * k + j] = copy[i * a.columns + j] }
      }
    }
    code = LAPACKE_dorgqr(
      LAPACK_ROW_MAJOR, Int32(a.rows), Int32(k), Int32(k), &q.values, Int32(k), &tau)
    guard code == 0 else { throw LinearAlgebraError.failed(operation: "QR decomposition", code: Int(code)) }
    return (q, r)
  }

  private static func letter(_ character: Unicode.Scalar) -> CChar { CChar(character.value) }

  private static func requireSquare(_ a: DoubleMatrix, _ operation: String) throws {
    guard a.rows == a.columns else {
      throw LinearAlgebraError.shape(
        operation: operation, found: "[\(a.rows), \(a.columns)]", expected: "a square matrix")
    }
  }

  /// LAPACK may loop for ever on NaN.
  private static func requireFinite(_ a: DoubleMatrix, _ operation: String) throws {
    if let place = a.values.firstIndex(where: { !$0.isFinite }) {
      throw LinearAlgebraError.notFinite(
        operation: operation, row: place / a.columns, column: place % a.columns)
    }
  }
}
