// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import Kernels
import SparseGraph

extension Tape {
  /// The edge part of a graph attention layer, heads folded `[N, A·C]`.
  ///
  /// score(j → i) = LeakyReLU_0.2(<attSrc, h_j> + <attDst, h_i>), softmax over the edges into i, dropout on the
  /// coefficients, out_i = Σ_j α_ij h_j + bias.
  /// - Parameters:
  ///   - h: `[N, A·C]`, the transformed features
  ///   - attSrc, attDst, bias: `[1, A·C]` (any shape of that many elements)
  ///   - edges: with one self loop at every spot
  /// - Returns: `[N, A·C]`
  /// - Source: Veličković et al. 2018, as PyTorch Geometric's GATConv computes it.
  public func graphAttention(
    _ h: Variable, attSrc: Variable, attDst: Variable, bias: Variable, edges: EdgeList, heads: Int,
    dropout probability: Float = 0
  ) -> Variable {
    precondition(h.rows == edges.sourceCount, "graphAttention: \(h.rows) rows for \(edges.sourceCount) spots")
    precondition(h.columns % heads == 0, "graphAttention: \(heads) heads do not divide \(h.columns) columns")
    precondition(attSrc.count == h.columns && attDst.count == h.columns && bias.count == h.columns)
    let y = allocate(.graphAttention, rows: h.rows, columns: h.columns, from: h, attSrc, attDst, bias)
    let mask = nextDropout(probability)
    let alpha = save(edges.edgeCount * heads, with: y)
    let scoresSrc = save(h.rows * heads, with: y)
    let scoresDst = save(h.rows * heads, with: y)
    Kernels.graphAttention(
      pointer(h), attSrc: pointer(attSrc), attDst: pointer(attDst), bias: pointer(bias), graph: edges.view,
      heads: heads, columns: h.columns, dropout: mask, into: pointer(y), alpha: alpha, scoresSrc: scoresSrc,
      scoresDst: scoresDst)
    count(flops: 2 * edges.edgeCount * h.columns, of: .graphAttention)
    record(y) { [unowned self] in
      count(flops: 4 * edges.edgeCount * h.columns, of: .graphAttention)
      withScratch(edges.edgeCount * heads) { dScore in
        Kernels.graphAttentionBackward(
          pointer(h), attSrc: pointer(attSrc), attDst: pointer(attDst), graph: edges.view,
          transposed: edges.transposed, heads: heads, columns: h.columns, alpha: alpha, scoresSrc: scoresSrc,
          scoresDst: scoresDst, dropout: mask, dOut: gradient(y), dH: gradient(h), dAttSrc: gradient(attSrc),
          dAttDst: gradient(attDst), dBias: gradient(bias), dScore: dScore)
      }
    }
    return y
  }

  /// <attSrc, h_j> and <attDst, h_j> of every row and head, `[N, A]` each: what a forward pass whose targets are other rows
  /// than its sources needs beforehand. No gradient.
  public func attentionScores(
    _ h: Variable, attSrc: Variable, attDst: Variable, heads: Int
  ) -> (source: Variable, target: Variable) {
    precondition(!isTraining, "attentionScores: for evaluation")
    let source = allocate(.graphAttention, rows: h.rows, columns: heads)
    let target = allocate(.graphAttention, rows: h.rows, columns: heads)
    Kernels.attentionScores(
      pointer(h), attSrc: pointer(attSrc), attDst: pointer(attDst), rows: h.rows, heads: heads, columns: h.columns,
      scoresSrc: pointer(source), scoresDst: pointer(target))
    return (source, target)
  }

  /// `graphAttention` given the scores, for targets that are other rows than the sources. No gradient.
  /// - Parameters:
  ///   - h: `[N, A·C]`; sourceScores: `[N, A]`; targetScores: `[R, A]`
  ///   - edges: R targets, N sources
  /// - Returns: `[R, A·C]`
  public func graphAttention(
    _ h: Variable, sourceScores: Variable, targetScores: Variable, bias: Variable, edges: EdgeList, heads: Int
  ) -> Variable {
    precondition(!isTraining, "graphAttention by scores: for evaluation")
    precondition(h.rows == edges.sourceCount && sourceScores.rows == h.rows && targetScores.rows == edges.targetCount)
    let y = allocate(.graphAttention, rows: edges.targetCount, columns: h.columns)
    withScratch(edges.edgeCount * heads) { alpha in
      Kernels.graphAttention(
        pointer(h), scoresSrc: pointer(sourceScores), scoresDst: pointer(targetScores), bias: pointer(bias),
        graph: edges.view, heads: heads, columns: h.columns, dropout: .none, into: pointer(y), alpha: alpha)
    }
    count(flops: 2 * edges.edgeCount * h.columns, of: .graphAttention)
    return y
  }

  /// Cross-attention of every target spot to the embeddings of its neighbours, heads folded `[_, A·C]`.
  ///
  /// softmax over the edges into i of <q_i, k_j> / sqrt(C), dropout on the weights, out_i = Σ_j α_ij v_j.
  /// - Parameters:
  ///   - queries: `[R, A·C]`, one row a target
  ///   - keys, values: `[N, A·C]`, read at the sources of the edges into each target
  ///   - edges: at least one edge into every target
  /// - Returns: `[R, A·C]`
  /// - Source: Vaswani et al. 2017, eq. 1, with the key set of spot i limited to its graph neighbours.
  public func neighbourAttention(
    queries: Variable, keys: Variable, values: Variable, edges: EdgeList, heads: Int, dropout probability: Float = 0
  ) -> Variable {
    precondition(queries.rows == edges.targetCount, "neighbourAttention: queries and targets disagree")
    precondition(
      keys.rows == edges.sourceCount && values.rows == keys.rows, "neighbourAttention: keys and spots disagree")
    precondition(queries.columns == keys.columns && keys.columns == values.columns && keys.columns % heads == 0)
    let y = allocate(.neighbourAttention, rows: queries.rows, columns: queries.columns, from: queries, keys, values)
    let mask = nextDropout(probability)
    let alpha = save(edges.edgeCount * heads, with: y)
    Kernels.neighbourAttention(
      pointer(queries), k: pointer(keys), v: pointer(values), graph: edges.view, heads: heads,
      columns: queries.columns, dropout: mask, into: pointer(y), alpha: alpha)
    count(flops: 4 * edges.edgeCount * queries.columns, of: .neighbourAttention)
    record(y) { [unowned self] in
      count(flops: 8 * edges.edgeCount * queries.columns, of: .neighbourAttention)
      withScratch(edges.edgeCount * heads) { dScore in
        Kernels.neighbourAttentionBackward(
          pointer(queries), k: pointer(keys), v: pointer(values), graph: edges.view, transposed: edges.transposed,
          heads: heads, columns: queries.columns, alpha: alpha, dropout: mask, dOut: gradient(y),
          dQ: gradient(queries), dK: gradient(keys), dV: gradient(values), dScore: dScore)
      }
    }
    return y
  }
}
