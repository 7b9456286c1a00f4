import SparseGraph
import StomicsCore
import Testing

@Suite("Graph") struct GraphTests {
  /// 0 lists 1; 1 lists 0 and 2; 2 lists 2 (itself); 3 lists 0.
  let graph = Graph(targetCount: 4, sourceCount: 4, indptr: [0, 1, 3, 4, 5], sources: [1, 0, 2, 2, 0])

  func rows(_ graph: Graph) -> [[Int32]] { (0..<graph.targetCount).map { Array(graph.sources[graph.edges(into: $0)]) } }

  @Test func reversal() {
    #expect(rows(graph.reversed()) == [[1, 3], [0], [1, 2], []])
    #expect(graph.reversed().reversed() == graph)
  }

  @Test func symmetry() {
    let both = graph.symmetrised()
    #expect(rows(both) == [[1, 3], [0, 2], [1, 2], [0]])
    #expect(both.reversed() == both)
    #expect(both.symmetrised() == both)
  }

  @Test func selfLoops() {
    #expect(rows(graph.withSelfLoops()) == [[0, 1], [0, 1, 2], [2], [0, 3]])
    #expect(rows(graph.withoutSelfLoops()) == [[1], [0, 2], [], [0]])
    #expect(graph.withSelfLoops().withSelfLoops() == graph.withSelfLoops())
  }

  @Test func degreesAndComponents() {
    #expect(graph.inDegrees == Graph.Degrees(minimum: 1, maximum: 2, mean: 1.25, isolated: 0))
    #expect(graph.connectedComponentCount == 1)
    let apart = Graph(targetCount: 5, sourceCount: 5, indptr: [0, 1, 1, 2, 2, 2], sources: [1, 3])
    #expect(apart.connectedComponentCount == 3)
    #expect(apart.inDegrees.isolated == 3)
    let none = Graph(targetCount: 0, sourceCount: 0, indptr: [0], sources: [])
    #expect(none.inDegrees.mean == 0 && none.connectedComponentCount == 0)
  }

  @Test("slices are block-diagonal: built together or apart, the same edges")
  func slices() throws {
    var random = SeededGenerator(seed: 3)
    let a = (0..<40).map { _ in SIMD2(random.uniform(), random.uniform()) }
    let b = (0..<25).map { _ in SIMD2(random.uniform(), random.uniform()) }
    let apart = Graph.blockDiagonal([
      try Graph.build(a, with: .kNearest(3)), try Graph.build(b, with: .kNearest(3)),
    ])
    let numbers = [Int](repeating: 0, count: 40) + [Int](repeating: 1, count: 25)
    let together = try Graph.build(a + b, with: .kNearest(3), slices: numbers)
    #expect(apart == together)

    let mixed = try Graph.build([a[0], b[0], a[1], b[1]], with: .kNearest(1), slices: [0, 1, 0, 1])
    #expect(rows(mixed) == [[2], [3], [0], [1]])
  }

  @Test("directions: symmetric is the union of the other two")
  func directions() throws {
    var random = SeededGenerator(seed: 4)
    let points = (0..<60).map { _ in SIMD2(random.uniform(), random.uniform()) }
    let out = try Graph.build(points, with: .kNearest(4), direction: .knn)
    let into = try Graph.build(points, with: .kNearest(4), direction: .reverseKNN)
    let both = try Graph.build(points, with: .kNearest(4))
    for i in 0..<60 {
      let union = Set(out.sources[out.edges(into: i)]).union(into.sources[into.edges(into: i)])
      #expect(Array(both.sources[both.edges(into: i)]) == union.sorted())
    }
    #expect(out.reversed() == into)
  }
}
