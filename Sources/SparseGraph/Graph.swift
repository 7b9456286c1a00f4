// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import StomicsCore

/// A directed graph in compressed rows: row i (a target) lists the sources j of the edges into it, ascending.
///
/// Targets and sources are the same spots unless the graph was restricted to some targets (`restricted(toTargets:)`).
public struct Graph: Sendable, Equatable {
  /// Number of targets (rows).
  public let targetCount: Int
  /// Number of sources (columns).
  public let sourceCount: Int
  /// `[targetCount + 1]`: the edges into target i are `indptr[i]..<indptr[i + 1]`.
  public let indptr: [Int]
  /// `[E]`: the source of each edge.
  public let sources: [Int32]

  public init(targetCount: Int, sourceCount: Int, indptr: [Int], sources: [Int32]) {
    precondition(indptr.count == targetCount + 1 && indptr[targetCount] == sources.count)
    self.targetCount = targetCount
    self.sourceCount = sourceCount
    self.indptr = indptr
    self.sources = sources
  }

  public var edgeCount: Int { sources.count }

  /// The edges into target i.
  @inlinable
  public func edges(into i: Int) -> Range<Int> { indptr[i]..<indptr[i + 1] }

  /// The graph whose row r is row `targets[r]` of this one; sources keep their numbers.
  public func restricted(toTargets targets: [Int]) -> Graph {
    var pointers = [0]
    pointers.reserveCapacity(targets.count + 1)
    var newSources = [Int32]()
    for i in targets {
      newSources.append(contentsOf: sources[edges(into: i)])
      pointers.append(newSources.count)
    }
    return Graph(targetCount: targets.count, sourceCount: sourceCount, indptr: pointers, sources: newSources)
  }
}
