import Glibc
import StomicsCore

/// Kernel ridge regression of one-hot labels on positions in the plane, with a Gaussian kernel.
///
/// Solves (K + λI) A = Y by conjugate gradients, K_ij = exp(-|x_i - x_j|² / 2w²). Beyond 5 widths the kernel counts as
/// 0: an error of 4e-6 an entry, and memory for N·(points within 5 widths) entries instead of N². Results do not depend
/// on the number of threads.
struct KernelRidge {
  private let points: PlaneStrips
  private let classCount: Int
  private let width: Double
  /// A, `[blocks of 8 classes][N]`, in the order of `points`.
  private let weights: [[SIMD8<Double>]]

  /// - Parameters:
  ///   - positions: `[N]`, finite
  ///   - targets: `[N]`, codes in 0..<classCount
  ///   - width: the Gaussian's standard deviation, above 0
  ///   - lambda: above 0
  init(_ positions: [SIMD2<Double>], targets: [Int32], classCount: Int, width: Double, lambda: Double) {
    let points = PlaneStrips(positions, radius: 5 * width)
    self.points = points
    self.classCount = classCount
    self.width = width
    let kernel = GaussianRows(points, queries: points.sorted, width: width)
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
  func values(at queries: [SIMD2<Double>]) -> Matrix {
    var result = Matrix(rows: queries.count, columns: classCount)
    let kernel = GaussianRows(points, queries: queries, width: width)
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

  init(_ points: PlaneStrips, queries: [SIMD2<Double>], width: Double) {
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
            block.values.append(exp(factor * square))
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
