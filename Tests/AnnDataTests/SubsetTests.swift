import AnnData
import StomicsCore
import Testing

@Suite("Subsets and sparse forms") struct SubsetTests {
  /// [[1, 0, 2], [0, 3, 0]]
  let matrix = CSRMatrix(rows: 2, columns: 3, indptr: [0, 2, 3], indices: [0, 2, 1], values: [1, 2, 3])

  @Test("csr unsorted, csr repeated and csc become the same matrix")
  func forms() throws {
    #expect(try SparseArray(matrix).csrMatrix() == matrix)
    let unsorted = SparseArray(
      layout: .csr, rows: 2, columns: 3, indptr: [0, 2, 3], indices: [2, 0, 1], values: .int64([2, 1, 3]))
    #expect(try unsorted.csrMatrix() == matrix)
    let repeated = SparseArray(
      layout: .csr, rows: 2, columns: 3, indptr: [0, 3, 4], indices: [2, 0, 2, 1], values: .float64([0.5, 1, 1.5, 3]))
    #expect(try repeated.csrMatrix() == matrix)
    let byColumn = SparseArray(
      layout: .csc, rows: 2, columns: 3, indptr: [0, 1, 2, 3], indices: [0, 1, 0], values: .int32([1, 3, 2]))
    #expect(try byColumn.csrMatrix() == matrix)
  }

  @Test("damaged arrays are errors, not crashes")
  func damaged() {
    func sparse(_ indptr: [Int], _ indices: [Int32]) -> SparseArray {
      SparseArray(
        layout: .csr, rows: 2, columns: 3, indptr: indptr, indices: indices,
        values: .float32([Float](repeating: 1, count: indices.count)))
    }
    #expect(throws: SparseArrayError.self) { try sparse([0, 1], [0]).csrMatrix() }
    #expect(throws: SparseArrayError.self) { try sparse([0, 2, 1], [0]).csrMatrix() }
    #expect(throws: SparseArrayError.self) { try sparse([0, 1, 9], [0, 1]).csrMatrix() }
    #expect(throws: SparseArrayError.self) { try sparse([0, 1, 2], [0, 3]).csrMatrix() }
    #expect(throws: SparseArrayError.self) { try sparse([0, 1, 2], [-1, 0]).csrMatrix() }
  }

  @Test("everything aligned with spots and genes follows")
  func subset() {
    var adata = AnnData(
      x: .sparse(SparseArray(matrix)), obs: DataFrame(index: ["a", "b"]), var: DataFrame(index: ["x", "y", "z"]))
    adata.obs["depth"] = .numeric(.int32([7, 8]))
    adata.layers["dense"] = .array(DenseArray(matrix.dense()))
    adata.obsm["spatial"] = .array(DenseArray(shape: [2, 2], values: .float64([1, 2, 3, 4])))
    adata.obsp["distances"] = .sparse(
      SparseArray(layout: .csc, rows: 2, columns: 2, indptr: [0, 1, 2], indices: [1, 0], values: .float64([5, 6])))
    adata.varm["PCs"] = .array(DenseArray(shape: [3, 1], values: .float32([1, 2, 3])))
    adata.obsm["kept in the file"] = .opaque(OpaqueElement(file: "f", path: "/p", encoding: "awkward-array"))
    var raw = AnnData.Raw(x: .sparse(SparseArray(matrix)), var: adata.var)
    raw.varm = adata.varm
    adata.raw = raw

    var dropped: [String] = []
    let part = adata.subset(observations: [1, 0], variables: [1, 2], dropped: &dropped)
    #expect(dropped == ["obsm/kept in the file"])
    #expect(part.obs.index == ["b", "a"] && part.obs["depth"] == .numeric(.int32([8, 7])))
    #expect(part.var.index == ["y", "z"])
    guard case .sparse(let x) = part.x, case .sparse(let rawX) = part.raw?.x else {
      Issue.record("X is no longer sparse")
      return
    }
    #expect(x == SparseArray(CSRMatrix(rows: 2, columns: 2, indptr: [0, 1, 2], indices: [0, 1], values: [3, 2])))
    #expect(rawX.rows == 2 && rawX.columns == 3 && rawX.indices == [1, 0, 2])
    #expect(part.layers["dense"] == .array(DenseArray(Matrix(rows: 2, columns: 2, values: [3, 0, 0, 2]))))
    #expect(part.obsm["spatial"] == .array(DenseArray(shape: [2, 2], values: .float64([3, 4, 1, 2]))))
    #expect(part.varm["PCs"] == .array(DenseArray(shape: [2, 1], values: .float32([2, 3]))))
    guard case .sparse(let distances) = part.obsp["distances"] else {
      Issue.record("obsp lost")
      return
    }
    #expect(distances.layout == .csc && distances.indices == [1, 0] && distances.values == .float64([6, 5]))
  }
}
