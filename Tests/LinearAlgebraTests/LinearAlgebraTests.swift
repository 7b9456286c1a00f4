import StomicsCore
import TestSupport
import Testing

@testable import LinearAlgebra

private func random(_ count: Int, seed: UInt64) -> [Float] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in Float(generator.uniform(-1, 1)) }
}

private func randomDouble(_ rows: Int, _ columns: Int, seed: UInt64) -> DoubleMatrix {
  var generator = SeededGenerator(seed: seed)
  return DoubleMatrix(rows: rows, columns: columns, values: (0..<rows * columns).map { _ in generator.uniform(-1, 1) })
}

/// a · b by the definition.
private func plainProduct(_ a: DoubleMatrix, _ b: DoubleMatrix) -> DoubleMatrix {
  var result = DoubleMatrix(rows: a.rows, columns: b.columns)
  for i in 0..<a.rows {
    for j in 0..<b.columns {
      for k in 0..<a.columns { result[i, j] += a[i, k] * b[k, j] }
    }
  }
  return result
}

private func transposed(_ a: DoubleMatrix) -> DoubleMatrix {
  var result = DoubleMatrix(rows: a.columns, columns: a.rows)
  for i in 0..<a.rows { for j in 0..<a.columns { result[j, i] = a[i, j] } }
  return result
}

@Suite struct LinearTests {
  @Test(arguments: [(1, 1, 1), (5, 3, 4), (300, 17, 33), (1030, 128, 7), (2000, 7, 45), (130, 600, 40)])
  func linearAndItsGradients(rows: Int, inputs: Int, outputs: Int) {
    let (x, w) = (random(rows * inputs, seed: 1), random(outputs * inputs, seed: 2))
    let (bias, dy) = (random(outputs, seed: 3), random(rows * outputs, seed: 4))
    let (dx0, dw0) = (random(rows * inputs, seed: 5), random(outputs * inputs, seed: 6))
    var y = [Float](repeating: .nan, count: rows * outputs)
    LinearAlgebra.linear(x, w: w, bias: bias, into: &y, rows: rows, inputs: inputs, outputs: outputs)
    var (dx, dw) = (dx0, dw0)
    LinearAlgebra.linearInputGradient(dy, w: w, dx: &dx, rows: rows, inputs: inputs, outputs: outputs)
    LinearAlgebra.linearWeightGradient(dy, x: x, dw: &dw, rows: rows, inputs: inputs, outputs: outputs)
    var expectedY = [Double](repeating: 0, count: y.count)
    var (expectedX, expectedW) = (dx0.map(Double.init), dw0.map(Double.init))
    for i in 0..<rows {
      for o in 0..<outputs {
        expectedY[i * outputs + o] = Double(bias[o])
        let d = Double(dy[i * outputs + o])
        for k in 0..<inputs {
          expectedY[i * outputs + o] += Double(x[i * inputs + k]) * Double(w[o * inputs + k])
          expectedX[i * inputs + k] += d * Double(w[o * inputs + k])
          expectedW[o * inputs + k] += d * Double(x[i * inputs + k])
        }
      }
    }
    expectClose(y.map(Double.init), expectedY, relative: 1e-5, "y")
    expectClose(dx.map(Double.init), expectedX, relative: 1e-5, "dx")
    expectClose(dw.map(Double.init), expectedW, relative: 1e-5, "dw")
    LinearAlgebra.linear(x, w: w, bias: nil, into: &y, rows: rows, inputs: inputs, outputs: outputs)
    for t in y.indices { expectedY[t] -= Double(bias[t % outputs]) }
    expectClose(y.map(Double.init), expectedY, relative: 1e-5, "y without bias")
    BLASLinear.linear(x, w: w, bias: nil, into: &y, rows: rows, inputs: inputs, outputs: outputs)
    (dx, dw) = (dx0, dw0)
    BLASLinear.linearInputGradient(dy, w: w, dx: &dx, rows: rows, inputs: inputs, outputs: outputs)
    BLASLinear.linearWeightGradient(dy, x: x, dw: &dw, rows: rows, inputs: inputs, outputs: outputs)
    expectClose(y.map(Double.init), expectedY, relative: 1e-5, "y, BLAS")
    expectClose(dx.map(Double.init), expectedX, relative: 1e-5, "dx, BLAS")
    expectClose(dw.map(Double.init), expectedW, relative: 1e-5, "dw, BLAS")
  }

  @Test func threadsDoNotChangeBytes() {
    let (rows, inputs, outputs) = (1111, 130, 67)
    let (x, w, dy) = (
      random(rows * inputs, seed: 1), random(outputs * inputs, seed: 2), random(rows * outputs, seed: 4)
    )
    func run() -> [[Float]] {
      var y = [Float](repeating: 0, count: rows * outputs)
      var (dx, dw) = ([Float](repeating: 0, count: x.count), [Float](repeating: 0, count: w.count))
      LinearAlgebra.linear(x, w: w, bias: nil, into: &y, rows: rows, inputs: inputs, outputs: outputs)
      LinearAlgebra.linearInputGradient(dy, w: w, dx: &dx, rows: rows, inputs: inputs, outputs: outputs)
      LinearAlgebra.linearWeightGradient(dy, x: x, dw: &dw, rows: rows, inputs: inputs, outputs: outputs)
      return [y, dx, dw]
    }
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = 1
    let one = run()
    for threads in [2, 3] {
      Threads.count = threads
      #expect(run() == one, "\(threads) threads")
    }
  }
}

@Suite struct DecompositionTests {
  @Test func products() {
    let (a, b) = (randomDouble(7, 5, seed: 1), randomDouble(5, 9, seed: 2))
    let expected = plainProduct(a, b).values
    expectClose(LinearAlgebra.product(a, b).values, expected, relative: 1e-14)
    let (at, bt) = (transposed(a), transposed(b))
    let result = LinearAlgebra.product(at, bt, transposingA: true, transposingB: true)
    expectClose(result.values, expected, relative: 1e-14)
    let floatA = Matrix(rows: 7, columns: 5, values: a.values.map { Float($0) })
    let floatB = Matrix(rows: 9, columns: 5, values: bt.values.map { Float($0) })
    let single = LinearAlgebra.product(floatA, floatB, transposingB: true)
    expectClose(single.values.map(Double.init), expected, relative: 1e-6)
  }

  @Test func symmetricEigen() throws {
    let root = randomDouble(12, 8, seed: 3)
    let a = plainProduct(transposed(root), root)
    let (values, vectors) = try LinearAlgebra.symmetricEigen(a, top: 3)
    #expect(values.count == 3 && values == values.sorted(by: >))
    let image = plainProduct(a, vectors)
    for i in 0..<8 {
      for c in 0..<3 { #expect(abs(image[i, c] - values[c] * vectors[i, c]) < 1e-12 * values[0]) }
    }
    let all = try LinearAlgebra.symmetricEigen(a)
    #expect(abs(all.values[0] - values[0]) < 1e-12 * values[0] && all.values.count == 8)
  }

  @Test func choleskySolve() throws {
    let root = randomDouble(12, 6, seed: 4)
    let a = plainProduct(transposed(root), root)
    let x = randomDouble(6, 2, seed: 5)
    expectClose(try LinearAlgebra.choleskySolve(a, plainProduct(a, x)).values, x.values, relative: 1e-10)
    #expect(throws: LinearAlgebraError.notPositiveDefinite(order: 2)) {
      try LinearAlgebra.choleskySolve(
        DoubleMatrix(rows: 2, columns: 2, values: [1, 2, 2, 1]), DoubleMatrix(rows: 2, columns: 1))
    }
  }

  @Test(arguments: [(9, 4), (4, 9), (1, 1)])
  func thinSVDAndQR(rows: Int, columns: Int) throws {
    let a = randomDouble(rows, columns, seed: 6)
    let (u, s, v) = try LinearAlgebra.thinSVD(a)
    var scaled = u
    for i in 0..<u.rows { for c in 0..<u.columns { scaled[i, c] *= s[c] } }
    expectClose(plainProduct(scaled, v).values, a.values, relative: 1e-13)
    let (q, r) = try LinearAlgebra.qr(a)
    expectClose(plainProduct(q, r).values, a.values, relative: 1e-13)
    let identity = plainProduct(transposed(q), q)
    for i in 0..<q.columns { #expect(abs(identity[i, i] - 1) < 1e-13) }
  }

  @Test func refusesNaN() {
    var a = DoubleMatrix(rows: 2, columns: 2)
    a[1, 0] = .nan
    #expect(throws: LinearAlgebraError.self) { try LinearAlgebra.symmetricEigen(a) }
    #expect(throws: LinearAlgebraError.self) { try LinearAlgebra.thinSVD(a) }
  }
}

@Test func openBLASGetsTheRightKernels() {
  #expect(LinearAlgebra.betterCore(than: "Prescott", level: .avx512) == "SkylakeX")
  #expect(LinearAlgebra.betterCore(than: "Prescott", level: .avx2) == "Haswell")
  #expect(LinearAlgebra.betterCore(than: "Zen", level: .avx512) == "SkylakeX")
  #expect(LinearAlgebra.betterCore(than: "Zen", level: .avx2) == nil)
  #expect(LinearAlgebra.betterCore(than: "Cooperlake", level: .avx512) == nil)
  #expect(LinearAlgebra.betterCore(than: "Prescott", level: .baseline) == nil)
  #expect(LinearAlgebra.coreName != "unknown")
}
