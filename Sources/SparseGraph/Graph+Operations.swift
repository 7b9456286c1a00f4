// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

extension Graph {
  /// Every edge turned round. Row j lists the spots whose rows list j.
  public func reversed() -> Graph {
    var pointers = [Int](repeating: 0, count: sourceCount + 1)
    for j in sources { pointers[Int(j) + 1] += 1 }
    for j in 0..<sourceCount { pointers[j + 1] += pointers[j] }
    var next = pointers
    var turned = [Int32](repeating: 0, count: edgeCount)
    for i in 0..<targetCount {
      for e in edges(into: i) {
        let j = Int(sources[e])
        turned[next[j]] = Int32(i)
        next[j] += 1
      }
    }
    return Graph(targetCount: sourceCount, sourceCount: targetCount, indptr: pointers, sources: turned)
  }

  /// Every edge in both directions, each once.
  public func symmetrised() -> Graph {
    precondition(targetCount == sourceCount, "a graph restricted to some targets cannot be symmetrised")
    let other = reversed()
    var pointers = [0]
    pointers.reserveCapacity(targetCount + 1)
    var merged: [Int32] = []
    merged.reserveCapacity(edgeCount * 2)
    for i in 0..<targetCount {
      var a = indptr[i]
      var b = other.indptr[i]
      while a < indptr[i + 1] || b < other.indptr[i + 1] {
        let left = a < indptr[i + 1] ? sources[a] : Int32.max
        let right = b < other.indptr[i + 1] ? other.sources[b] : Int32.max
        merged.append(min(left, right))
        if left <= right { a += 1 }
        if right <= left { b += 1 }
      }
      pointers.append(merged.count)
    }
    return Graph(targetCount: targetCount, sourceCount: sourceCount, indptr: pointers, sources: merged)
  }

  /// The graph with exactly one edge i → i at every spot: existing ones are removed first. Sources stay ascending.
  public func withSelfLoops() -> Graph { rebuilt(addingLoops: true) }

  /// The graph without edges i → i.
  public func withoutSelfLoops() -> Graph { rebuilt(addingLoops: false) }

  private func rebuilt(addingLoops: Bool) -> Graph {
    precondition(targetCount == sourceCount, "self loops need targets and sources to be the same spots")
    var pointers = [0]
    pointers.reserveCapacity(targetCount + 1)
    var result: [Int32] = []
    result.reserveCapacity(edgeCount + targetCount)
    for i in 0..<targetCount {
      var pending = addingLoops
      for e in edges(into: i) where sources[e] != Int32(i) {
        if pending && sources[e] > Int32(i) {
          result.append(Int32(i))
          pending = false
        }
        result.append(sources[e])
      }
      if pending { result.append(Int32(i)) }
      pointers.append(result.count)
    }
    return Graph(targetCount: targetCount, sourceCount: sourceCount, indptr: pointers, sources: result)
  }

  /// Several graphs as one without edges between them: spots are numbered one graph after the other.
  public static func blockDiagonal(_ graphs: [Graph]) -> Graph {
    var pointers = [0]
    var sources: [Int32] = []
    sources.reserveCapacity(graphs.reduce(0) { $0 + $1.edgeCount })
    var offset = 0
    for graph in graphs {
      for i in 0..<graph.targetCount { pointers.append(sources.count + graph.indptr[i + 1]) }
      for j in graph.sources { sources.append(j + Int32(offset)) }
      offset += graph.sourceCount
    }
    return Graph(
      targetCount: pointers.count - 1, sourceCount: offset, indptr: pointers, sources: sources)
  }

  /// How many edges come into the spots.
  public struct Degrees: Sendable, Equatable {
    public let minimum: Int
    public let maximum: Int
    public let mean: Double
    /// Spots no edge comes into.
    public let isolated: Int

    public init(minimum: Int, maximum: Int, mean: Double, isolated: Int) {
      self.minimum = minimum
      self.maximum = maximum
      self.mean = mean
      self.isolated = isolated
    }
  }

  /// The in-degrees' summary; zeros for a graph without spots.
  public var inDegrees: Degrees {
    let degrees = (0..<targetCount).map { indptr[$0 + 1] - indptr[$0] }
    return Degrees(
      minimum: degrees.min() ?? 0, maximum: degrees.max() ?? 0,
      mean: targetCount == 0 ? 0 : Double(edgeCount) / Double(targetCount),
      isolated: degrees.count { $0 == 0 })
  }

  /// The number of pieces the graph falls into when edges are walked both ways.
  public var connectedComponentCount: Int {
    precondition(targetCount == sourceCount, "components need targets and sources to be the same spots")
    var parent = Array(0..<targetCount)
    func root(_ i: Int) -> Int {
      var i = i
      while parent[i] != i {
        parent[i] = parent[parent[i]]
        i = parent[i]
      }
      return i
    }
    var components = targetCount
    for i in 0..<targetCount {
      for e in edges(into: i) {
        let a = root(i)
        let b = root(Int(sources[e]))
        if a != b {
          parent[max(a, b)] = min(a, b)
          components -= 1
        }
      }
    }
    return components
  }
}
