import StomicsCore

/// What is said of the values of a channel in a patch: mean, standard deviation (over n) and three quantiles,
/// interpolated linearly as numpy does.
struct Statistics {
  static let names = ["mean", "std"] + shares.map { "quantile-\($0)" }
  private static let shares = [0.1, 0.5, 0.9]

  /// Of bytes given by how often each occurs, as fractions of 255. The sums are whole numbers.
  static func ofBytes(counts: ArraySlice<Int32>) -> [Double] {
    var (count, sum, squares) = (0, 0, 0)
    for (value, times) in counts.enumerated() {
      count += Int(times)
      sum += value * Int(times)
      squares += value * value * Int(times)
    }
    let variance = Double(count * squares - sum * sum) / (Double(count) * Double(count))
    let quantiles = shares.map { share in
      let position = share * Double(count - 1)
      let rank = Int(position)
      let low = byte(ofRank: rank, in: counts)
      let high = rank + 1 < count ? byte(ofRank: rank + 1, in: counts) : low
      return low + (high - low) * (position - Double(rank))
    }
    return ([Double(sum) / Double(count), variance.squareRoot()] + quantiles).map { $0 / 255 }
  }

  private static func byte(ofRank rank: Int, in counts: ArraySlice<Int32>) -> Double {
    var passed = 0
    for (value, times) in counts.enumerated() {
      passed += Int(times)
      if passed > rank { return Double(value) }
    }
    return 255
  }

  /// Of any numbers; sorts them.
  static func of(_ values: inout [Double]) -> [Double] {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    values.sort()
    return [mean, variance.squareRoot()] + shares.map { quantile(values, $0) }
  }
}
