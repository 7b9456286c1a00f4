import SparseGraph
import StomicsCore

extension StandardisedMatrix {
  /// Every element stored, offsets 0.
  public init(dense: Matrix) {
    self.init(
      sparse: CSRMatrix(
        rows: dense.rows, columns: dense.columns, indptr: (0...dense.rows).map { $0 * dense.columns },
        indices: (0..<dense.rows).flatMap { _ in (0..<dense.columns).map(Int32.init) }, values: dense.values),
      offsets: [Float](repeating: 0, count: dense.columns))
  }
}

extension Graph {
  /// From PyTorch Geometric's `[2, E]`: sources, then targets.
  public init(edgeIndex: [Int], spots: Int) {
    let count = edgeIndex.count / 2
    let edges = (0..<count).map { (target: edgeIndex[count + $0], source: edgeIndex[$0]) }.sorted { $0 < $1 }
    var pointers = [Int](repeating: 0, count: spots + 1)
    for edge in edges { pointers[edge.target + 1] += 1 }
    for i in 0..<spots { pointers[i + 1] += pointers[i] }
    self.init(targetCount: spots, sourceCount: spots, indptr: pointers, sources: edges.map { Int32($0.source) })
  }
}
