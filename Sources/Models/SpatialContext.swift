// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import Autodiff
import SparseGraph

/// The graph of a slice in the forms that the layers need, made once a data set.
public final class SpatialContext: Sendable {
  /// Incoming neighbours, as the recipe's direction gives them; no self loops.
  public let neighbours: Graph
  /// For graph attention: one self loop at every spot.
  let withSelfLoops: EdgeList

  /// - Parameter graph: `[N, N]`; self loops in it are dropped.
  public init(_ graph: Graph) {
    neighbours = graph.withoutSelfLoops()
    withSelfLoops = EdgeList(graph.withSelfLoops())
  }

  /// The key sets of cross-attention for some targets: neighbours without the spot itself; a spot without neighbours
  /// attends to itself.
  func attentionEdges(targets: [Int]) -> EdgeList {
    var pointers = [0]
    var sources: [Int32] = []
    for i in targets {
      let edges = neighbours.edges(into: i)
      if edges.isEmpty { sources.append(Int32(i)) } else { sources += neighbours.sources[edges] }
      pointers.append(sources.count)
    }
    return EdgeList(
      Graph(targetCount: targets.count, sourceCount: neighbours.sourceCount, indptr: pointers, sources: sources))
  }
}
