import AnnData
import StomicsCore

/// Reads counts out of an AnnData and makes sure that they are counts.
enum Counts {
  /// The matrix in X or in a layer, `[N, G]`, as Float, not yet checked for being counts.
  /// - Throws: `PreprocessingError` where it is missing or no numeric matrix.
  static func matrix(of adata: AnnData, layer: String?) throws -> CSRMatrix {
    let place = Counts.place(layer)
    let element: Element
    if let layer {
      guard let found = adata.layers[layer] else {
        throw PreprocessingError.missingLayer(layer, available: Array(adata.layers.keys))
      }
      element = found
    } else {
      guard let found = adata.x else { throw PreprocessingError.noExpression(file: adata.source) }
      element = found
    }
    let shape = [adata.observationCount, adata.variableCount]
    switch element {
    case .sparse(let sparse):
      guard [sparse.rows, sparse.columns] == shape else {
        throw PreprocessingError.notAMatrix(
          place: place, found: "a sparse matrix of shape (\(sparse.rows), \(sparse.columns)), not \(shape)")
      }
      return try sparse.csrMatrix()
    case .array(let array):
      guard array.shape == shape else {
        throw PreprocessingError.notAMatrix(place: place, found: "an array of shape \(array.shape), not \(shape)")
      }
      return sparse(array.values, rows: shape[0], columns: shape[1])
    case .null: throw PreprocessingError.noExpression(file: adata.source)
    case .opaque(let part): throw PreprocessingError.notAMatrix(place: place, found: "of encoding \(part.encoding)")
    case .strings: throw PreprocessingError.notAMatrix(place: place, found: "an array of strings")
    case .table, .column, .dictionary, .string, .scalar:
      throw PreprocessingError.notAMatrix(place: place, found: "no array")
    }
  }

  static func place(_ layer: String?) -> String { layer.map { "Layer '\($0)'" } ?? "X" }

  /// The entries of a dense array that are not 0, converted one by one: no second dense array is made.
  private static func sparse(_ values: NumericArray, rows: Int, columns: Int) -> CSRMatrix {
    func scan<T: Equatable>(_ v: [T], _ zero: T, _ convert: (T) -> Float) -> CSRMatrix {
      var pointers = [0]
      var indices: [Int32] = []
      var floats: [Float] = []
      for i in 0..<rows {
        for j in 0..<columns where v[i * columns + j] != zero {
          indices.append(Int32(j))
          floats.append(convert(v[i * columns + j]))
        }
        pointers.append(indices.count)
      }
      return CSRMatrix(rows: rows, columns: columns, indptr: pointers, indices: indices, values: floats)
    }
    switch values {
    case .int8(let v): return scan(v, 0) { Float($0) }
    case .int16(let v): return scan(v, 0) { Float($0) }
    case .int32(let v): return scan(v, 0) { Float($0) }
    case .int64(let v): return scan(v, 0) { Float($0) }
    case .uint8(let v): return scan(v, 0) { Float($0) }
    case .uint16(let v): return scan(v, 0) { Float($0) }
    case .uint32(let v): return scan(v, 0) { Float($0) }
    case .uint64(let v): return scan(v, 0) { Float($0) }
    case .float32(let v): return scan(v, 0) { $0 }
    case .float64(let v): return scan(v, 0) { Float($0) }
    case .bool(let v): return scan(v, false) { $0 ? 1 : 0 }
    }
  }

  /// Whether every value is a whole number, 0 or more.
  static func areCounts(_ matrix: CSRMatrix) -> Bool {
    suspects(matrix).allSatisfy { block in
      matrix.values[block].allSatisfy { $0 >= 0 && $0.isFinite && $0 == $0.rounded() }
    }
  }

  /// - Throws: `PreprocessingError.notFinite` or `.notCounts`, naming the first such spot and gene.
  static func check(_ matrix: CSRMatrix, of adata: AnnData, layer: String?) throws {
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
        place: place(layer), value: matrix.values[k], spot: spot, gene: gene, count: infinite)
    }
    if let k = firstOdd {
      let (spot, gene) = name(k)
      throw PreprocessingError.notCounts(
        place: place(layer), value: matrix.values[k], spot: spot, gene: gene,
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
            // Adding 2^23 rounds to a whole number; NaN and infinity fail the comparison.
            let isCount = value >= 0 && (value + 0x1p23) - 0x1p23 == value
            odd |= isCount ? 0 : 1
          }
          flags[block] = odd != 0
        }
      }
    }
    return flags.indices.filter { flags[$0] }.map { $0 * blockSize..<min(count, ($0 + 1) * blockSize) }
  }
}
