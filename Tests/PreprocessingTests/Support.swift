import AnnData
import Glibc
import StomicsCore
import TestSupport

/// The reference values cut from scanpy and squidpy.
enum Reference {
  static func small() throws -> Golden { try Golden.load(Fixtures.path("prep/scanpy_small.safetensors")) }
  static func variableGenes() throws -> Golden { try Golden.load(Fixtures.path("prep/hvg_small.safetensors")) }
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

/// Random counts of genes whose means run from 0.02 to 8, every third more variable than its mean says.
func randomCounts(_ rows: Int, _ genes: Int, seed: UInt64) -> CSRMatrix {
  var random = SeededGenerator(seed: seed)
  let means = (0..<genes).map { _ in exp(random.uniform(-4, 2)) }
  var dense = Matrix(rows: rows, columns: genes)
  for i in 0..<rows {
    let depth = random.uniform(0.5, 1.5)
    for j in 0..<genes {
      let mean = means[j] * depth * (j % 3 == 0 ? random.uniform(0, 2) : 1)
      var product = random.uniform()
      while product > exp(-mean) {
        dense[i, j] += 1
        product *= random.uniform()
      }
    }
  }
  return sparse(dense)
}

/// The values of a dense matrix that are not 0.
func sparse(_ dense: Matrix) -> CSRMatrix {
  var indptr = [0]
  var indices: [Int32] = []
  var values: [Float] = []
  for i in 0..<dense.rows {
    for j in 0..<dense.columns where dense[i, j] != 0 {
      indices.append(Int32(j))
      values.append(dense[i, j])
    }
    indptr.append(indices.count)
  }
  return CSRMatrix(rows: dense.rows, columns: dense.columns, indptr: indptr, indices: indices, values: values)
}
