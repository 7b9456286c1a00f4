// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import CKernels

/// A directed graph as the kernels read it: row i (a target) lists the sources j of the edges into it.
public struct GraphView: Sendable, Equatable {
  public let targetCount: Int
  public let sourceCount: Int
  /// `[targetCount + 1]`: the edges into target i are `indptr[i]..<indptr[i + 1]`.
  public let indptr: [Int]
  /// `[E]`: the source of each edge.
  public let sources: [Int32]

  public init(targetCount: Int, sourceCount: Int, indptr: [Int], sources: [Int32]) {
    precondition(indptr.count == targetCount + 1 && indptr[0] == 0 && indptr[targetCount] == sources.count)
    precondition(zip(indptr, indptr.dropFirst()).allSatisfy { $0 <= $1 }, "row pointers descend")
    precondition(sources.allSatisfy { $0 >= 0 && $0 < sourceCount }, "a source outside 0..<\(sourceCount)")
    self.targetCount = targetCount
    self.sourceCount = sourceCount
    self.indptr = indptr
    self.sources = sources
  }

  public var edgeCount: Int { sources.count }

  /// The same edges ordered by source: what the backward passes run over.
  public func transposed() -> TransposedView {
    var pointers = [Int](repeating: 0, count: sourceCount + 1)
    for j in sources { pointers[Int(j) + 1] += 1 }
    for j in 0..<sourceCount { pointers[j + 1] += pointers[j] }
    var next = pointers
    var targets = [Int32](repeating: 0, count: edgeCount)
    var edges = [Int32](repeating: 0, count: edgeCount)
    for i in 0..<targetCount {
      for e in indptr[i]..<indptr[i + 1] {
        let j = Int(sources[e])
        targets[next[j]] = Int32(i)
        edges[next[j]] = Int32(e)
        next[j] += 1
      }
    }
    return TransposedView(indptr: pointers, targets: targets, edges: edges)
  }
}

/// A graph's edges ordered by source: row j lists the edges out of j.
public struct TransposedView: Sendable, Equatable {
  /// `[sourceCount + 1]`
  public let indptr: [Int]
  /// `[E]`: the target of each edge.
  public let targets: [Int32]
  /// `[E]`: the edge's number in the graph it came from.
  public let edges: [Int32]

  public init(indptr: [Int], targets: [Int32], edges: [Int32]) {
    precondition(!indptr.isEmpty && indptr[indptr.count - 1] == targets.count && targets.count == edges.count)
    self.indptr = indptr
    self.targets = targets
    self.edges = edges
  }
}

extension GraphView {
  func withPointers(_ body: (stomics_graph) -> Void) {
    indptr.withUnsafeBufferPointer { indptr in
      sources.withUnsafeBufferPointer { sources in
        guard let indptr = indptr.baseAddress, let sources = sources.baseAddress ?? emptyIndices else { return }
        body(stomics_graph(indptr: indptr, neighbours: sources))
      }
    }
  }
}

extension TransposedView {
  func withPointers(_ body: (stomics_graph, UnsafePointer<Int32>) -> Void) {
    indptr.withUnsafeBufferPointer { indptr in
      targets.withUnsafeBufferPointer { targets in
        edges.withUnsafeBufferPointer { edges in
          guard let indptr = indptr.baseAddress, let targets = targets.baseAddress ?? emptyIndices,
            let edges = edges.baseAddress ?? emptyIndices
          else { return }
          body(stomics_graph(indptr: indptr, neighbours: targets), edges)
        }
      }
    }
  }
}

/// Stands for the elements of an array that has none; never read.
private var emptyIndices: UnsafePointer<Int32>? { UnsafePointer(bitPattern: MemoryLayout<Int32>.alignment) }
