import CKernels
import StomicsCore

// Products of tall matrices with small ones: what a linear layer and its derivatives are. The weights are packed once a
// call; rows pass by in fixed blocks.

extension Kernels {
  /// Whether the products here run on wide vectors with fused multiply-add; if not, a BLAS is faster.
  public static var hasFastProducts: Bool { level != .baseline }

  /// Rows of a block: a multiple of the rows every level works on at a time.
  private static let productRows = 120

  /// y = x wᵀ + bias, with x `[rows, inputs]`, w `[outputs, inputs]`, bias `[outputs]` or nil, y `[rows, outputs]`.
  public static func linear(
    _ x: Input, w: Input, bias: Input?, into y: Output, rows: Int, inputs: Int, outputs: Int
  ) {
    withPanels(inner: inputs, columns: outputs) { packed in
      forEachPanel(outputs) { p, first, used in
        native.transpose(
          w + first * inputs, inputs, nil, packed + p * inputs * panel, panel, used, inputs)
      }
      parallelRows(rows, blockSize: productRows) { block in
        let r = block.lowerBound
        native.product(
          x + r * inputs, inputs, 0, packed, inputs, bias, 0, y + r * outputs, outputs, block.count, outputs)
      }
    }
  }

  /// Accumulates dx += dy w, with dy `[rows, outputs]`, w `[outputs, inputs]`, dx `[rows, inputs]`.
  public static func linearInputGradient(
    _ dy: Input, w: Input, dx: Output, rows: Int, inputs: Int, outputs: Int
  ) {
    withPanels(inner: outputs, columns: inputs) { packed in
      pack(w, rows: outputs, columns: inputs, into: packed)
      parallelRows(rows, blockSize: productRows) { block in
        let r = block.lowerBound
        let rows = dx + r * inputs
        native.product(dy + r * outputs, outputs, 0, packed, outputs, rows, inputs, rows, inputs, block.count, inputs)
      }
    }
  }

  /// Accumulates dw += dyᵀ x, with dy `[rows, outputs]`, x `[rows, inputs]`, dw `[outputs, inputs]`.
  ///
  /// Blocks of rows give partial sums, added in block order.
  public static func linearWeightGradient(
    _ dy: Input, x: Input, dw: Output, rows: Int, inputs: Int, outputs: Int
  ) {
    if rows == 0 { return }
    // An even number of blocks, so that two threads get equal shares.
    let blocks = rows < 800 ? 1 : min(16, rows / 400 / 2 * 2)
    let size = (rows + blocks - 1) / blocks
    let count = inputs * outputs
    withUnsafeTemporaryAllocation(byteCount: blocks * count * 4, alignment: 64) { bytes in
      guard let partial = bytes.bindMemory(to: Float.self).baseAddress else { return }
      parallelRows(rows, blockSize: size) { block in
        let r = block.lowerBound
        withPanels(inner: block.count, columns: inputs) { packed in
          pack(x + r * inputs, rows: block.count, columns: inputs, into: packed)
          native.product(
            dy + r * outputs, outputs, 1, packed, block.count, nil, 0, partial + r / size * count, inputs, outputs,
            inputs)
        }
      }
      elements(count) { first, n in
        for block in 0..<blocks { native.add(partial + block * count + first, dw + first, n) }
      }
    }
  }

  private static var panel: Int { Int(stomics_product_panel) }

  private static func forEachPanel(_ columns: Int, _ body: (_ panel: Int, _ first: Int, _ used: Int) -> Void) {
    for p in 0..<(columns + panel - 1) / panel { body(p, p * panel, min(panel, columns - p * panel)) }
  }

  /// Copies a row-major matrix into panels.
  private static func pack(_ x: Input, rows: Int, columns: Int, into packed: Output) {
    forEachPanel(columns) { p, first, used in
      for k in 0..<rows { (packed + (p * rows + k) * panel).update(from: x + k * columns + first, count: used) }
    }
  }

  /// Room for `[panels][inner][32]` floats at a multiple of 64 bytes; zeroed where the last panel is not full.
  private static func withPanels(inner: Int, columns: Int, _ body: (Output) -> Void) {
    let panels = (columns + panel - 1) / panel
    withUnsafeTemporaryAllocation(byteCount: max(64, panels * inner * panel * 4), alignment: 64) { bytes in
      guard let packed = bytes.bindMemory(to: Float.self).baseAddress else { return }
      if columns % panel != 0 {
        (packed + (panels - 1) * inner * panel).update(repeating: 0, count: inner * panel)
      }
      body(packed)
    }
  }
}
