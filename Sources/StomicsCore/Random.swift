/// A seeded random number generator (xoshiro256**, Blackman and Vigna 2018), the same numbers on every machine.
public struct SeededGenerator: RandomNumberGenerator, Sendable, Equatable {
  /// The whole state: write it down to go on later from the same place.
  public private(set) var state: (UInt64, UInt64, UInt64, UInt64)

  public static func == (a: SeededGenerator, b: SeededGenerator) -> Bool { a.state == b.state }

  /// Seeds the state by SplitMix64. `stream` separates uses that share one seed.
  public init(seed: UInt64, stream: UInt64 = 0) {
    var z = seed &+ stream &* 0xD1B5_4A32_D192_ED03
    func next() -> UInt64 {
      z = z &+ 0x9E37_79B9_7F4A_7C15
      var x = z
      x = (x ^ (x >> 30)) &* 0xBF58_476D_1CE4_E5B9
      x = (x ^ (x >> 27)) &* 0x94D0_49BB_1331_11EB
      return x ^ (x >> 31)
    }
    state = (next(), next(), next(), next())
  }

  public mutating func next() -> UInt64 {
    func rotate(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
    let result = rotate(state.1 &* 5, 7) &* 9
    let t = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= t
    state.3 = rotate(state.3, 45)
    return result
  }

  /// A Double in [0, 1).
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A Double in [low, high).
  public mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * uniform() }

  /// An integer in 0..<bound, without bias.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0)
    return Int(next(upperBound: UInt64(bound)))
  }

  /// A permutation of 0..<count (Fisher and Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    var result = Array(0..<count)
    guard count > 1 else { return result }
    for i in stride(from: count - 1, to: 0, by: -1) { result.swapAt(i, integer(below: i + 1)) }
    return result
  }
}
