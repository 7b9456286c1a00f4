// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import SparseGraph
import StomicsCore

/// Which spots an edit reaches, graph layer by graph layer.
struct Reach {
  /// For every spot the first layer after which its row differs: 0 where the gene itself is edited, -1 where never.
  private let level: [Int8]
  /// The spots whose rows differ after each graph layer, neighbours near each other; the first list is of the edited spots.
  let spots: [[Int32]]
  /// The spots whose prediction differs.
  let predicted: [Int32]
  /// Each spot's place in `spots[layer]`, where it is there.
  private let ranks: [[Int32]]

  /// - Parameters:
  ///   - graph: nil where the model looks along none
  ///   - layers: graph layers
  init(of edit: GeneEdit, _ graph: IncrementalGraph?, layers: Int, spotCount: Int) {
    var level = [Int8](repeating: -1, count: spotCount)
    for i in edit.spots { level[Int(i)] = 0 }
    var lists = [edit.spots]
    if let graph {
      for layer in 0..<layers {
        var next = lists[layer]
        for j in lists[layer] {
          for e in graph.targets.edges(into: Int(j)) {
            let i = graph.targets.sources[e]
            if level[Int(i)] < 0 {
              level[Int(i)] = Int8(layer + 1)
              next.append(i)
            }
          }
        }
        lists.append(graph.order.sorted(next) { level[$0] >= 0 })
      }
    }
    ranks = lists.map { list in
      var rank = [Int32](repeating: 0, count: spotCount)
      for (r, i) in list.enumerated() { rank[Int(i)] = Int32(r) }
      return rank
    }
    var predicted = lists[lists.count - 1]
    if let graph, let keys = graph.keyTargets {
      var isReached = level.map { $0 == 0 }
      var next = edit.spots
      for j in predicted {
        for i in keys.sources[keys.edges(into: Int(j))] where !isReached[Int(i)] {
          isReached[Int(i)] = true
          next.append(i)
        }
      }
      predicted = graph.order.sorted(next) { isReached[$0] }
    }
    self.predicted = predicted
    self.level = level
    spots = lists
  }

  /// The row of a spot after a layer: an edited one, counted from `first`, or the slice's own.
  func row(_ spot: Int, after layer: Int, first: Int) -> Int32 {
    let own = level[spot]
    return own >= 0 && Int(own) <= layer ? Int32(first) + ranks[layer][spot] : Int32(spot)
  }

  /// Whether the gene itself is edited at a spot.
  func isEdited(_ spot: Int32) -> Bool { level[Int(spot)] == 0 }
}

/// An order of the spots in which neighbours stand near each other, so that what a layer gathers lies in the nearest cache.
/// Files list spots by barcode, which is no order at all on the tissue.
struct NearOrder {
  /// `[N]`
  private let spots: [Int32]
  /// Each spot's place in the order, `[N]`.
  let ranks: [Int32]

  /// Breadth-first over the graph, from the first spot of each of its pieces.
  init(_ graph: Graph) {
    var ranks = [Int32](repeating: -1, count: graph.targetCount)
    var spots: [Int32] = []
    spots.reserveCapacity(graph.targetCount)
    func add(_ i: Int32) {
      guard ranks[Int(i)] < 0 else { return }
      ranks[Int(i)] = Int32(spots.count)
      spots.append(i)
    }
    var next = 0
    for start in 0..<Int32(graph.targetCount) {
      add(start)
      while next < spots.count {
        graph.sources[graph.edges(into: Int(spots[next]))].forEach(add)
        next += 1
      }
    }
    self.ranks = ranks
    self.spots = spots
  }

  /// A list of spots in this order.
  /// - Parameter isThere: whether a spot is in the list
  func sorted(_ list: [Int32], _ isThere: (Int) -> Bool) -> [Int32] {
    if list.count < spots.count / 16 { return list.sorted { ranks[Int($0)] < ranks[Int($1)] } }
    return spots.filter { isThere(Int($0)) }
  }
}

/// The graphs of a slice turned round, to find whom a spot reaches.
struct IncrementalGraph {
  let context: SpatialContext
  /// Row j lists the targets of spot j over one layer, itself among them.
  let targets: Graph
  /// The same for cross-attention's keys; nil where there is none.
  let keyTargets: Graph?
  let order: NearOrder

  init(_ context: SpatialContext, usesCrossAttention: Bool) {
    self.context = context
    targets = context.loopedGraph.reversed()
    keyTargets = usesCrossAttention ? context.keySets.reversed() : nil
    order = NearOrder(context.loopedGraph)
  }
}

/// The edges into the rows of one stage, of several edits one after another.
struct StageRows {
  /// Row r listens to the source rows `sources[indptr[r]..<indptr[r + 1]]`.
  var indptr: [Int] = [0]
  var sources: [Int32] = []
  /// Of a graph convolution, in the order of `sources`.
  var weights: [Float] = []
  /// The row of the same spot among the sources.
  var own: [Int32] = []

  var count: Int { own.count }

  /// Adds the rows of one edit's targets.
  /// - Parameters:
  ///   - source: the row of a spot among the sources
  ///   - own: the row of a target itself
  mutating func append(
    _ targets: [Int32], _ graph: Graph, weights edgeWeights: [Float]?, source: (Int) -> Int32, own ownRow: (Int) -> Int32
  ) {
    for i in targets {
      let edges = graph.edges(into: Int(i))
      for e in edges { sources.append(source(Int(graph.sources[e]))) }
      if let edgeWeights { weights += edgeWeights[edges] }
      indptr.append(sources.count)
      own.append(ownRow(Int(i)))
    }
  }

  mutating func append(_ other: StageRows) {
    let start = sources.count
    sources += other.sources
    weights += other.weights
    own += other.own
    indptr += other.indptr.dropFirst().map { $0 + start }
  }

  /// The edges into some of the rows.
  func graph(_ rows: Range<Int>, sourceCount: Int) -> (graph: Graph, weights: ArraySlice<Float>) {
    let edges = indptr[rows.lowerBound]..<indptr[rows.upperBound]
    let graph = Graph(
      targetCount: rows.count, sourceCount: sourceCount,
      indptr: indptr[rows.lowerBound...rows.upperBound].map { $0 - edges.lowerBound }, sources: Array(sources[edges]))
    return (graph, weights.isEmpty ? [] : weights[edges])
  }
}
