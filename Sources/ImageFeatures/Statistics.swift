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
    let variance = Double(spread(count, squares, sum, sum)) / (Double(count) * Double(count))
    let quantiles = shares.map { share in
      let position = share * Double(count - 1)
      let rank = Int(position)
      let low = byte(ofRank: rank, in: counts)
      let high = rank + 1 < count ? byte(ofRank: rank + 1, in: counts) : low
      return low + (high - low) * (position - Double(rank))
    }
    return ([Double(sum) / Double(count), variance.squareRoot()] + quantiles).map { $0 / 255 }
  }

  /// n Σxy - Σx Σy: n^2 times a variance or covariance. With patches of millions of pixels it outgrows 64 bits.
  static func spread(_ count: Int, _ products: Int, _ first: Int, _ second: Int) -> Int128 {
    Int128(count) * Int128(products) - Int128(first) * Int128(second)
  }

  private static func byte(ofRank rank: Int, in counts: ArraySlice<Int32>) -> Double {
    var passed = 0
    for (value, times) in counts.enumerated() {
      passed += Int(times)
      if passed > rank { return Double(value) }
    }
    return 255
  }

  /// Of any numbers, all finite; changes their order.
  static func of(_ values: inout [Double]) -> [Double] {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    return [mean, variance.squareRoot()] + quantiles(&values)
  }

  /// The quantiles, found by partial sorting: each rank is looked for right of the one before.
  private static func quantiles(_ values: inout [Double]) -> [Double] {
    var start = 0
    return shares.map { share in
      let position = share * Double(values.count - 1)
      let rank = Int(position)
      select(rank, of: &values, from: start)
      start = rank
      guard rank + 1 < values.count else { return values[rank] }
      let next = values[(rank + 1)...].reduce(Double.infinity) { min($0, $1) }
      return values[rank] + (next - values[rank]) * (position - Double(rank))
    }
  }

  /// Puts at `rank` the value that sorting would put there, smaller ones before and larger ones after it; what stands
  /// before `start` is taken to be smaller already.
  /// - Source: Hoare's quickselect; where halving fails too often the rest is sorted.
  private static func select(_ rank: Int, of values: inout [Double], from start: Int) {
    var (low, high) = (start, values.count - 1)
    var rounds = 2 * (Int.bitWidth - values.count.leadingZeroBitCount)
    while low < high {
      if rounds == 0 { return values[low...high].sort() }
      rounds -= 1
      let (a, b, c) = (values[low], values[(low + high) / 2], values[high])
      let pivot = max(min(a, b), min(max(a, b), c))
      var (i, j) = (low, high)
      while i <= j {
        while values[i] < pivot { i += 1 }
        while values[j] > pivot { j -= 1 }
        if i <= j {
          values.swapAt(i, j)
          i += 1
          j -= 1
        }
      }
      if rank <= j { high = j } else if rank >= i { low = i } else { return }
    }
  }
}
