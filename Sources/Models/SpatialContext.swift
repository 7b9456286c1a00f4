// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import Autodiff
import SparseGraph

/// The graph of a slice in the forms that the layers need, made once a data set.
public final class SpatialContext: Sendable {
  /// For graph attention: incoming neighbours, as the recipe's direction gives them, and one self loop at every spot.
  let withSelfLoops: EdgeList
  /// For cross-attention: incoming neighbours without the spot itself; a spot without any attends to itself.
  private let keySets: Graph

  public var spotCount: Int { keySets.targetCount }

  /// - Parameter graph: `[N, N]`; self loops in it make no difference.
  public init(_ graph: Graph) {
    withSelfLoops = EdgeList(graph.withSelfLoops())
    let neighbours = graph.withoutSelfLoops()
    var pointers = [0]
    var sources: [Int32] = []
    for i in 0..<neighbours.targetCount {
      let edges = neighbours.edges(into: i)
      if edges.isEmpty { sources.append(Int32(i)) } else { sources += neighbours.sources[edges] }
      pointers.append(sources.count)
    }
    keySets = Graph(
      targetCount: neighbours.targetCount, sourceCount: neighbours.sourceCount, indptr: pointers, sources: sources)
  }

  /// The key sets of cross-attention for some targets.
  func attentionEdges(targets: [Int]) -> EdgeList { EdgeList(keySets.restricted(toTargets: targets)) }
}
