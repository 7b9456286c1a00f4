/// A standardised, clipped matrix kept sparse, shape `[N, G]`: Z = S - 1 cᵀ, with a c of its own for each slice.
///
/// A zero count of gene j becomes the one value -c_j; S holds the rest, on the pattern of the counts:
/// S_ij = clip((x_ij - mean_j) / sd_j) + c_j with c_j = -clip(-mean_j / sd_j). Exact for every c, clipping included.
public struct StandardisedMatrix: Sendable, Equatable {
  /// S, `[N, G]`.
  public var sparse: CSRMatrix
  /// c, `[slices · G]`: a row for each slice.
  public var offsets: [Float]
  /// The rows of each slice that is standardised by itself, one after the other; one slice unless several were stacked.
  public let slices: [Range<Int>]

  /// One slice.
  public init(sparse: CSRMatrix, offsets: [Float]) {
    precondition(sparse.columns == offsets.count, "\(offsets.count) offsets for \(sparse.columns) columns")
    self.sparse = sparse
    self.offsets = offsets
    slices = [0..<sparse.rows]
  }

  /// Matrices of the same columns, at least one, each below the one before.
  public init(stacking parts: [StandardisedMatrix]) {
    sparse = CSRMatrix(stacking: parts.map(\.sparse))
    var ranges = [Range<Int>]()
    for range in parts.flatMap(\.slices) {
      let start = ranges.last?.upperBound ?? 0
      ranges.append(start..<start + range.count)
    }
    offsets = parts.flatMap(\.offsets)
    slices = ranges
  }

  public var rows: Int { sparse.rows }
  public var columns: Int { sparse.columns }

  /// c of one slice, `[G]`.
  public func offsets(ofSlice number: Int) -> ArraySlice<Float> { offsets[number * columns..<(number + 1) * columns] }

  /// The given rows, ascending; slices without any are left out.
  public func gatheringRows(_ rows: [Int]) -> StandardisedMatrix {
    StandardisedMatrix(
      stacking: slices.enumerated().compactMap { number, range in
        let own = rows.filter(range.contains)
        return own.isEmpty
          ? nil : StandardisedMatrix(sparse: sparse.gatheringRows(own), offsets: Array(offsets(ofSlice: number)))
      })
  }

  /// Z with every element written out, `[N, G]`.
  public func dense() -> Matrix {
    var result = sparse.dense()
    for (number, range) in slices.enumerated() {
      for i in range {
        for j in 0..<columns { result[i, j] -= offsets[number * columns + j] }
      }
    }
    return result
  }
}
