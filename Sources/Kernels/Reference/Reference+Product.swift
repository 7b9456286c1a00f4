import CKernels

extension Reference {
  static func product(
    _ a: Input, _ lda: Int, _ transposed: Int, _ b: Input, _ inner: Int, _ start: Input?, _ lds: Int, _ c: Output,
    _ ldc: Int, _ rows: Int, _ columns: Int
  ) {
    let panel = Int(stomics_product_panel)
    for r in 0..<rows {
      for j in 0..<columns {
        let column = b + j / panel * inner * panel + j % panel
        var sum = start?[r * lds + j] ?? 0
        for k in 0..<inner { sum += (transposed != 0 ? a[k * lda + r] : a[r * lda + k]) * column[k * panel] }
        c[r * ldc + j] = sum
      }
    }
  }
}
