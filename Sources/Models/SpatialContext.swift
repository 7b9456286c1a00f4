// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import Autodiff
import SparseGraph

/// Edges of a graph convolution with their weights.
struct ConvolutionEdges: Sendable {
  let edges: EdgeList
  /// `[E]`, in the order of the edges.
  let weights: [Float]
}

/// The graph of a slice in the forms that the layers need, made once a data set.
public final class SpatialContext: Sendable {
  /// For graph attention: incoming neighbours, as the recipe's direction gives them, and one self loop at every spot.
  let withSelfLoops: EdgeList
  /// The same edges as a graph, `[N, N]`.
  let loopedGraph: Graph
  /// For graph convolution: the edges of `withSelfLoops`, weighing 1 / sqrt(d_j d_i) with the in-degrees d.
  let convolution: ConvolutionEdges
  /// For cross-attention: incoming neighbours without the spot itself; a spot without any attends to itself.
  let keySets: Graph

  public var spotCount: Int { keySets.targetCount }

  /// - Parameter graph: `[N, N]`; self loops in it make no difference.
  public init(_ graph: Graph) {
    loopedGraph = graph.withSelfLoops()
    withSelfLoops = EdgeList(loopedGraph)
    convolution = ConvolutionEdges(edges: withSelfLoops, weights: Self.convolutionWeights(loopedGraph))
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

  /// How many hops along the graph every spot is from the nearest of the given ones, in the direction in which messages
  /// pass; -1 where they do not come.
  public func hops(from spots: [Int]) -> [Int] {
    let targets = loopedGraph.reversed()
    var hops = [Int](repeating: -1, count: spotCount)
    for i in spots { hops[i] = 0 }
    var front = spots
    var distance = 0
    while !front.isEmpty {
      distance += 1
      var next: [Int] = []
      for j in front {
        for i in targets.sources[targets.edges(into: j)].map(Int.init) where hops[i] < 0 {
          hops[i] = distance
          next.append(i)
        }
      }
      front = next
    }
    return hops
  }

  /// The key sets of cross-attention for some targets.
  func attentionEdges(targets: [Int]) -> EdgeList { EdgeList(keySets.restricted(toTargets: targets)) }

  /// The edges of a graph convolution into some targets.
  func convolutionEdges(targets: [Int]) -> ConvolutionEdges {
    ConvolutionEdges(
      edges: EdgeList(loopedGraph.restricted(toTargets: targets)),
      weights: targets.flatMap { convolution.weights[loopedGraph.edges(into: $0)] })
  }

  /// 1 / sqrt(d_j d_i) of every edge j → i, d the in-degrees, self loops included.
  /// - Source: Kipf and Welling 2017, eq. 2, with the conventions of PyTorch Geometric's GCNConv.
  private static func convolutionWeights(_ graph: Graph) -> [Float] {
    let inverseRoots = (0..<graph.targetCount).map { 1 / Double(graph.edges(into: $0).count).squareRoot() }
    return (0..<graph.targetCount).flatMap { i in
      graph.sources[graph.edges(into: i)].map { Float(inverseRoots[Int($0)] * inverseRoots[i]) }
    }
  }
}
