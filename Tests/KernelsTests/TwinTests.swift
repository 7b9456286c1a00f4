import CKernels
import TestSupport
import Testing

@testable import Kernels

/// A level of C kernels this processor runs.
struct Level: CustomTestStringConvertible, Sendable {
  let name: String
  let table: stomics_kernels
  var testDescription: String { name }

  static let all: [Level] = {
    #if arch(x86_64)
      let names = ["baseline", "x86-64-v3", "x86-64-v4"]
      return (0...stomics_best_level().rawValue).map {
        Level(name: names[Int($0)], table: stomics_kernels_of(stomics_level(rawValue: $0)).pointee)
      }
    #else
      return []
    #endif
  }()
}

private typealias Floats = UnsafeMutablePointer<Float>

/// Runs a kernel twice, by the C table and by its Swift twin, on equal copies of `outputs`, and compares what they wrote.
private func compare(
  _ level: Level, _ name: String, _ outputs: [[Float]], relative tolerance: Double = 2e-6,
  sourceLocation: SourceLocation = #_sourceLocation, _ body: (stomics_kernels, [Floats]) -> Void
) {
  func run(_ table: stomics_kernels) -> [[Float]] {
    let pointers = outputs.map { output in
      let pointer = Floats.allocate(capacity: output.count + 8)
      pointer.initialize(repeating: 77, count: output.count + 8)
      pointer.update(from: output, count: output.count)
      return pointer
    }
    body(table, pointers)
    return zip(outputs, pointers).map { output, pointer in
      for k in 0..<8 {
        #expect(pointer[output.count + k] == 77, "\(name) wrote past the end", sourceLocation: sourceLocation)
      }
      let result = Array(UnsafeBufferPointer(start: pointer, count: output.count))
      pointer.deallocate()
      return result
    }
  }
  for (k, (actual, expected)) in zip(run(level.table), run(Reference.table)).enumerated() {
    #expect(
      actual.map(\.isNaN) == expected.map(\.isNaN), "\(name), output \(k): NaN in other places",
      sourceLocation: sourceLocation)
    expectClose(
      actual.map { $0.isNaN ? 0 : $0 }, expected.map { $0.isNaN ? 0 : $0 }, relative: tolerance,
      "\(name), output \(k)", sourceLocation: sourceLocation)
  }
}

private let dropouts = [Dropout.none, Dropout(probability: 0.3, key: 5)]

/// Every C kernel of every level against its Swift twin: odd sizes, dropout, rows without edges, NaN.
@Suite struct TwinTests {
  @Test(arguments: Level.all, [1, 7, 16, 67])
  func elementwise(level: Level, count: Int) {
    var x = random(count, seed: 1, scale: 6)
    if count > 7 { x[5] = .nan }
    let (dy, a, b) = (random(count, seed: 2), random(count, seed: 3), random(count, seed: 4))
    let gate = random(count, seed: 5).map { 0.5 + 0.5 * $0 }
    let old = random(count, seed: 6)
    for dropout in dropouts {
      let draw = dropout.draw
      compare(level, "gelu", [old]) { $0.gelu(x, $1[0], count, 13, draw) }
      compare(level, "geluBackward", [old]) { $0.geluBackward(x, dy, $1[0], count, 13, draw) }
      compare(level, "dropout", [old]) { $0.dropout(x, $1[0], count, 13, draw) }
      compare(level, "dropoutBackward", [old]) { $0.dropoutBackward(dy, $1[0], count, 13, draw) }
    }
    compare(level, "gatedMix", [old, old]) { $0.gatedMix(x, a, b, $1[0], $1[1], count) }
    compare(level, "gatedMixBackward", [old, old, old]) {
      $0.gatedMixBackward(gate, a, b, dy, $1[0], $1[1], $1[2], count)
    }
    compare(level, "add", [old]) { $0.add(x, $1[0], count) }
    let step = stomics_adam_step(
      learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-2, step: 3)
    compare(level, "adamW", [a, b, gate]) { $0.adamW($1[0], x, $1[1], $1[2], count, step) }
  }

  @Test(arguments: Level.all, [(1, 1), (3, 7), (2, 16), (5, 128), (3, 131)])
  func rows(level: Level, shape: (Int, Int)) {
    let (rows, columns) = shape
    let count = rows * columns
    var x = random(count, seed: 1, scale: 2)
    if rows > 2 { x[columns + columns / 2] = .nan }
    let (gamma, beta) = (random(columns, seed: 2), random(columns, seed: 3))
    let (dy, a, old) = (random(count, seed: 4), random(count, seed: 5), random(count, seed: 6))
    let (mean, rstd) = (random(rows, seed: 7), random(rows, seed: 8).map { 1.5 + $0 })
    let line = random(columns, seed: 9)
    compare(level, "addBias", [old]) { $0.addBias($1[0], beta, rows, columns) }
    compare(level, "columnSums", [line]) { $0.columnSums(dy, $1[0], rows, columns) }
    compare(level, "softmaxRows", [old]) { $0.softmaxRows(x, $1[0], rows, columns) }
    // A row of one column has variance 0: differences of rounding are scaled by 1 / sqrt(1e-5).
    compare(level, "layerNorm", [old, mean, mean], relative: 1e-5) {
      $0.layerNorm(x, gamma, beta, $1[0], $1[1], $1[2], rows, columns)
    }
    compare(level, "layerNormBackward", [old, line, line], relative: 1e-5) {
      $0.layerNormBackward(x, mean, rstd, gamma, dy, $1[0], $1[1], $1[2], rows, columns)
    }
    for dropout in dropouts {
      let draw = dropout.draw
      compare(level, "addLayerNorm", [old, old, mean, mean], relative: 1e-5) {
        $0.addLayerNorm(x, a, gamma, beta, $1[0], $1[1], $1[2], $1[3], rows, columns, 13, draw)
      }
      compare(level, "addLayerNormBackward", [old, old, line, line], relative: 1e-5) {
        $0.addLayerNormBackward(
          x, mean, rstd, gamma, dy, $1[0], $1[1], $1[2], $1[3], rows, columns, 13, draw)
      }
      for residual in [a, nil] {
        compare(level, "layerNormELU", [old, mean, mean], relative: 1e-5) { table, out in
          if let residual {
            table.layerNormELU(x, gamma, beta, residual, out[0], out[1], out[2], rows, columns, 13, draw)
          } else {
            table.layerNormELU(x, gamma, beta, nil, out[0], out[1], out[2], rows, columns, 13, draw)
          }
        }
        compare(level, "layerNormELUBackward", [old, old, line, line, line], relative: 1e-5) {
          $0.layerNormELUBackward(
            x, mean, rstd, gamma, beta, dy, $1[0], residual == nil ? nil : $1[1], $1[2], $1[3], $1[4], rows, columns,
            13, draw)
        }
      }
    }
  }

  @Test(arguments: Level.all, [(4, 32), (1, 1), (2, 5), (3, 16), (1, 147), (8, 13)])
  func attention(level: Level, shape: (Int, Int)) {
    let (heads, width) = shape
    let (columns, nodes) = (heads * width, 23)
    // Row 5 has more edges than the kernels' buffers hold at a time when there are many heads.
    let graph = randomGraph(targets: nodes, sources: nodes, degree: 9, emptyEvery: 4, seed: 2)
    let transposed = graph.transposed()
    let edges = graph.edgeCount
    var h = random(nodes * columns, seed: 1)
    h[3 * columns] = .nan
    let clean = random(nodes * columns, seed: 11)
    let (attSrc, attDst, bias) = (random(columns, seed: 2), random(columns, seed: 3), random(columns, seed: 4))
    let (dOut, old) = (random(nodes * columns, seed: 5), random(nodes * columns, seed: 6))
    let (scoresSrc, scoresDst) = (random(nodes * heads, seed: 7), random(nodes * heads, seed: 8))
    let alpha = random(edges * heads, seed: 9).map { 0.5 + 0.5 * $0 }
    let dScore = random(edges * heads, seed: 10)
    compare(level, "attentionScores", [scoresSrc, scoresDst], relative: 1e-5) {
      $0.attentionScores(h, attSrc, attDst, $1[0], $1[1], 2, nodes, heads, width)
    }
    for dropout in dropouts {
      let draw = dropout.draw
      graph.withPointers { rows in
        compare(level, "graphAttention", [dScore, old]) {
          $0.graphAttention(
            h, bias, rows, heads, width, 0.2, scoresSrc, scoresDst, $1[0], $1[1], 1, nodes, draw)
        }
        compare(level, "graphAttentionBackwardRows", [dScore, scoresDst], relative: 1e-5) {
          $0.graphAttentionBackwardRows(
            h, rows, heads, width, 0.2, alpha, scoresSrc, scoresDst, dOut, $1[0], $1[1], 0, nodes, draw)
        }
        compare(level, "neighbourAttention", [dScore, old], relative: 1e-5) {
          $0.neighbourAttention(clean, h, old, rows, heads, width, $1[0], $1[1], 0, nodes, draw)
        }
        compare(level, "neighbourAttentionBackwardRows", [old, dScore], relative: 1e-5) {
          $0.neighbourAttentionBackwardRows(
            clean, h, rows, heads, width, alpha, dOut, $1[0], $1[1], 0, nodes, draw)
        }
      }
      transposed.withPointers { rows, numbers in
        compare(level, "graphAttentionBackwardSources", [old, attSrc, attDst], relative: 1e-5) {
          $0.graphAttentionBackwardSources(
            clean, attSrc, attDst, rows, numbers, heads, width, alpha, dOut, dScore, scoresDst, $1[0], $1[1], $1[2], 0,
            nodes, draw)
        }
        compare(level, "neighbourAttentionBackwardSources", [old, old], relative: 1e-5) {
          $0.neighbourAttentionBackwardSources(
            clean, rows, numbers, heads, width, alpha, dOut, dScore, $1[0], $1[1], 0, nodes, draw)
        }
      }
    }
    graph.withPointers { rows in
      compare(level, "weightedSum", [old]) { $0.weightedSum(h, alpha, rows, nil, columns, $1[0], 0, nodes) }
    }
    transposed.withPointers { rows, numbers in
      compare(level, "weightedSum, transposed", [old]) {
        $0.weightedSum(h, alpha, rows, numbers, columns, $1[0], 0, nodes)
      }
    }
  }

  @Test(arguments: Level.all) func rowsWithManyEdges(level: Level) {
    // More edges than the buffers of the kernels hold at a time.
    let (heads, width, nodes) = (3, 4, 700)
    let columns = heads * width
    let graph = GraphView(
      targetCount: 2, sourceCount: nodes, indptr: [0, nodes, nodes + 5],
      sources: (0..<Int32(nodes)).map { $0 } + [1, 2, 3, 4, 5])
    let star = GraphView(
      targetCount: nodes, sourceCount: 2, indptr: Array(0...nodes), sources: [Int32](repeating: 1, count: nodes))
    let h = random(nodes * columns, seed: 1)
    let q = random(2 * columns, seed: 2)
    let alpha = [Float](repeating: 0.3, count: (nodes + 5) * heads)
    let draw = Dropout(probability: 0.4, key: 9).draw
    graph.withPointers { rows in
      compare(level, "neighbourAttention", [alpha, q], relative: 1e-5) {
        $0.neighbourAttention(q, h, h, rows, heads, width, $1[0], $1[1], 0, 2, draw)
      }
    }
    star.transposed().withPointers { rows, numbers in
      compare(level, "neighbourAttentionBackwardSources", [q, q], relative: 1e-5) {
        $0.neighbourAttentionBackwardSources(
          h, rows, numbers, heads, width, alpha, h, alpha, $1[0], $1[1], 0, 2, draw)
      }
    }
  }

  @Test(arguments: Level.all, [(1, 1), (16, 16), (37, 19), (64, 130)])
  func transposition(level: Level, shape: (Int, Int)) {
    let (rows, columns) = shape
    let a = random(rows * (columns + 3), seed: 1)
    let scale = random(columns, seed: 2)
    let old = random(columns * (rows + 2), seed: 3)
    compare(level, "transpose", [old]) { $0.transpose(a, columns + 3, scale, $1[0], rows + 2, rows, columns) }
    compare(level, "transpose", [old]) { $0.transpose(a, columns + 3, nil, $1[0], rows + 2, rows, columns) }
  }

  @Test(arguments: Level.all, [(1, 1, 1), (13, 5, 33), (25, 700, 64), (12, 3, 17), (5, 2, 95)])
  func product(level: Level, shape: (Int, Int, Int)) {
    let (rows, inner, columns) = shape
    let panels = (columns + 31) / 32
    var a = random(rows * inner, seed: 1)
    if rows > 12 { a[2 * inner] = .nan }
    let (b, bias) = (random(panels * inner * 32, seed: 2), random(columns, seed: 3))
    let old = random(rows * columns, seed: 4)
    // Sums of 700 products in another order.
    for (transposed, lda) in [(0, inner), (1, rows)] {
      compare(level, "product", [old], relative: 1e-5) {
        $0.product(a, lda, transposed, b, inner, nil, 0, $1[0], columns, rows, columns)
      }
      compare(level, "product with bias", [old], relative: 1e-5) {
        $0.product(a, lda, transposed, b, inner, bias, 0, $1[0], columns, rows, columns)
      }
      compare(level, "product added", [old], relative: 1e-5) {
        $0.product(a, lda, transposed, b, inner, $1[0], columns, $1[0], columns, rows, columns)
      }
    }
  }

  @Test(arguments: Level.all) func sparseTile(level: Level) {
    let width = Int(stomics_panel)
    let pointers: [UInt32] = [2, 2, 5, 9]
    let indices = [UInt16](arrayLiteral: 0, 0, 3, 1, 4, 4, 0, 1, 2)
    var values = random(9, seed: 1)
    values[7] = .nan
    let (panel, old) = (random(5 * width, seed: 2), random(3 * width, seed: 3))
    compare(level, "sparseTile", [old]) { $0.sparseTile(pointers, indices, values, panel, $1[0], 3) }
  }
}
