// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import Kernels
import SparseGraph

/// A graph together with its transpose, in the form that graph operations run over: made once, used in every epoch.
public struct EdgeList: Sendable {
  let view: GraphView
  private let backwardView: TransposedView?

  public init(_ graph: Graph) {
    view = GraphView(
      targetCount: graph.targetCount, sourceCount: graph.sourceCount, indptr: graph.indptr, sources: graph.sources)
    backwardView = view.transposed()
  }

  /// Edges for one forward pass: no gradient can be asked for.
  public init(forwardOnly graph: Graph) {
    view = GraphView(
      targetCount: graph.targetCount, sourceCount: graph.sourceCount, indptr: graph.indptr, sources: graph.sources)
    backwardView = nil
  }

  var transposed: TransposedView {
    guard let backwardView else { preconditionFailure("a gradient through edges made for a forward pass alone") }
    return backwardView
  }

  public var targetCount: Int { view.targetCount }
  public var sourceCount: Int { view.sourceCount }
  public var edgeCount: Int { view.sources.count }
}
