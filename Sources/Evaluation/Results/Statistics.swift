/// Mean and spread of a few numbers.
struct Spread: Sendable, Equatable {
  let mean: Double
  /// Standard deviation (ddof 1); nil of fewer than 2 numbers.
  let deviation: Double?
  let count: Int

  /// - Parameter values: at least one
  init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    count = values.count
    mean = values.reduce(0, +) / Double(values.count)
    let mean = mean
    deviation =
      values.count < 2
      ? nil
      : (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
  }

  /// Half the width of the 95 % interval of the mean by Student's t; nil of fewer than 2 numbers.
  var halfInterval: Double? {
    deviation.map { $0 / Double(count).squareRoot() * Self.quantile(degrees: count - 1) }
  }

  /// The 0.975 quantile of Student's t.
  private static func quantile(degrees: Int) -> Double {
    let table = [
      12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
      2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ]
    return degrees <= table.count ? table[degrees - 1] : 1.96 + 2.4 / Double(degrees)
  }
}
