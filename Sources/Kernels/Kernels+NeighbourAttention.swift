// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import StomicsCore

extension Kernels {
  /// Attention of every target to its neighbours: out_i = Σ dropout(alpha) v_j with alpha = softmax over the edges into i
  /// of <q_i, k_j> / √C, each head by itself. Dropout counts e · A + a. A target without edges gets zeros.
  /// - Parameters:
  ///   - q: `[R, A·C]`; k, v: `[N, A·C]`; columns: A·C
  ///   - out: `[R, A·C]`; alpha: `[E, A]` saved before dropout
  /// - Source: Vaswani et al. 2017, eq. 1, with the key set of each row limited to its graph neighbours.
  public static func neighbourAttention(
    _ q: Input, k: Input, v: Input, graph: GraphView, heads: Int, columns: Int, dropout: Dropout, into out: Output,
    alpha: Output
  ) {
    let width = headWidth(columns, heads: heads)
    let draw = dropout.draw
    graph.withPointers { edges in
      parallelRows(graph.targetCount, blockSize: graphBlock) { rows in
        native.neighbourAttention(
          q, k, v, edges, heads, width, alpha, out, rows.lowerBound, rows.upperBound, draw)
      }
    }
  }

  /// Accumulates the derivatives of `neighbourAttention` into dQ `[R, A·C]`, dK and dV `[N, A·C]`; `dScore` `[E, A]` is
  /// workspace.
  public static func neighbourAttentionBackward(
    _ q: Input, k: Input, v: Input, graph: GraphView, transposed: TransposedView, heads: Int, columns: Int,
    alpha: Input, dropout: Dropout, dOut: Input, dQ: Output, dK: Output, dV: Output, dScore: Output
  ) {
    let width = headWidth(columns, heads: heads)
    let draw = dropout.draw
    graph.withPointers { edges in
      parallelRows(graph.targetCount, blockSize: graphBlock) { rows in
        native.neighbourAttentionBackwardRows(
          k, v, edges, heads, width, alpha, dOut, dQ, dScore, rows.lowerBound, rows.upperBound, draw)
      }
    }
    transposed.withPointers { edges, numbers in
      parallelRows(graph.sourceCount, blockSize: graphBlock) { rows in
        native.neighbourAttentionBackwardSources(
          q, edges, numbers, heads, width, alpha, dOut, dScore, dK, dV, rows.lowerBound, rows.upperBound, draw)
      }
    }
  }
}
