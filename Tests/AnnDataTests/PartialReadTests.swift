import Foundation
import StomicsCore
import TestSupport
import Testing

@testable import AnnData

@Suite("Reading without the matrices over all genes")
struct PartialReadTests {
  @Test("counts only, or none; the rest is the same; without a counts layer X is read") func partial() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let counts = CSRMatrix(rows: 2, columns: 3, indptr: [0, 2, 3], indices: [0, 2, 1], values: [1, 2, 3])
    var data = AnnData(
      x: .sparse(SparseArray(counts)), obs: DataFrame(index: ["a", "b"]), var: DataFrame(index: ["x", "y", "z"]))
    data.layers[Keys.counts] = .sparse(SparseArray(counts))
    data.layers["other"] = .sparse(SparseArray(counts))
    data.obsm[Keys.spatial] = .array(DenseArray(shape: [2, 2], values: .float64([1, 2, 3, 4])))
    let path = folder + "/a.h5ad"
    try data.write(to: path)

    let some = try AnnData.read(path, matrices: .counts)
    #expect(some.x == nil && Array(some.layers.keys) == [Keys.counts])
    #expect(try some.matrix(layer: Keys.counts) == counts)
    let none = try AnnData.read(path, matrices: .none)
    #expect(none.x == nil && none.layers.isEmpty && none.raw == nil)
    var whole = try AnnData.read(path)
    #expect(whole.x != nil && whole.layers.count == 2)
    whole.dropMatrices()
    #expect(whole == none)

    data.layers = [:]
    try data.write(to: path)
    #expect(try AnnData.read(path, matrices: .counts).x != nil)
  }
}
