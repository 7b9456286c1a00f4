import LinearAlgebra
import StomicsCore

/// The largest eigenvalues of a symmetric operator and their vectors, by block Lanczos iteration with the whole basis kept
/// orthogonal.
///
/// Source: Golub and Underwood 1977. Deterministic: the start vectors come from a fixed seed, sums run in fixed blocks.
struct BlockLanczos {
  /// Eigenvalues, largest first, `[k]`.
  private(set) var values: [Double] = []
  /// Their vectors, eight to a block, `[n]` each; lanes past k are 0.
  private(set) var vectors: [VectorBlock] = []

  private static let width = 8
  /// Up to this order the operator is made dense and decomposed whole.
  private static let denseOrder = 512
  /// A vector's residual, relative to its eigenvalue, at which it counts as found. The vector itself is then right to
  /// this over the relative gap to its neighbour.
  private static let tolerance = 1e-7

  private let order: Int
  private let apply: (VectorBlock) -> VectorBlock

  /// - Parameters:
  ///   - order: n
  ///   - k: how many, at most n
  ///   - apply: the operator's product with eight vectors
  init(order: Int, count k: Int, apply: @escaping (VectorBlock) -> VectorBlock) throws {
    self.order = order
    self.apply = apply
    if order <= max(Self.denseOrder, 4 * k) {
      try decomposeDense(k)
    } else {
      try iterate(k)
    }
  }

  private mutating func decomposeDense(_ k: Int) throws {
    var dense = DoubleMatrix(rows: order, columns: order)
    for first in stride(from: 0, to: order, by: Self.width) {
      var unit = VectorBlock(repeating: .zero, count: order)
      let lanes = min(Self.width, order - first)
      for lane in 0..<lanes { unit[first + lane][lane] = 1 }
      let column = apply(unit)
      for i in 0..<order {
        for lane in 0..<lanes { dense.values[i * order + first + lane] = column[i][lane] }
      }
    }
    for i in 0..<order {
      for j in 0..<i {
        let mean = (dense.values[i * order + j] + dense.values[j * order + i]) / 2
        dense.values[j * order + i] = mean
        dense.values[i * order + j] = mean
      }
    }
    let eigen = try LinearAlgebra.symmetricEigen(dense, top: k)
    values = eigen.values
    vectors = Self.blocks(eigen.vectors)
  }

  private mutating func iterate(_ k: Int) throws {
    var random = SeededGenerator(seed: 0)
    var start = VectorBlock(repeating: .zero, count: order)
    for r in start.indices {
      for lane in 0..<Self.width { start[r][lane] = random.uniform(-1, 1) }
    }
    _ = Self.orthonormalise(&start, against: [], scale: 0, &random)
    var basis = [start]
    // The operator on the basis is block tridiagonal: the blocks on the diagonal and those below it.
    var diagonal: [[SIMD8<Double>]] = []
    var below: [[SIMD8<Double>]] = []
    var scale = 0.0
    var nextCheck = 6 * k
    while basis.count * Self.width <= order - Self.width {
      var block = apply(basis[basis.count - 1])
      scale = max(scale, Self.largestNorm(block))
      // The operator on the basis is block tridiagonal, so only the last two overlaps are more than rounding; the pass
      // over the whole basis takes that off.
      let own = Self.inner(basis[basis.count - 1], block)
      diagonal.append(own)
      Self.add([basis[basis.count - 1]], own.map { -$0 }, to: &block)
      Self.removeOverlaps(basis, from: &block)
      let triangle = Self.orthonormalise(&block, against: basis, scale: scale, &random)
      let size = basis.count * Self.width
      if size >= nextCheck {
        let small = try LinearAlgebra.symmetricEigen(Self.assemble(diagonal, below), top: k)
        if Self.converged(small, triangle, size) {
          values = small.values
          vectors = Self.blocks(small.vectors).map { weights in
            var vector = VectorBlock(repeating: .zero, count: order)
            Self.add(basis, weights, to: &vector)
            return vector
          }
          return
        }
        nextCheck = size + max(3 * k / 2, Self.width)
      }
      below.append(triangle)
      basis.append(block)
    }
    try decomposeDense(k)
  }

  /// Whether ‖A q - θ q‖ = ‖R · last rows of the small vector‖ is small for every wanted pair.
  private static func converged(
    _ small: (values: [Double], vectors: DoubleMatrix), _ triangle: [SIMD8<Double>], _ size: Int
  ) -> Bool {
    let columns = small.vectors.columns
    for c in 0..<columns {
      var residual = 0.0
      for a in 0..<width {
        var sum = 0.0
        for b in 0..<width { sum += triangle[a][b] * small.vectors.values[(size - width + b) * columns + c] }
        residual += sum * sum
      }
      if residual.squareRoot() > tolerance * max(small.values[c], 1e-10 * small.values[0]) { return false }
    }
    return true
  }

  private static func assemble(_ diagonal: [[SIMD8<Double>]], _ below: [[SIMD8<Double>]]) -> DoubleMatrix {
    let size = diagonal.count * width
    var t = DoubleMatrix(rows: size, columns: size)
    for (block, entries) in diagonal.enumerated() {
      let o = block * width
      for a in 0..<width {
        for b in 0..<width { t.values[(o + a) * size + o + b] = (entries[a][b] + entries[b][a]) / 2 }
      }
      if block + 1 < diagonal.count {
        for a in 0..<width {
          for b in 0..<width {
            t.values[(o + width + a) * size + o + b] = below[block][a][b]
            t.values[(o + b) * size + o + width + a] = below[block][a][b]
          }
        }
      }
    }
    return t
  }

  /// aᵀ b, `[8]` rows of 8. Two rows of the result at a time stay in registers, 256 entries of a and b in the cache.
  private static func inner(_ a: VectorBlock, _ b: VectorBlock) -> [SIMD8<Double>] {
    var result = [SIMD8<Double>](repeating: .zero, count: width)
    a.withUnsafeBytes { bytes in
      let a = bytes.assumingMemoryBound(to: Double.self)
      b.withUnsafeBufferPointer { b in
        for start in stride(from: 0, to: b.count, by: 256) {
          for lane in stride(from: 0, to: width, by: 2) {
            var first = result[lane]
            var second = result[lane + 1]
            for r in start..<min(b.count, start + 256) {
              let right = b[r]
              first += right * a[r * width + lane]
              second += right * a[r * width + lane + 1]
            }
            result[lane] = first
            result[lane + 1] = second
          }
        }
      }
    }
    return result
  }

  /// Takes the part of `block` that lies in the basis off it.
  private static func removeOverlaps(_ basis: [VectorBlock], from block: inout VectorBlock) {
    let source = block
    var weights = [SIMD8<Double>](repeating: .zero, count: basis.count * width)
    weights.withUnsafeMutableBufferPointer { weights in
      nonisolated(unsafe) let weights = weights
      parallelFor(basis.count) { q in
        let overlap = inner(basis[q], source)
        for a in 0..<width { weights[q * width + a] = -overlap[a] }
      }
    }
    add(basis, weights, to: &block)
  }

  /// Adds basis · weights, where row q · 8 + a of the weights belongs to lane a of the q-th basis block.
  private static func add(_ basis: [VectorBlock], _ weights: [SIMD8<Double>], to block: inout VectorBlock) {
    block.withUnsafeMutableBufferPointer { block in
      nonisolated(unsafe) let block = block
      weights.withUnsafeBufferPointer { weights in
        parallelRows(block.count, blockSize: 256) { rows in
          for (number, q) in basis.enumerated() {
            q.withUnsafeBufferPointer { q in
              for r in rows {
                let left = q[r]
                var value = block[r]
                for a in 0..<width { value += weights[number * width + a] * left[a] }
                block[r] = value
              }
            }
          }
        }
      }
    }
  }

  /// Gram-Schmidt within a block, twice. A vector that vanishes is replaced by a random one that is orthogonal to all.
  /// - Returns: the rows of the triangle R with old block = new block · R.
  private static func orthonormalise(
    _ block: inout VectorBlock, against basis: [VectorBlock], scale: Double, _ random: inout SeededGenerator
  ) -> [SIMD8<Double>] {
    var triangle = [SIMD8<Double>](repeating: .zero, count: width)
    for a in 0..<width {
      var norm = 0.0
      var fresh = false
      while true {
        for _ in 0..<2 {
          var dots = SIMD8<Double>.zero
          for value in block { dots += value * value[a] }
          for b in a..<width { dots[b] = 0 }
          for r in block.indices { block[r][a] -= (dots * block[r]).sum() }
          if !fresh {
            for b in 0..<a { triangle[b][a] += dots[b] }
          }
        }
        norm = 0
        for value in block { norm += value[a] * value[a] }
        norm = norm.squareRoot()
        // True of NaN too, which the decomposition reports.
        if !(norm <= 1e-13 * scale) { break }
        fresh = true
        for r in block.indices { block[r][a] = random.uniform(-1, 1) }
        for _ in 0..<2 { removeOverlaps(basis, from: &block) }
      }
      triangle[a][a] = fresh ? 0 : norm
      for r in block.indices { block[r][a] /= norm }
    }
    return triangle
  }

  private static func largestNorm(_ block: VectorBlock) -> Double {
    var squares = SIMD8<Double>.zero
    for value in block { squares += value * value }
    return squares.max().squareRoot()
  }

  /// The columns of a matrix, eight to a block.
  private static func blocks(_ matrix: DoubleMatrix) -> [VectorBlock] {
    stride(from: 0, to: matrix.columns, by: width).map { first in
      (0..<matrix.rows).map { i in
        var value = SIMD8<Double>.zero
        for lane in 0..<min(width, matrix.columns - first) {
          value[lane] = matrix.values[i * matrix.columns + first + lane]
        }
        return value
      }
    }
  }
}
