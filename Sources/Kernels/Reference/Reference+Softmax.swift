import Glibc

extension Reference {
  static func softmaxRows(_ logits: Input, _ p: Output, _ rows: Int, _ columns: Int) {
    for i in 0..<rows {
      let x = logits + i * columns
      let y = p + i * columns
      var largest = -Float.infinity
      for c in 0..<columns where x[c] > largest { largest = x[c] }
      var sum: Float = 0
      for c in 0..<columns {
        y[c] = expf(x[c] - largest)
        sum += y[c]
      }
      for c in 0..<columns { y[c] /= sum }
    }
  }
}
