import StomicsCore
import TestSupport
import Testing

@testable import Kernels

#if canImport(Glibc)
  import Glibc
#endif

/// Laws that hold for any data: exact functions, dropout's share, the same bytes for any number of threads.
@Suite(.serialized) struct LawTests {
  @Test func geluIsExact() {
    let x = (0..<8_001).map { Float(Double($0) / 8_000 * 24 - 12) }
    var y = x
    Kernels.gelu(x, into: &y, count: x.count, dropout: .none)
    var worst = 0.0
    for t in x.indices {
      let exact = 0.5 * Double(x[t]) * erfc(-Double(x[t]) / 2.0.squareRoot())
      worst = max(worst, abs(Double(y[t]) - exact) / max(1, abs(exact)))
    }
    #expect(worst <= 1e-6)
  }

  @Test func softmaxSurvivesExtremes() {
    let x: [Float] = [1e30, -1e30, 0, 5, 5, 5, -.infinity, 0, -.infinity]
    var p = x
    Kernels.softmaxRows(x, into: &p, rows: 3, columns: 3)
    expectClose(p, [1, 0, 0, 1 / 3, 1 / 3, 1 / 3, 0, 1, 0], relative: 1e-6)
  }

  @Test func dropoutKeepsItsShare() {
    let count = 40_000
    let ones = [Float](repeating: 1, count: count)
    for (probability, key) in [(Float(0.1), UInt64(1)), (0.5, 2), (0.9, 1 << 40)] {
      let dropout = Dropout(probability: probability, key: key)
      var y = ones
      Kernels.dropout(ones, into: &y, count: count, dropout: dropout)
      let kept = y.filter { $0 != 0 }
      let expected = Double(count) * Double(1 - probability)
      let deviation = (expected * Double(probability)).squareRoot()
      #expect(abs(Double(kept.count) - expected) < 5 * deviation)
      #expect(kept.allSatisfy { $0 == 1 / (1 - probability) })
      #expect((0..<count).allSatisfy { dropout.keeps($0) == (y[$0] != 0) })
      // Neighbours, and other keys at the same place, are drawn independently.
      let other = Dropout(probability: probability, key: key + 1)
      let both = (1..<count).count { dropout.keeps($0) && dropout.keeps($0 - 1) }
      let shared = (0..<count).count { dropout.keeps($0) && other.keeps($0) }
      let square = expected * Double(1 - probability)
      #expect(
        abs(Double(both) - square) < 6 * square.squareRoot() && abs(Double(shared) - square) < 6 * square.squareRoot())
    }
  }

  @Test func adamWStepsAsPyTorchDoes() {
    // torch.optim.AdamW(lr=0.1, weight_decay=0.5) on p = 1 with gradients 0.5, then -0.25.
    var p: [Float] = [1]
    var (m, v): ([Float], [Float]) = ([0], [0])
    let gradients: [Float] = [0.5, -0.25]
    var (pd, md, vd) = (1.0, 0.0, 0.0)
    for step in 1...2 {
      Kernels.adamW(
        &p, gradients: [gradients[step - 1]], m: &m, v: &v, count: 1, learningRate: 0.1, weightDecay: 0.5, step: step)
      let g = Double(gradients[step - 1])
      pd *= 1 - 0.1 * 0.5
      md = 0.9 * md + 0.1 * g
      vd = 0.999 * vd + 0.001 * g * g
      let (c1, c2) = (1 - pow(0.9, Double(step)), 1 - pow(0.999, Double(step)))
      pd -= 0.1 / c1 * md / (vd.squareRoot() / c2.squareRoot() + 1e-8)
    }
    #expect(abs(Double(p[0]) - pd) < 1e-6)
  }

  @Test func crossEntropyByHand() {
    let logits: [Float] = [0, 0, 2, 0, 9, 9]
    var p = logits
    let loss = Kernels.crossEntropy(
      logits, labels: [1, 0, -1], weights: [3, 1], probabilities: &p, rows: 3, columns: 2)
    let expected = (1 * log(2.0) + 3 * log(1 + exp(-2.0))) / 4
    #expect(abs(loss - expected) < 1e-12)
    #expect(
      Kernels.crossEntropy(logits, labels: [-1, -1, -1], weights: nil, probabilities: &p, rows: 3, columns: 2) == 0)
  }

  @Test func rowsAndColumnsMove() {
    let x = random(6 * 3, seed: 1)
    let indices: [Int32] = [4, 0, 5]
    var y = [Float](repeating: 0, count: 9)
    Kernels.gatherRows(x, indices: indices, count: 3, columns: 3, into: &y)
    #expect(Array(y[0..<3]) == Array(x[12..<15]) && Array(y[6..<9]) == Array(x[15..<18]))
    var dx = [Float](repeating: 1, count: 18)
    Kernels.scatterAddRows(y, indices: indices, count: 3, columns: 3, dx: &dx)
    #expect(dx[12] == 1 + x[12] && dx[3] == 1)
    var joined = [Float](repeating: 0, count: 3 * 5)
    Kernels.concatenateColumns(y, aColumns: 3, b: x, bColumns: 2, rows: 3, into: &joined)
    #expect(Array(joined[5..<10]) == Array(y[3..<6]) + Array(x[2..<4]))
    var (da, db) = ([Float](repeating: 0, count: 9), [Float](repeating: 0, count: 6))
    Kernels.concatenateColumnsBackward(joined, aColumns: 3, bColumns: 2, rows: 3, da: &da, db: &db)
    #expect(da == y && db == Array(x[0..<6]))
  }

  @Test func noRowsAddNothing() {
    let w = random(2 * 3, seed: 2)
    var dw: [Float] = [1, 2, 3, 4, 5, 6]
    Kernels.linearWeightGradient([], x: [], dw: &dw, rows: 0, inputs: 3, outputs: 2)
    #expect(dw == [1, 2, 3, 4, 5, 6])
    Kernels.linear([], w: w, bias: nil, into: &dw, rows: 0, inputs: 3, outputs: 2)
    Kernels.linearInputGradient([], w: w, dx: &dw, rows: 0, inputs: 3, outputs: 2)
    Kernels.columnSums([], into: &dw, rows: 0, columns: 6)
    #expect(dw == [1, 2, 3, 4, 5, 6])
  }

  @Test func threadsDoNotChangeBytes() {
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = 1
    let one = wholeRun()
    for threads in [2, 5] {
      Threads.count = threads
      let result = wholeRun()
      for (k, (a, b)) in zip(result, one).enumerated() { #expect(a == b, "output \(k), \(threads) threads") }
    }
  }

  /// Every kernel once on sizes that need several blocks.
  private func wholeRun() -> [[Float]] {
    let (rows, columns, heads) = (900, 40, 4)
    let count = rows * columns
    let dropout = Dropout(probability: 0.2, key: 3)
    let zero = [Float](repeating: 0, count: count)
    let line = [Float](repeating: 0, count: columns)
    let (x, a, dy) = (random(count, seed: 1), random(count, seed: 2), random(count, seed: 3))
    let (gamma, beta) = (random(columns, seed: 4), random(columns, seed: 5))
    var (mean, rstd) = ([Float](repeating: 0, count: rows), [Float](repeating: 0, count: rows))
    var result = [[Float]]()
    var (y, dx, da, sum, dGamma, dBeta) = (zero, zero, zero, zero, line, line)
    Kernels.gelu(x, into: &y, count: count, dropout: dropout)
    Kernels.geluBackward(x, dy: dy, dx: &dx, count: count, dropout: dropout)
    result += [y, dx]
    Kernels.addLayerNorm(
      x, a: a, dropout: dropout, gamma: gamma, beta: beta, sum: &sum, into: &y, mean: &mean, rstd: &rstd, rows: rows,
      columns: columns)
    Kernels.addLayerNormBackward(
      sum, mean: mean, rstd: rstd, gamma: gamma, dy: dy, dropout: dropout, dx: &dx, da: &da, dGamma: &dGamma,
      dBeta: &dBeta, rows: rows, columns: columns)
    result += [y, dx, da, dGamma, dBeta]
    Kernels.layerNormELU(
      x, gamma: gamma, beta: beta, residual: a, dropout: dropout, into: &y, mean: &mean, rstd: &rstd, rows: rows,
      columns: columns)
    Kernels.layerNormELUBackward(
      x, mean: mean, rstd: rstd, gamma: gamma, beta: beta, dy: dy, dropout: dropout, dx: &dx, dResidual: &da,
      dGamma: &dGamma, dBeta: &dBeta, rows: rows, columns: columns)
    Kernels.columnSums(dy, into: &dBeta, rows: rows, columns: columns)
    result += [y, dx, da, dGamma, dBeta]
    let graph = randomGraph(targets: rows, sources: rows, degree: 8, emptyEvery: 50, seed: 7)
    let transposed = graph.transposed()
    let edgeZero = [Float](repeating: 0, count: graph.edgeCount * heads)
    let nodeZero = [Float](repeating: 0, count: rows * heads)
    var (alpha, dScore, source, target, dAttSrc, dAttDst) = (edgeZero, edgeZero, nodeZero, nodeZero, line, line)
    Kernels.graphAttention(
      x, attSrc: gamma, attDst: beta, bias: beta, graph: graph, heads: heads, columns: columns, dropout: dropout,
      into: &y, alpha: &alpha, scoresSrc: &source, scoresDst: &target)
    Kernels.graphAttentionBackward(
      x, attSrc: gamma, attDst: beta, graph: graph, transposed: transposed, heads: heads, columns: columns,
      alpha: alpha, scoresSrc: source, scoresDst: target, dropout: dropout, dOut: dy, dH: &dx, dAttSrc: &dAttSrc,
      dAttDst: &dAttDst, dBias: &dBeta, dScore: &dScore)
    result += [y, dx, dAttSrc, dAttDst, dBeta]
    Kernels.neighbourAttention(
      x, k: a, v: dy, graph: graph, heads: heads, columns: columns, dropout: dropout, into: &y, alpha: &alpha)
    Kernels.neighbourAttentionBackward(
      x, k: a, v: dy, graph: graph, transposed: transposed, heads: heads, columns: columns, alpha: alpha,
      dropout: dropout, dOut: dy, dQ: &dx, dK: &da, dV: &sum, dScore: &dScore)
    result += [y, dx, da, sum]
    let product = SparseProduct(randomCSR(rows: rows, columns: 600, density: 0.02, seed: 8))
    let weights = random(600 * columns, seed: 9)
    var m = weights
    product.multiply(weights: weights, width: columns, scale: nil, into: &y)
    product.transposedProduct(gradient: dy, width: columns, into: &m)
    return result + [y, m]
  }
}
