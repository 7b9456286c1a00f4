// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import StomicsCore

extension Kernels {
  /// Rows a block of a graph kernel works on.
  static let graphBlock = 64

  /// Columns of one head; the kernels hold the values of at most 64 heads at a time.
  static func headWidth(_ columns: Int, heads: Int) -> Int {
    precondition((1...64).contains(heads) && columns % heads == 0, "\(columns) columns in \(heads) heads")
    return columns / heads
  }

  /// Attention over the edges of a graph, as in a graph attention network.
  ///
  /// score(e) = LeakyReLU(<attSource, h_j> + <attTarget, h_i>) for each edge j → i and head, alpha = softmax over the
  /// edges into i (shifted by the maximum, sum + 1e-16), out_i = Σ dropout(alpha) h_j + bias. Dropout counts e · A + a.
  /// - Parameters:
  ///   - h: `[N, A·C]` transformed inputs; attSrc, attDst, bias: `[A·C]`
  ///   - graph: with the self loops that take part; as many targets as sources
  ///   - columns: A·C
  ///   - out: `[N, A·C]`; alpha: `[E, A]` saved before dropout; scoresSrc, scoresDst: `[N, A]` saved
  /// - Source: Veličković et al. 2018, eq. 1-6, with the conventions of PyTorch Geometric's GATConv.
  public static func graphAttention(
    _ h: Input, attSrc: Input, attDst: Input, bias: Input, graph: GraphView, heads: Int, columns: Int,
    slope: Float = 0.2, dropout: Dropout, into out: Output, alpha: Output, scoresSrc: Output, scoresDst: Output
  ) {
    precondition(graph.targetCount == graph.sourceCount, "graph attention needs a square graph")
    attentionScores(
      h, attSrc: attSrc, attDst: attDst, rows: graph.sourceCount, heads: heads, columns: columns, scoresSrc: scoresSrc,
      scoresDst: scoresDst)
    graphAttention(
      h, scoresSrc: scoresSrc, scoresDst: scoresDst, bias: bias, graph: graph, heads: heads, columns: columns,
      slope: slope, dropout: dropout, into: out, alpha: alpha)
  }

  /// <attSource, h_j> and <attTarget, h_j> of every row and head, `[rows, A]` each.
  public static func attentionScores(
    _ h: Input, attSrc: Input, attDst: Input, rows: Int, heads: Int, columns: Int, scoresSrc: Output, scoresDst: Output
  ) {
    let width = headWidth(columns, heads: heads)
    parallelRows(rows, blockSize: graphBlock) { rows in
      native.attentionScores(h, attSrc, attDst, scoresSrc, scoresDst, rows.lowerBound, rows.upperBound, heads, width)
    }
  }

  /// `graphAttention` given the scores, where targets may be other rows than the sources.
  /// - Parameters:
  ///   - h: `[N, A·C]`; scoresSrc: `[N, A]`; scoresDst: `[R, A]`
  ///   - graph: R targets, N sources
  ///   - out: `[R, A·C]`
  public static func graphAttention(
    _ h: Input, scoresSrc: Input, scoresDst: Input, bias: Input, graph: GraphView, heads: Int, columns: Int,
    slope: Float = 0.2, dropout: Dropout, into out: Output, alpha: Output
  ) {
    let width = headWidth(columns, heads: heads)
    let draw = dropout.draw
    graph.withPointers { edges in
      parallelRows(graph.targetCount, blockSize: graphBlock) { rows in
        native.graphAttention(
          h, bias, edges, heads, width, slope, scoresSrc, scoresDst, alpha, out, rows.lowerBound, rows.upperBound, draw)
      }
    }
  }

  /// Accumulates the derivatives of `graphAttention` into dH `[N, A·C]` and dAttSrc, dAttDst, dBias `[A·C]`.
  ///
  /// One pass over the rows writes the derivatives of the scores to `dScore` `[E, A]`; one pass over the transposed
  /// graph gathers them. No two blocks write the same place.
  public static func graphAttentionBackward(
    _ h: Input, attSrc: Input, attDst: Input, graph: GraphView, transposed: TransposedView, heads: Int, columns: Int,
    slope: Float = 0.2, alpha: Input, scoresSrc: Input, scoresDst: Input, dropout: Dropout, dOut: Input, dH: Output,
    dAttSrc: Output, dAttDst: Output, dBias: Output, dScore: Output
  ) {
    let width = headWidth(columns, heads: heads)
    let count = graph.targetCount
    let draw = dropout.draw
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, count * heads)) { buffer in
      guard let dScoresDst = buffer.baseAddress else { return }
      graph.withPointers { edges in
        reducingRows(count, blockSize: graphBlock, width: columns) { rows, partial in
          native.graphAttentionBackwardRows(
            h, edges, heads, width, slope, alpha, scoresSrc, scoresDst, dOut, dScore, dScoresDst, rows.lowerBound,
            rows.upperBound, draw)
          native.columnSums(dOut + rows.lowerBound * columns, partial, rows.count, columns)
        } finish: { sums in
          for k in 0..<columns { dBias[k] += sums[k] }
        }
      }
      transposed.withPointers { edges, numbers in
        reducingRows(count, blockSize: graphBlock, width: 2 * columns) { rows, partial in
          native.graphAttentionBackwardSources(
            h, attSrc, attDst, edges, numbers, heads, width, alpha, dOut, dScore, dScoresDst, dH, partial,
            partial + columns, rows.lowerBound, rows.upperBound, draw)
        } finish: { sums in
          for k in 0..<columns {
            dAttSrc[k] += sums[k]
            dAttDst[k] += sums[columns + k]
          }
        }
      }
    }
  }
}
