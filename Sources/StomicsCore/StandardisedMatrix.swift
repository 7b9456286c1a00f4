/// A standardised, clipped matrix kept sparse, shape `[N, G]`: Z = S - 1 cᵀ.
///
/// A zero count of gene j becomes the one value -c_j; S holds the rest, on the pattern of the counts:
/// S_ij = clip((x_ij - mean_j) / sd_j) + c_j with c_j = -clip(-mean_j / sd_j). Exact for every c, clipping included.
public struct StandardisedMatrix: Sendable, Equatable {
  /// S, `[N, G]`.
  public var sparse: CSRMatrix
  /// c, `[G]`.
  public var offsets: [Float]

  public init(sparse: CSRMatrix, offsets: [Float]) {
    precondition(sparse.columns == offsets.count, "\(offsets.count) offsets for \(sparse.columns) columns")
    self.sparse = sparse
    self.offsets = offsets
  }

  public var rows: Int { sparse.rows }
  public var columns: Int { sparse.columns }

  /// Z with every element written out, `[N, G]`.
  public func dense() -> Matrix {
    var result = sparse.dense()
    for i in 0..<rows {
      for j in 0..<columns { result[i, j] -= offsets[j] }
    }
    return result
  }
}
