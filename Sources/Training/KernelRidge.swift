import Glibc
import StomicsCore

/// Kernel ridge regression of one-hot labels on positions in the plane, with a Gaussian kernel; on positions and features
/// with the product of two.
///
/// Solves (K + λI) A = Y by conjugate gradients, K_ij = exp(-|x_i - x_j|² / 2w²), times exp(-|f_i - f_j|² / 2h²) where
/// points have features. Beyond 5 widths the kernel counts as 0: an error of 4e-6 an entry, and memory for N·(points
/// within 5 widths) entries instead of N². Results do not depend on the number of threads.
public struct KernelRidge {
  private let points: PlaneStrips
  private let classCount: Int
  private let width: Double
  /// Of the points in sorted order.
  private let features: Features?
  /// A, `[blocks of 8 classes][N]`, in the order of `points`.
  private let weights: [[SIMD8<Double>]]

  /// What sets points apart beside their positions.
  public struct Features: Sendable {
    /// `[N, F]`
    public var values: Matrix
    /// The Gaussian's standard deviation, above 0.
    public var width: Double

    public init(_ values: Matrix, width: Double) {
      self.values = values
      self.width = width
    }
  }

  /// - Parameters:
  ///   - positions: `[N]`, finite
  ///   - targets: `[N]`, codes in 0..<classCount
  ///   - width: the Gaussian's standard deviation, above 0
  ///   - lambda: above 0
  public init(
    _ positions: [SIMD2<Double>], features: Features? = nil, targets: [Int32], classCount: Int, width: Double,
    lambda: Double
  ) {
    let points = PlaneStrips(positions, radius: 5 * width)
    self.points = points
    self.classCount = classCount
    self.width = width
    let sorted = features.map { Features($0.values.gatheringRows(points.order), width: $0.width) }
    self.features = sorted
    let kernel = GaussianRows(
      points, queries: points.sorted, width: width, features: sorted.map { ($0, $0.values) })
    weights = stride(from: 0, to: classCount, by: 8).map { first in
      let columns = points.order.map { i in
        var row = SIMD8<Double>()
        let c = Int(targets[i]) - first
        if c >= 0 && c < 8 { row[c] = 1 }
        return row
      }
      return solve(kernel, lambda: lambda, columns)
    }
  }

  /// The regression's values at other positions, `[queries, C]`.
  /// - Parameter features: of the queries, `[queries, F]`, where the points have some
  public func values(at queries: [SIMD2<Double>], features own: Matrix? = nil) -> Matrix {
    precondition((own == nil) == (features == nil), "points and queries both have features, or none has")
    var result = Matrix(rows: queries.count, columns: classCount)
    let kernel = GaussianRows(
      points, queries: queries, width: width, features: features.flatMap { points in own.map { (points, $0) } })
    for (block, weights) in weights.enumerated() {
      for (i, row) in kernel.times(weights).enumerated() {
        for c in 0..<min(8, classCount - 8 * block) { result[i, 8 * block + c] = Float(row[c]) }
      }
    }
    return result
  }
}

/// Solves (K + λI) A = Y for 8 right-hand sides at once, each to a residual of 1e-6 of its size.
///
/// Source: Hestenes and Stiefel 1952.
private func solve(_ kernel: GaussianRows, lambda: Double, _ y: [SIMD8<Double>]) -> [SIMD8<Double>] {
  var solution = [SIMD8<Double>](repeating: .zero, count: y.count)
  var residual = y
  var direction = y
  var square = sumOfProducts(residual, residual)
  let goal = square * 1e-12
  for _ in 0..<500 {
    if all(square .<= goal) { break }
    var image = kernel.times(direction)
    for i in image.indices { image[i] += lambda * direction[i] }
    let step = quotient(square, sumOfProducts(direction, image))
    for i in y.indices {
      solution[i] += step * direction[i]
      residual[i] -= step * image[i]
    }
    let next = sumOfProducts(residual, residual)
    let share = quotient(next, square)
    for i in y.indices { direction[i] = residual[i] + share * direction[i] }
    square = next
  }
  return solution
}

private func sumOfProducts(_ a: [SIMD8<Double>], _ b: [SIMD8<Double>]) -> SIMD8<Double> {
  var sum = SIMD8<Double>()
  for i in a.indices { sum += a[i] * b[i] }
  return sum
}

/// a / b in each lane, 0 where b is 0: a side that is solved, or empty, stays as it is.
private func quotient(_ a: SIMD8<Double>, _ b: SIMD8<Double>) -> SIMD8<Double> {
  let isZero = b .== 0
  return (a / b.replacing(with: 1, where: isZero)).replacing(with: 0, where: isZero)
}

/// The kernel between queries and points in compressed rows, entries within the radius only.
private struct GaussianRows {
  private var indptr: [Int]
  private var indices: [Int32]
  private var values: [Double]

  init(
    _ points: PlaneStrips, queries: [SIMD2<Double>], width: Double,
    features: (points: KernelRidge.Features, queries: Matrix)?
  ) {
    let likeness = features.map { Likeness($0.points, $0.queries) }
    // Blocks of rows are filled side by side, then joined in order.
    let blockSize = 64
    let factor = -1 / (2 * width * width)
    var blocks = [(counts: [Int], indices: [Int32], values: [Double])](
      repeating: ([], [], []), count: (queries.count + blockSize - 1) / blockSize)
    blocks.withUnsafeMutableBufferPointer { blocks in
      parallelRows(queries.count, blockSize: blockSize) { rows in
        var block = (counts: [Int](), indices: [Int32](), values: [Double]())
        for i in rows {
          let before = block.indices.count
          points.forEach(near: queries[i]) { j, square in
            block.indices.append(Int32(j))
            block.values.append(exp(factor * square + (likeness?.exponent(j, i) ?? 0)))
          }
          block.counts.append(block.indices.count - before)
        }
        blocks[rows.lowerBound / blockSize] = block
      }
    }
    indptr = [0]
    indices = []
    values = []
    for block in blocks {
      for count in block.counts { indptr.append(indptr[indptr.count - 1] + count) }
      indices += block.indices
      values += block.values
    }
  }

  /// The product with a block of 8 columns, `[points]` to `[queries]`.
  func times(_ x: [SIMD8<Double>]) -> [SIMD8<Double>] {
    var result = [SIMD8<Double>](repeating: .zero, count: indptr.count - 1)
    result.withUnsafeMutableBufferPointer { result in
      x.withUnsafeBufferPointer { x in
        indices.withUnsafeBufferPointer { indices in
          values.withUnsafeBufferPointer { values in
            parallelRows(result.count, blockSize: 64) { rows in
              for i in rows {
                var sum = SIMD8<Double>()
                for e in indptr[i]..<indptr[i + 1] { sum += values[e] * x[Int(indices[e])] }
                result[i] = sum
              }
            }
          }
        }
      }
    }
    return result
  }
}

/// The features' part of the kernel's exponent.
private struct Likeness {
  private let points: Matrix
  private let queries: Matrix
  private let factor: Double

  init(_ points: KernelRidge.Features, _ queries: Matrix) {
    precondition(points.values.columns == queries.columns, "points and queries have the same features")
    self.points = points.values
    self.queries = queries
    factor = -1 / (2 * points.width * points.width)
  }

  func exponent(_ point: Int, _ query: Int) -> Double {
    let width = points.columns
    var square: Float = 0
    for k in 0..<width {
      let difference = points.values[point * width + k] - queries.values[query * width + k]
      square += difference * difference
    }
    return factor * Double(square)
  }
}

/// Points of the plane, sorted so that those within a radius of a place are found at once: strips one radius wide,
/// each sorted along its length.
private struct PlaneStrips {
  /// The points in sorted order, and each one's number before sorting.
  let sorted: [SIMD2<Double>]
  let order: [Int]
  private let radius: Double
  /// The strip of each sorted point; whole numbers, as Double so that no distance is too large.
  private let strips: [Double]

  init(_ points: [SIMD2<Double>], radius: Double) {
    let strip = points.map { ($0.x / radius).rounded(.down) }
    let order = points.indices.sorted { (strip[$0], points[$0].y, $0) < (strip[$1], points[$1].y, $1) }
    sorted = order.map { points[$0] }
    strips = order.map { strip[$0] }
    self.order = order
    self.radius = radius
  }

  /// Calls `body` with the sorted position and the squared distance of every point within the radius.
  func forEach(near place: SIMD2<Double>, _ body: (Int, Double) -> Void) {
    let own = (place.x / radius).rounded(.down)
    for strip in [own - 1, own, own + 1] {
      let low = place.y - radius
      var first = 0
      var end = sorted.count
      while first < end {
        let middle = (first + end) / 2
        if (strips[middle], sorted[middle].y) < (strip, low) { first = middle + 1 } else { end = middle }
      }
      while first < sorted.count && strips[first] == strip && sorted[first].y <= place.y + radius {
        let offset = sorted[first] - place
        let square = offset.x * offset.x + offset.y * offset.y
        if square <= radius * radius { body(first, square) }
        first += 1
      }
    }
  }
}
