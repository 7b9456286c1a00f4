import Kernels
import TestSupport
import Testing

/// Every backward kernel against central differences of its forward kernel.
@Suite struct GradientTests {
  let rows = 5
  let columns = 7
  let dropout = Dropout(probability: 0.3, key: 11)

  @Test func gelu() {
    let x = random(35, seed: 1, scale: 3)
    let dy = random(35, seed: 2)
    var dx = [Float](repeating: 0, count: 35)
    Kernels.geluBackward(x, dy: dy, dx: &dx, count: 35, dropout: dropout)
    expectGradient(dx, at: x, "dx") { x in
      var y = dx
      Kernels.gelu(x, into: &y, count: 35, dropout: dropout)
      return dot(y, dy)
    }
  }

  @Test func gatedMix() {
    let (logits, a, b, dy) = (random(9, seed: 1), random(9, seed: 2), random(9, seed: 3), random(9, seed: 4))
    let zero = [Float](repeating: 0, count: 9)
    var (y, gate, dLogits, da, db) = (zero, zero, zero, zero, zero)
    func loss(_ logits: [Float], _ a: [Float], _ b: [Float]) -> Double {
      Kernels.gatedMix(logits, a: a, b: b, into: &y, gate: &gate, count: 9)
      return dot(y, dy)
    }
    _ = loss(logits, a, b)
    let saved = gate
    Kernels.gatedMixBackward(saved, a: a, b: b, dy: dy, dGateLogits: &dLogits, da: &da, db: &db, count: 9)
    expectGradient(dLogits, at: logits, "dLogits") { loss($0, a, b) }
    expectGradient(da, at: a, "da") { loss(logits, $0, b) }
    expectGradient(db, at: b, "db") { loss(logits, a, $0) }
  }

  @Test func layerNorm() {
    let count = rows * columns
    let (x, gamma, beta) = (random(count, seed: 1), random(columns, seed: 2), random(columns, seed: 3))
    let dy = random(count, seed: 4)
    var y = x
    var (mean, rstd) = (random(rows, seed: 0), random(rows, seed: 0))
    func loss(_ x: [Float], _ gamma: [Float], _ beta: [Float]) -> Double {
      Kernels.layerNorm(
        x, gamma: gamma, beta: beta, into: &y, mean: &mean, rstd: &rstd, rows: rows, columns: columns)
      return dot(y, dy)
    }
    _ = loss(x, gamma, beta)
    var dx = [Float](repeating: 0, count: count)
    var (dGamma, dBeta) = ([Float](repeating: 0, count: columns), [Float](repeating: 0, count: columns))
    Kernels.layerNormBackward(
      x, mean: mean, rstd: rstd, gamma: gamma, dy: dy, dx: &dx, dGamma: &dGamma, dBeta: &dBeta, rows: rows,
      columns: columns)
    expectGradient(dx, at: x, "dx") { loss($0, gamma, beta) }
    expectGradient(dGamma, at: gamma, "dGamma") { loss(x, $0, beta) }
    expectGradient(dBeta, at: beta, "dBeta") { loss(x, gamma, $0) }
  }

  @Test func addLayerNorm() {
    let count = rows * columns
    let (x, a) = (random(count, seed: 1), random(count, seed: 5))
    let (gamma, beta, dy) = (random(columns, seed: 2), random(columns, seed: 3), random(count, seed: 4))
    var (y, sum, mean, rstd) = (x, x, random(rows, seed: 0), random(rows, seed: 0))
    func loss(_ x: [Float], _ a: [Float]) -> Double {
      Kernels.addLayerNorm(
        x, a: a, dropout: dropout, gamma: gamma, beta: beta, sum: &sum, into: &y, mean: &mean, rstd: &rstd,
        rows: rows, columns: columns)
      return dot(y, dy)
    }
    _ = loss(x, a)
    var (dx, da) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
    var (dGamma, dBeta) = ([Float](repeating: 0, count: columns), [Float](repeating: 0, count: columns))
    Kernels.addLayerNormBackward(
      sum, mean: mean, rstd: rstd, gamma: gamma, dy: dy, dropout: dropout, dx: &dx, da: &da, dGamma: &dGamma,
      dBeta: &dBeta, rows: rows, columns: columns)
    expectGradient(dx, at: x, "dx") { loss($0, a) }
    expectGradient(da, at: a, "da") { loss(x, $0) }
  }

  @Test func layerNormELU() {
    let count = rows * columns
    let (x, residual) = (random(count, seed: 1), random(count, seed: 5))
    let (gamma, beta, dy) = (random(columns, seed: 2), random(columns, seed: 3), random(count, seed: 4))
    var (y, mean, rstd) = (x, random(rows, seed: 0), random(rows, seed: 0))
    func loss(_ x: [Float], _ gamma: [Float], _ beta: [Float], _ residual: [Float]) -> Double {
      Kernels.layerNormELU(
        x, gamma: gamma, beta: beta, residual: residual, dropout: dropout, into: &y, mean: &mean, rstd: &rstd,
        rows: rows, columns: columns)
      return dot(y, dy)
    }
    _ = loss(x, gamma, beta, residual)
    var (dx, dResidual) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
    var (dGamma, dBeta) = ([Float](repeating: 0, count: columns), [Float](repeating: 0, count: columns))
    Kernels.layerNormELUBackward(
      x, mean: mean, rstd: rstd, gamma: gamma, beta: beta, dy: dy, dropout: dropout, dx: &dx, dResidual: &dResidual,
      dGamma: &dGamma, dBeta: &dBeta, rows: rows, columns: columns)
    expectGradient(dx, at: x, tolerance: 1e-2, "dx") { loss($0, gamma, beta, residual) }
    expectGradient(dGamma, at: gamma, tolerance: 1e-2, "dGamma") { loss(x, $0, beta, residual) }
    expectGradient(dBeta, at: beta, tolerance: 1e-2, "dBeta") { loss(x, gamma, $0, residual) }
    expectGradient(dResidual, at: residual, "dResidual") { loss(x, gamma, beta, $0) }
  }

  @Test func graphAttention() {
    let (nodes, heads, columns) = (6, 2, 6)
    let graph = randomGraph(targets: nodes, sources: nodes, degree: 4, seed: 9)
    let h = random(nodes * columns, seed: 1)
    let (attSrc, attDst, bias) = (random(columns, seed: 2), random(columns, seed: 3), random(columns, seed: 4))
    let dOut = random(nodes * columns, seed: 5)
    var out = h
    var (alpha, scoresSrc) = (random(graph.edgeCount * heads, seed: 0), random(nodes * heads, seed: 0))
    var (scoresDst, dScore) = (scoresSrc, alpha)
    func loss(_ h: [Float], _ attSrc: [Float], _ attDst: [Float], _ bias: [Float]) -> Double {
      Kernels.graphAttention(
        h, attSrc: attSrc, attDst: attDst, bias: bias, graph: graph, heads: heads, columns: columns, slope: 0.2,
        dropout: dropout, into: &out, alpha: &alpha, scoresSrc: &scoresSrc, scoresDst: &scoresDst)
      return dot(out, dOut)
    }
    _ = loss(h, attSrc, attDst, bias)
    var dH = [Float](repeating: 0, count: h.count)
    let zero = [Float](repeating: 0, count: columns)
    var (dAttSrc, dAttDst, dBias) = (zero, zero, zero)
    Kernels.graphAttentionBackward(
      h, attSrc: attSrc, attDst: attDst, graph: graph, transposed: graph.transposed(), heads: heads, columns: columns,
      slope: 0.2, alpha: alpha, scoresSrc: scoresSrc, scoresDst: scoresDst, dropout: dropout, dOut: dOut, dH: &dH,
      dAttSrc: &dAttSrc, dAttDst: &dAttDst, dBias: &dBias, dScore: &dScore)
    expectGradient(dH, at: h, "dH") { loss($0, attSrc, attDst, bias) }
    expectGradient(dAttSrc, at: attSrc, "dAttSrc") { loss(h, $0, attDst, bias) }
    expectGradient(dAttDst, at: attDst, "dAttDst") { loss(h, attSrc, $0, bias) }
    expectGradient(dBias, at: bias, "dBias") { loss(h, attSrc, attDst, $0) }
  }

  @Test func neighbourAttention() {
    let (targets, sources, heads, columns) = (5, 7, 2, 6)
    let graph = randomGraph(targets: targets, sources: sources, degree: 4, emptyEvery: 3, seed: 9)
    let q = random(targets * columns, seed: 1)
    let (k, v) = (random(sources * columns, seed: 2), random(sources * columns, seed: 3))
    let dOut = random(targets * columns, seed: 5)
    var (out, alpha) = (q, random(graph.edgeCount * heads, seed: 0))
    var dScore = alpha
    func loss(_ q: [Float], _ k: [Float], _ v: [Float]) -> Double {
      Kernels.neighbourAttention(
        q, k: k, v: v, graph: graph, heads: heads, columns: columns, dropout: dropout, into: &out, alpha: &alpha)
      return dot(out, dOut)
    }
    _ = loss(q, k, v)
    #expect(out[2 * columns..<3 * columns].allSatisfy { $0 == 0 }, "a target without edges")
    var dQ = [Float](repeating: 0, count: q.count)
    var dK = [Float](repeating: 0, count: k.count)
    var dV = dK
    Kernels.neighbourAttentionBackward(
      q, k: k, v: v, graph: graph, transposed: graph.transposed(), heads: heads, columns: columns, alpha: alpha,
      dropout: dropout, dOut: dOut, dQ: &dQ, dK: &dK, dV: &dV, dScore: &dScore)
    expectGradient(dQ, at: q, "dQ") { loss($0, k, v) }
    expectGradient(dK, at: k, "dK") { loss(q, $0, v) }
    expectGradient(dV, at: v, "dV") { loss(q, k, $0) }
  }

  @Test func graphConvolution() {
    let (targets, sources, columns) = (5, 6, 3)
    let graph = randomGraph(targets: targets, sources: sources, degree: 4, emptyEvery: 3, seed: 9)
    let (h, bias) = (random(sources * columns, seed: 1), random(columns, seed: 2))
    let (weights, dOut) = (random(graph.edgeCount, seed: 3), random(targets * columns, seed: 4))
    var out = dOut
    func loss(_ h: [Float], _ bias: [Float]) -> Double {
      Kernels.graphConvolution(h, weights: weights, graph: graph, columns: columns, bias: bias, into: &out)
      return dot(out, dOut)
    }
    var (dH, dBias) = ([Float](repeating: 0, count: h.count), [Float](repeating: 0, count: columns))
    Kernels.graphConvolutionBackward(
      dOut, weights: weights, graph: graph, transposed: graph.transposed(), columns: columns, dH: &dH, dBias: &dBias)
    expectGradient(dH, at: h, "dH") { loss($0, bias) }
    expectGradient(dBias, at: bias, "dBias") { loss(h, $0) }
  }

  @Test func crossEntropy() {
    let (rows, classes) = (6, 4)
    let logits = random(rows * classes, seed: 1, scale: 2)
    let labels: [Int32] = [0, 3, -1, 2, 2, 1]
    let weights: [Float] = [0.5, 1, 2, 0.25]
    var p = logits
    func loss(_ logits: [Float]) -> Double {
      Kernels.crossEntropy(
        logits, labels: labels, weights: weights, probabilities: &p, rows: rows, columns: classes)
    }
    _ = loss(logits)
    var d = [Float](repeating: 0, count: logits.count)
    Kernels.crossEntropyBackward(p, labels: labels, weights: weights, dLogits: &d, rows: rows, columns: classes)
    expectGradient(d, at: logits, "dLogits") { loss($0) }
  }
}
