import CKernels

extension Reference {
  static func sparseTile(
    _ pointers: UnsafePointer<UInt32>, _ indices: UnsafePointer<UInt16>, _ values: Input, _ panel: Input,
    _ tile: Output, _ rows: Int
  ) {
    let width = Int(stomics_panel)
    for r in 0..<rows {
      for e in Int(pointers[r])..<Int(pointers[r + 1]) {
        let source = panel + Int(indices[e]) * width
        for k in 0..<width { tile[r * width + k] += values[e] * source[k] }
      }
    }
  }

  static func transpose(
    _ a: Input, _ lda: Int, _ scale: Input?, _ b: Output, _ ldb: Int, _ rows: Int, _ columns: Int
  ) {
    for c in 0..<columns {
      let factor = scale?[c] ?? 1
      for r in 0..<rows { b[c * ldb + r] = a[r * lda + c] * factor }
    }
  }
}
