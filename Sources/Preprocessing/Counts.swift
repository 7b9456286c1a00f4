import AnnData
import StomicsCore

/// Reads counts out of an AnnData and makes sure that they are counts.
enum Counts {
  /// The counts in X or in a layer, `[N, G]`.
  /// - Throws: `AnnDataError` where the matrix is missing or none, `PreprocessingError` where it does not hold counts.
  static func read(_ adata: AnnData, layer: String?) throws -> CSRMatrix {
    let matrix = try adata.matrix(layer: layer)
    try check(matrix, of: adata, layer: layer)
    return matrix
  }

  /// - Throws: `PreprocessingError.notFinite` or `.notCounts`, naming the first such spot and gene.
  private static func check(_ matrix: CSRMatrix, of adata: AnnData, layer: String?) throws {
    let place = layer.map { "Layer '\($0)'" } ?? "X"
    let blocks = suspects(matrix)
    if blocks.isEmpty { return }
    var firstOdd: Int?
    var firstInfinite: Int?
    var infinite = 0
    for block in blocks {
      for k in block {
        let value = matrix.values[k]
        if !value.isFinite {
          infinite += 1
          firstInfinite = firstInfinite ?? k
        } else if value < 0 || value != value.rounded() {
          firstOdd = firstOdd ?? k
        }
      }
    }
    func name(_ k: Int) -> (spot: String, gene: String) {
      var low = 0
      var high = matrix.rows
      while high - low > 1 {
        let middle = (low + high) / 2
        if matrix.indptr[middle] <= k { low = middle } else { high = middle }
      }
      return (adata.obs.index[low], adata.var.index[Int(matrix.indices[k])])
    }
    if let k = firstInfinite {
      let (spot, gene) = name(k)
      throw PreprocessingError.notFinite(
        place: place, value: matrix.values[k], spot: spot, gene: gene, count: infinite)
    }
    if let k = firstOdd {
      let (spot, gene) = name(k)
      throw PreprocessingError.notCounts(
        place: place, value: matrix.values[k], spot: spot, gene: gene,
        layers: adata.layers.keys.filter { $0 != layer })
    }
  }

  /// The blocks of stored values that hold one which is no count, or one above 2^23 (always a whole number).
  private static func suspects(_ matrix: CSRMatrix) -> [Range<Int>] {
    let blockSize = 1 << 17
    let count = matrix.values.count
    let blocks = (count + blockSize - 1) / blockSize
    var flags = [Bool](repeating: false, count: blocks)
    matrix.values.withUnsafeBufferPointer { values in
      flags.withUnsafeMutableBufferPointer { flags in
        nonisolated(unsafe) let flags = flags
        parallelFor(blocks) { block in
          var odd: UInt32 = 0
          for k in block * blockSize..<min(count, (block + 1) * blockSize) {
            let value = values[k]
            // Adding 2^23 rounds to a whole number; NaN fails every comparison.
            let isCount = value >= 0 && value < .infinity && (value + 0x1p23) - 0x1p23 == value
            odd |= isCount ? 0 : 1
          }
          flags[block] = odd != 0
        }
      }
    }
    return flags.indices.filter { flags[$0] }.map { $0 * blockSize..<min(count, ($0 + 1) * blockSize) }
  }
}
