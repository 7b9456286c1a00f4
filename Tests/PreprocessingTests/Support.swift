import AnnData
import StomicsCore
import TestSupport

/// The reference values cut from scanpy and squidpy.
enum Reference {
  static func small() throws -> Golden { try Golden.load(Fixtures.path("prep/scanpy_small.safetensors")) }
  static func slice() throws -> Golden { try Golden.load(Fixtures.path("prep/slice_151673.safetensors")) }

  /// The 200 spots by 1000 genes of raw counts behind the small reference.
  static func counts(_ golden: Golden) -> CSRMatrix {
    CSRMatrix(
      rows: 200, columns: 1000, indptr: golden["counts.indptr"].ints,
      indices: golden["counts.indices"].ints.map(Int32.init), values: golden["counts.data"].floats)
  }

  /// The same as a file would give it, with coordinates.
  static func adata(_ golden: Golden) -> AnnData {
    var adata = AnnData(
      x: .sparse(SparseArray(counts(golden))), obs: DataFrame(index: (0..<200).map { "spot\($0)" }),
      var: DataFrame(index: (0..<1000).map { "gene\($0)" }))
    adata.obsm[Keys.spatial] = .array(DenseArray(shape: [200, 2], values: .float64(golden["spatial"].doubles)))
    return adata
  }
}

/// A small slice of counts with coordinates on a line.
func makeSlice(_ rows: [[Float]], genes: [String]? = nil) -> AnnData {
  let width = rows.first?.count ?? 0
  let matrix = Matrix(rows: rows.count, columns: width, values: rows.flatMap { $0 })
  var adata = AnnData(
    x: .array(DenseArray(matrix)), obs: DataFrame(index: rows.indices.map { "s\($0)" }),
    var: DataFrame(index: genes ?? (0..<width).map { "g\($0)" }))
  adata.obsm[Keys.spatial] = .array(
    DenseArray(shape: [rows.count, 2], values: .float64(rows.indices.flatMap { [Double($0), 0] })))
  return adata
}
