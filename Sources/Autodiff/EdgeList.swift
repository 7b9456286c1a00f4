// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import Kernels
import SparseGraph

/// A graph together with its transpose, in the form that graph operations run over: made once, used in every epoch.
public struct EdgeList: Sendable {
  let view: GraphView
  let transposed: TransposedView

  public init(_ graph: Graph) {
    view = GraphView(
      targetCount: graph.targetCount, sourceCount: graph.sourceCount, indptr: graph.indptr, sources: graph.sources)
    transposed = view.transposed()
  }

  public var targetCount: Int { view.targetCount }
  public var sourceCount: Int { view.sourceCount }
  public var edgeCount: Int { view.sources.count }
}
