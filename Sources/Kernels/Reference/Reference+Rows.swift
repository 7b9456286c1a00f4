extension Reference {
  static func addBias(_ y: Output, _ bias: Input, _ rows: Int, _ columns: Int) {
    for i in 0..<rows { add(bias, y + i * columns, columns) }
  }

  static func columnSums(_ dy: Input, _ sums: Output, _ rows: Int, _ columns: Int) {
    for i in 0..<rows { add(dy + i * columns, sums, columns) }
  }

  static func add(_ x: Input, _ y: Output, _ count: Int) {
    for k in 0..<count { y[k] += x[k] }
  }
}
