import Glibc
import StomicsCore

/// Size normalisation and logarithm, as scanpy's `normalize_total` and `log1p`.
public enum Normalise {
  /// The size factors of spots: the sum of each row's counts, `[N]`.
  public static func sizes(of counts: CSRMatrix) -> [Double] { counts.rowSums().sums }

  /// The median of the sizes above 0; 0 where there is none.
  public static func medianSize(_ sizes: [Double]) -> Double {
    let positive = sizes.filter { $0 > 0 }.sorted()
    if positive.isEmpty { return 0 }
    let middle = positive.count / 2
    return positive.count % 2 == 1 ? positive[middle] : (positive[middle - 1] + positive[middle]) / 2
  }

  /// ln(1 + count · targetSum / size), on the pattern of the counts, `[N, G]`. Spots of size 0 become 0.
  public static func logNormalised(_ counts: CSRMatrix, sizes: [Double], targetSum: Double) -> CSRMatrix {
    precondition(sizes.count == counts.rows, "\(sizes.count) sizes for \(counts.rows) spots")
    return scaled(counts, sizes, targetSum) { log1p($0) }
  }

  /// count · targetSum / size, `[N, G]`: `logNormalised` before the logarithm.
  public static func normalised(_ counts: CSRMatrix, sizes: [Double], targetSum: Double) -> CSRMatrix {
    precondition(sizes.count == counts.rows, "\(sizes.count) sizes for \(counts.rows) spots")
    return scaled(counts, sizes, targetSum) { $0 }
  }

  /// ln(1 + count · targetSum / size) of one count, as `logNormalised` makes it; 0 at a spot of size 0.
  static func logNormalised(_ count: Float, size: Double, targetSum: Double) -> Float {
    rounded(count, factor: size > 0 ? targetSum / size : 0) { log1p($0) }
  }

  /// Rounded to Float after each of the two steps, as scanpy stores them.
  @inline(__always)
  private static func rounded(_ count: Float, factor: Double, _ transform: (Double) -> Double) -> Float {
    Float(transform(Double(Float(Double(count) * factor))))
  }

  /// A spot's counts take few distinct values, most of them small: each is computed once a spot.
  @inline(__always)
  private static func scaled(
    _ counts: CSRMatrix, _ sizes: [Double], _ targetSum: Double, _ transform: (Double) -> Double
  ) -> CSRMatrix {
    let tableSize = 32
    return counts.mappingRows { i, values in
      let factor = sizes[i] > 0 ? targetSum / sizes[i] : 0
      withUnsafeTemporaryAllocation(of: Float.self, capacity: tableSize) { table in
        table.initialize(repeating: -1)
        var values = values
        for k in values.indices {
          let count = values[k]
          let slot = count >= 0 && count < Float(tableSize) ? Int(count) : 0
          if Float(slot) == count, table[slot] >= 0 {
            values[k] = table[slot]
          } else {
            let result = rounded(count, factor: factor, transform)
            values[k] = result
            if Float(slot) == count { table[slot] = result }
          }
        }
      }
    }
  }
}

/// exp(x) - 1, remembering the last value of each of 1024 slots: log-normalised counts repeat within a spot.
struct RememberedExpm1: ValueTransform {
  private var keys = [UInt32](repeating: 0, count: 1024)
  private var results = [Double](repeating: 0, count: 1024)

  mutating func callAsFunction(_ value: Float) -> Double {
    let bits = value.bitPattern
    let slot = Int((bits &* 0x9E37_79B1) >> 22)
    if keys[slot] != bits {
      keys[slot] = bits
      // scanpy keeps expm1 in the matrix's Float.
      results[slot] = Double(Float(expm1(Double(value))))
    }
    return results[slot]
  }
}
