// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import CKernels
import Glibc

extension Reference {
  private static func dot(_ a: Input, _ b: Input, _ count: Int) -> Float {
    var sum: Float = 0
    for k in 0..<count { sum += a[k] * b[k] }
    return sum
  }

  private static func add(_ x: Input, times factor: Float, to y: Output, _ count: Int) {
    for k in 0..<count { y[k] += factor * x[k] }
  }

  /// Turns the scores of the edges `range`, head a, into shares that sum to 1.
  static func softmaxOverEdges(_ scores: Output, _ range: Range<Int>, _ a: Int, _ heads: Int, epsilon: Float) {
    var largest = -Float.infinity
    for e in range where scores[e * heads + a] > largest { largest = scores[e * heads + a] }
    var sum: Float = 0
    for e in range {
      let value = expf(scores[e * heads + a] - largest)
      scores[e * heads + a] = value
      sum += value
    }
    for e in range { scores[e * heads + a] /= sum + epsilon }
  }

  static func attentionScores(
    _ h: Input, _ attSrc: Input, _ attDst: Input, _ scoresSrc: Output, _ scoresDst: Output, _ from: Int, _ to: Int,
    _ heads: Int, _ width: Int
  ) {
    for i in from..<to {
      for a in 0..<heads {
        let part = h + (i * heads + a) * width
        scoresSrc[i * heads + a] = dot(part, attSrc + a * width, width)
        scoresDst[i * heads + a] = dot(part, attDst + a * width, width)
      }
    }
  }

  static func graphAttention(
    _ h: Input, _ bias: Input, _ graph: stomics_graph, _ heads: Int, _ width: Int, _ slope: Float,
    _ scoresSrc: Input, _ scoresDst: Input, _ alpha: Output, _ out: Output, _ from: Int, _ to: Int, _ draw: stomics_draw
  ) {
    for i in from..<to {
      let range = graph.indptr[i]..<graph.indptr[i + 1]
      let outRow = out + i * heads * width
      for k in 0..<heads * width { outRow[k] = bias[k] }
      for a in 0..<heads {
        for e in range {
          let score = scoresSrc[Int(graph.neighbours[e]) * heads + a] + scoresDst[i * heads + a]
          alpha[e * heads + a] = score > 0 ? score : slope * score
        }
        softmaxOverEdges(alpha, range, a, heads, epsilon: 1e-16)
        for e in range {
          let weight = alpha[e * heads + a] * draw.factor(e * heads + a)
          add(h + (Int(graph.neighbours[e]) * heads + a) * width, times: weight, to: outRow + a * width, width)
        }
      }
    }
  }

  static func graphAttentionBackwardRows(
    _ h: Input, _ graph: stomics_graph, _ heads: Int, _ width: Int, _ slope: Float, _ alpha: Input,
    _ scoresSrc: Input, _ scoresDst: Input, _ dOut: Input, _ dScore: Output, _ dScoresDst: Output,
    _ from: Int, _ to: Int, _ draw: stomics_draw
  ) {
    for i in from..<to {
      let range = graph.indptr[i]..<graph.indptr[i + 1]
      for a in 0..<heads {
        let dOutPart = dOut + (i * heads + a) * width
        var mean: Float = 0
        for e in range {
          let t = e * heads + a
          let dAlpha =
            dot(dOutPart, h + (Int(graph.neighbours[e]) * heads + a) * width, width) * draw.factor(t)
          dScore[t] = dAlpha
          mean += alpha[t] * dAlpha
        }
        var sum: Float = 0
        for e in range {
          let t = e * heads + a
          let score = scoresSrc[Int(graph.neighbours[e]) * heads + a] + scoresDst[i * heads + a]
          let d = alpha[t] * (dScore[t] - mean) * (score > 0 ? 1 : slope)
          dScore[t] = d
          sum += d
        }
        dScoresDst[i * heads + a] = sum
      }
    }
  }

  static func graphAttentionBackwardSources(
    _ h: Input, _ attSrc: Input, _ attDst: Input, _ transposed: stomics_graph, _ edges: UnsafePointer<Int32>,
    _ heads: Int, _ width: Int, _ alpha: Input, _ dOut: Input, _ dScore: Input, _ dScoresDst: Input, _ dH: Output,
    _ dAttSrc: Output, _ dAttDst: Output, _ from: Int, _ to: Int, _ draw: stomics_draw
  ) {
    for j in from..<to {
      let range = transposed.indptr[j]..<transposed.indptr[j + 1]
      for a in 0..<heads {
        let dHPart = dH + (j * heads + a) * width
        var dSource: Float = 0
        for p in range {
          let t = Int(edges[p]) * heads + a
          dSource += dScore[t]
          add(
            dOut + (Int(transposed.neighbours[p]) * heads + a) * width, times: alpha[t] * draw.factor(t), to: dHPart,
            width)
        }
        let dTarget = dScoresDst[j * heads + a]
        add(attSrc + a * width, times: dSource, to: dHPart, width)
        add(attDst + a * width, times: dTarget, to: dHPart, width)
        add(h + (j * heads + a) * width, times: dSource, to: dAttSrc + a * width, width)
        add(h + (j * heads + a) * width, times: dTarget, to: dAttDst + a * width, width)
      }
    }
  }

  static func neighbourAttention(
    _ q: Input, _ k: Input, _ v: Input, _ graph: stomics_graph, _ heads: Int, _ width: Int, _ alpha: Output,
    _ out: Output, _ from: Int, _ to: Int, _ draw: stomics_draw
  ) {
    let scale = 1 / Float(width).squareRoot()
    for i in from..<to {
      let range = graph.indptr[i]..<graph.indptr[i + 1]
      let outRow = out + i * heads * width
      for c in 0..<heads * width { outRow[c] = 0 }
      for a in 0..<heads {
        for e in range {
          let place = (Int(graph.neighbours[e]) * heads + a) * width
          alpha[e * heads + a] = dot(q + (i * heads + a) * width, k + place, width) * scale
        }
        softmaxOverEdges(alpha, range, a, heads, epsilon: 0)
        for e in range {
          let weight = alpha[e * heads + a] * draw.factor(e * heads + a)
          add(v + (Int(graph.neighbours[e]) * heads + a) * width, times: weight, to: outRow + a * width, width)
        }
      }
    }
  }

  static func neighbourAttentionBackwardRows(
    _ k: Input, _ v: Input, _ graph: stomics_graph, _ heads: Int, _ width: Int, _ alpha: Input, _ dOut: Input,
    _ dQ: Output, _ dScore: Output, _ from: Int, _ to: Int, _ draw: stomics_draw
  ) {
    let scale = 1 / Float(width).squareRoot()
    for i in from..<to {
      let range = graph.indptr[i]..<graph.indptr[i + 1]
      for a in 0..<heads {
        let dOutPart = dOut + (i * heads + a) * width
        var mean: Float = 0
        for e in range {
          let t = e * heads + a
          let place = (Int(graph.neighbours[e]) * heads + a) * width
          let dAlpha = dot(dOutPart, v + place, width) * draw.factor(t)
          dScore[t] = dAlpha
          mean += alpha[t] * dAlpha
        }
        for e in range {
          let t = e * heads + a
          let d = alpha[t] * (dScore[t] - mean) * scale
          dScore[t] = d
          let place = (Int(graph.neighbours[e]) * heads + a) * width
          add(k + place, times: d, to: dQ + (i * heads + a) * width, width)
        }
      }
    }
  }

  static func neighbourAttentionBackwardSources(
    _ q: Input, _ transposed: stomics_graph, _ edges: UnsafePointer<Int32>, _ heads: Int, _ width: Int,
    _ alpha: Input, _ dOut: Input, _ dScore: Input, _ dK: Output, _ dV: Output, _ from: Int, _ to: Int,
    _ draw: stomics_draw
  ) {
    for j in from..<to {
      let range = transposed.indptr[j]..<transposed.indptr[j + 1]
      for a in 0..<heads {
        for p in range {
          let t = Int(edges[p]) * heads + a
          let place = (Int(transposed.neighbours[p]) * heads + a) * width
          add(q + place, times: dScore[t], to: dK + (j * heads + a) * width, width)
          add(dOut + place, times: alpha[t] * draw.factor(t), to: dV + (j * heads + a) * width, width)
        }
      }
    }
  }

  /// out_i = Σ weight_e x_j over the edges into i, added to what `out` holds.
  static func weightedSum(
    _ x: Input, _ weights: Input, _ graph: stomics_graph, _ edges: UnsafePointer<Int32>?, _ columns: Int,
    _ out: Output, _ from: Int, _ to: Int
  ) {
    for i in from..<to {
      for p in graph.indptr[i]..<graph.indptr[i + 1] {
        let weight = weights[edges.map { Int($0[p]) } ?? p]
        add(x + Int(graph.neighbours[p]) * columns, times: weight, to: out + i * columns, columns)
      }
    }
  }
}
