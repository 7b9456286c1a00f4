import StomicsCore

/// A slice cut into rectangular blocks.
struct Blocks {
  /// The block of every spot, `[N]`.
  let blockOfSpot: [Int]
  /// Blocks that hold a labelled spot, in an order drawn from the seed.
  let shuffled: [Int]

  /// - Parameters:
  ///   - rows, columns: blocks of equal size along y and x of the box around all spots
  ///   - stream: separates draws of one seed
  init(
    _ coordinates: [SIMD2<Double>], labels: [Int32], rows: Int, columns: Int, seed: Int, stream: UInt64
  ) {
    var lower = SIMD2<Double>(repeating: .infinity)
    var upper = -lower
    for place in coordinates {
      lower = pointwiseMin(lower, place)
      upper = pointwiseMax(upper, place)
    }
    func part(_ value: Double, _ low: Double, _ high: Double, _ count: Int) -> Int {
      high > low ? min(count - 1, Int((value - low) / (high - low) * Double(count))) : 0
    }
    let blocks = coordinates.map { place in
      part(place.y, lower.y, upper.y, rows) * columns + part(place.x, lower.x, upper.x, columns)
    }
    blockOfSpot = blocks
    let used = Set(labels.indices.filter { labels[$0] >= 0 }.map { blocks[$0] }).sorted()
    var generator = SeededGenerator(seed: UInt64(bitPattern: Int64(seed)), stream: stream)
    shuffled = generator.permutation(used.count).map { used[$0] }
  }

  /// The shuffled blocks in `count` groups of nearly equal number.
  func groups(_ count: Int) -> [[Int]] {
    (0..<count).map { g in
      Array(shuffled[g * shuffled.count / count..<(g + 1) * shuffled.count / count])
    }
  }
}
