// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import StomicsCore

extension Kernels {
  /// out_i = Σ weight_e h_j over the edges into i, + bias; the weights `[E]` are constants of the graph.
  /// - Parameters:
  ///   - h: `[N, columns]`; bias: `[columns]` or nil; out: `[R, columns]`
  /// - Source: Kipf and Welling 2017, eq. 2, after the linear layer.
  public static func graphConvolution(
    _ h: Input, weights: Input, graph: GraphView, columns: Int, bias: Input?, into out: Output
  ) {
    graph.withPointers { edges in
      parallelRows(graph.targetCount, blockSize: graphBlock) { rows in
        for i in rows {
          if let bias {
            (out + i * columns).update(from: bias, count: columns)
          } else {
            (out + i * columns).update(repeating: 0, count: columns)
          }
        }
        native.weightedSum(h, weights, edges, nil, columns, out, rows.lowerBound, rows.upperBound)
      }
    }
  }

  /// Accumulates the derivatives of `graphConvolution` into dH `[N, columns]` and, where given, dBias `[columns]`.
  public static func graphConvolutionBackward(
    _ dOut: Input, weights: Input, graph: GraphView, transposed: TransposedView, columns: Int, dH: Output,
    dBias: Output?
  ) {
    transposed.withPointers { edges, numbers in
      parallelRows(graph.sourceCount, blockSize: graphBlock) { rows in
        native.weightedSum(dOut, weights, edges, numbers, columns, dH, rows.lowerBound, rows.upperBound)
      }
    }
    if let dBias { columnSums(dOut, into: dBias, rows: graph.targetCount, columns: columns) }
  }
}
