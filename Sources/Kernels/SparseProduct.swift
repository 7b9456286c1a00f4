import CKernels
import StomicsCore
import Synchronization

/// A sparse matrix S `[N, G]` prepared once for many products with dense matrices of some hundred columns.
///
/// The entries are cut into blocks of columns with 16-bit places inside the block, 6 bytes an entry, and kept a second
/// time transposed. The dense operand is packed into panels of 64 columns, so that what one block of entries reads of it
/// stays in the nearest caches.
public struct SparseProduct: Sendable {
  public let rows: Int
  public let columns: Int
  private let matrix: BlockedEntries
  private let transposed: BlockedEntries
  private let workspace = PackingSpace()

  public init(_ matrix: CSRMatrix) {
    rows = matrix.rows
    columns = matrix.columns
    self.matrix = BlockedEntries(matrix)
    transposed = BlockedEntries(matrix.transposed())
  }

  /// Number of stored entries.
  public var nonzeroCount: Int { matrix.values.count }

  /// The given rows of S, in the given order.
  public func gatheringRows(_ rows: [Int]) -> SparseProduct { SparseProduct(matrix.csr(rows: rows)) }

  /// out = S · diag(scale) · Wᵀ, shape `[N, H]`.
  /// - Parameters:
  ///   - weights: W, `[H, G]`; width: H
  ///   - scale: `[G]`, or nil for ones
  public func multiply(
    weights: UnsafePointer<Float>, width H: Int, scale: UnsafePointer<Float>?, into out: UnsafeMutablePointer<Float>
  ) {
    let panel = BlockedEntries.panel
    let columns = self.columns
    workspace.withPanels(rows: columns, width: H) { packed in
      let pieces = (columns + 511) / 512
      parallelFor(pieces * ((H + panel - 1) / panel)) { unit in
        let (p, first) = (unit / pieces, unit % pieces * 512)
        native.transpose(
          weights + p * panel * columns + first, columns, scale.map { $0 + first },
          packed + (p * columns + first) * panel, panel, min(panel, H - p * panel), min(512, columns - first))
      }
      matrix.product(packed, width: H) { rows, p, tile in
        let used = min(panel, H - p * panel)
        for (r, i) in rows.enumerated() {
          (out + i * H + p * panel).update(from: tile + r * panel, count: used)
        }
      }
    }
  }

  /// m = (Sᵀ · dY)ᵀ, shape `[H, G]`, with dY `[N, H]`; overwrites m.
  public func transposedProduct(
    gradient dY: UnsafePointer<Float>, width H: Int, into m: UnsafeMutablePointer<Float>
  ) {
    let panel = BlockedEntries.panel
    let (rows, columns) = (self.rows, self.columns)
    workspace.withPanels(rows: rows, width: H) { packed in
      parallelRows(rows, blockSize: 256) { block in
        for i in block {
          for p in 0..<(H + panel - 1) / panel {
            (packed + (p * rows + i) * panel).update(
              from: dY + i * H + p * panel, count: min(panel, H - p * panel))
          }
        }
      }
      transposed.product(packed, width: H) { genes, p, tile in
        native.transpose(
          tile, panel, nil, m + p * panel * columns + genes.lowerBound, columns, genes.count,
          min(panel, H - p * panel))
      }
    }
  }
}

/// The entries of a sparse matrix, block of columns after block of columns, each row by row.
private struct BlockedEntries: Sendable {
  /// Columns of a panel of the dense operand.
  static let panel = Int(stomics_panel)
  /// Rows of a tile of the result.
  static let tileRows = 256
  /// Columns of a block: with a panel 128 KiB of the dense operand.
  static let blockColumns = 512

  let rows: Int
  let columns: Int
  /// `[blocks, rows + 1]`: where each row's entries start.
  let pointers: [UInt32]
  /// The column inside the block.
  let indices: [UInt16]
  let values: [Float]

  var blocks: Int { (columns + BlockedEntries.blockColumns - 1) / BlockedEntries.blockColumns }

  init(_ matrix: CSRMatrix) {
    precondition(matrix.nonzeroCount < Int(UInt32.max), "more than 4 billion entries")
    rows = matrix.rows
    columns = matrix.columns
    let size = BlockedEntries.blockColumns
    var next = matrix.indptr
    var pointers = [UInt32]()
    var indices = [UInt16]()
    var values = [Float]()
    pointers.reserveCapacity((columns / size + 1) * (rows + 1))
    indices.reserveCapacity(matrix.nonzeroCount)
    values.reserveCapacity(matrix.nonzeroCount)
    for start in stride(from: 0, to: columns, by: size) {
      for i in 0..<rows {
        pointers.append(UInt32(indices.count))
        var e = next[i]
        while e < matrix.indptr[i + 1], Int(matrix.indices[e]) < start + size {
          let place = Int(matrix.indices[e]) - start
          precondition(place >= 0, "the column indices of row \(i) do not ascend")
          indices.append(UInt16(place))
          values.append(matrix.values[e])
          e += 1
        }
        next[i] = e
      }
      pointers.append(UInt32(indices.count))
    }
    precondition(indices.count == matrix.nonzeroCount, "a column index outside 0..<\(columns)")
    self.pointers = pointers
    self.indices = indices
    self.values = values
  }

  /// The given rows, in the given order.
  func csr(rows chosen: [Int]) -> CSRMatrix {
    var indptr = [0]
    var columnIndices = [Int32]()
    var entries = [Float]()
    for i in chosen {
      for block in 0..<blocks {
        let start = block * (rows + 1) + i
        for e in Int(pointers[start])..<Int(pointers[start + 1]) {
          columnIndices.append(Int32(block * BlockedEntries.blockColumns) + Int32(indices[e]))
          entries.append(values[e])
        }
      }
      indptr.append(entries.count)
    }
    return CSRMatrix(
      rows: chosen.count, columns: columns, indptr: indptr, indices: columnIndices, values: entries)
  }

  /// Multiplies with a packed operand `[panels][columns][64]`; `unpack` gets each finished tile `[rows][64]` once.
  func product(
    _ packed: UnsafePointer<Float>, width: Int, unpack: (Range<Int>, _ panel: Int, _ tile: UnsafePointer<Float>) -> Void
  ) {
    let panel = BlockedEntries.panel
    let tileRows = BlockedEntries.tileRows
    let panels = (width + panel - 1) / panel
    let tiles = (rows + tileRows - 1) / tileRows
    let rows = self.rows
    pointers.withUnsafeBufferPointer { pointers in
      indices.withUnsafeBufferPointer { indices in
        values.withUnsafeBufferPointer { values in
          parallelFor(tiles * panels) { unit in
            // All tiles of a panel one after another: the panel stays in the second cache.
            let p = unit / tiles
            let range = unit % tiles * tileRows..<min(rows, (unit % tiles + 1) * tileRows)
            withUnsafeTemporaryAllocation(byteCount: tileRows * panel * 4, alignment: 64) { bytes in
              let buffer = bytes.bindMemory(to: Float.self)
              buffer.initialize(repeating: 0)
              guard let tile = buffer.baseAddress else { return }
              if let start = pointers.baseAddress, let index = indices.baseAddress, let value = values.baseAddress {
                for block in 0..<blocks {
                  native.sparseTile(
                    start + block * (rows + 1) + range.lowerBound, index, value,
                    packed + (p * columns + block * BlockedEntries.blockColumns) * panel, tile, range.count)
                }
              }
              unpack(range, p, tile)
            }
          }
        }
      }
    }
  }
}

/// Memory for packed panels that lives as long as the matrix does; one product at a time uses it.
private final class PackingSpace: Sendable {
  private let storage = Mutex<[Float]>([])

  /// Runs `body` with room for `[panels][rows][64]` floats at a multiple of 64 bytes. What a last, partly used panel holds
  /// beyond the width is 0.
  func withPanels(rows: Int, width: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    let panel = BlockedEntries.panel
    let panels = (width + panel - 1) / panel
    let count = panels * rows * panel + 16
    storage.withLock { floats in
      if floats.count < count { floats = [Float](repeating: 0, count: count) }
      floats.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        let aligned = UnsafeMutableRawPointer(base).alignedUp(toMultipleOf: 64).assumingMemoryBound(to: Float.self)
        if width % panel != 0 {
          (aligned + (panels - 1) * rows * panel).update(repeating: 0, count: rows * panel)
        }
        body(aligned)
      }
    }
  }
}
