// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import Kernels
import SparseGraph

extension Tape {
  /// The edge part of a graph convolution: out_i = Σ_j w_e h_j over the edges e = j → i, + bias.
  /// - Parameters:
  ///   - h: `[N, D]`, the transformed features
  ///   - weights: `[E]`, constants of the graph, in the order of its edges
  ///   - bias: `[1, D]`
  ///   - edges: R targets, N sources
  /// - Returns: `[R, D]`
  /// - Source: Kipf and Welling 2017, eq. 2, after the linear layer.
  public func graphConvolution(_ h: Variable, weights: [Float], bias: Variable, edges: EdgeList) -> Variable {
    precondition(h.rows == edges.sourceCount, "graphConvolution: \(h.rows) rows for \(edges.sourceCount) spots")
    precondition(weights.count == edges.edgeCount, "graphConvolution: one weight an edge")
    precondition(bias.count == h.columns, "graphConvolution: bias and input disagree")
    let y = allocate(.graphConvolution, rows: edges.targetCount, columns: h.columns, from: h, bias)
    withPointer(to: weights) { weights in
      Kernels.graphConvolution(
        pointer(h), weights: weights, graph: edges.view, columns: h.columns, bias: pointer(bias), into: pointer(y))
    }
    count(flops: 2 * edges.edgeCount * h.columns, of: .graphConvolution)
    // dh_j = Σ_i w_e dout_i over the edges out of j, dbias = Σ rows of dout
    record(y) { [unowned self] in
      count(flops: 2 * edges.edgeCount * h.columns, of: .graphConvolution)
      withPointer(to: weights) { weights in
        Kernels.graphConvolutionBackward(
          gradient(y), weights: weights, graph: edges.view, transposed: edges.transposed, columns: h.columns,
          dH: gradient(h), dBias: gradient(bias))
      }
    }
    return y
  }
}

/// Where the elements lie; a place that is never read for none, since without edges the bias is left.
private func withPointer(to values: [Float], _ body: (UnsafePointer<Float>) -> Void) {
  values.withUnsafeBufferPointer { buffer in
    guard let base = buffer.baseAddress ?? UnsafePointer(bitPattern: MemoryLayout<Float>.alignment) else { return }
    body(base)
  }
}
