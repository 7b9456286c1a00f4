import Kernels
import StomicsCore
import TestSupport
import Testing

@Suite struct SparseProductTests {
  @Test(arguments: [(1, 1, 1), (37, 53, 19), (130, 700, 64), (65, 1030, 256), (70, 40, 200)])
  func matchesDense(rows: Int, columns: Int, width: Int) {
    let matrix = randomCSR(rows: rows, columns: columns, density: 0.2, emptyEvery: 5, seed: 3)
    let dense = matrix.dense()
    let weights = random(width * columns, seed: 1)
    let scale = random(columns, seed: 2)
    let product = SparseProduct(matrix)
    var out = [Float](repeating: .nan, count: rows * width)
    product.multiply(weights: weights, width: width, scale: scale, into: &out)
    var expected = [Double](repeating: 0, count: rows * width)
    for i in 0..<rows {
      for j in 0..<columns where dense[i, j] != 0 {
        for h in 0..<width {
          expected[i * width + h] += Double(dense[i, j]) * Double(weights[h * columns + j]) * Double(scale[j])
        }
      }
    }
    expectClose(out.map(Double.init), expected, relative: 1e-5, "product")

    let gradient = random(rows * width, seed: 5)
    var m = [Float](repeating: .nan, count: width * columns)
    product.transposedProduct(gradient: gradient, width: width, into: &m)
    var expectedM = [Double](repeating: 0, count: width * columns)
    for i in 0..<rows {
      for j in 0..<columns where dense[i, j] != 0 {
        for h in 0..<width {
          expectedM[h * columns + j] += Double(dense[i, j]) * Double(gradient[i * width + h])
        }
      }
    }
    expectClose(m.map(Double.init), expectedM, relative: 1e-5, "transposed product")
  }
}
