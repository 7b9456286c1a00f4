import Glibc

/// NumPy's `RandomState`: the same numbers from the same seed, so that published splits can be drawn again.
///
/// Mersenne Twister (Matsumoto and Nishimura 1998) with NumPy's legacy ways of turning its bits into numbers. For
/// anything that need not equal NumPy use `SeededGenerator`.
public struct NumPyRandom: Sendable {
  private var state: [UInt32]
  private var position: Int
  /// The second of a pair of normal numbers.
  private var spare: Double?

  /// The state `numpy.random.RandomState(seed)` starts from.
  public init(seed: UInt32) {
    state = [UInt32](repeating: seed, count: 624)
    for i in 1..<624 {
      state[i] = 1_812_433_253 &* (state[i - 1] ^ (state[i - 1] >> 30)) &+ UInt32(i)
    }
    position = 624
  }

  /// The next 32 bits.
  public mutating func nextUInt32() -> UInt32 {
    if position == 624 { refill() }
    var y = state[position]
    position += 1
    y ^= y >> 11
    y ^= (y << 7) & 0x9d2c_5680
    y ^= (y << 15) & 0xefc6_0000
    return y ^ (y >> 18)
  }

  private mutating func refill() {
    for i in 0..<624 {
      let y = (state[i] & 0x8000_0000) | (state[(i + 1) % 624] & 0x7fff_ffff)
      state[i] = state[(i + 397) % 624] ^ (y >> 1) ^ (y & 1 == 0 ? 0 : 0x9908_b0df)
    }
    position = 0
  }

  /// `random_sample()`: a Double in [0, 1) from 53 bits.
  public mutating func uniform() -> Double {
    let high = Double(nextUInt32() >> 5)
    let low = Double(nextUInt32() >> 6)
    return (high * 67_108_864 + low) / 9_007_199_254_740_992
  }

  /// An integer in 0...maximum, by masking and rejection.
  private mutating func integer(upTo maximum: Int) -> Int {
    if maximum == 0 { return 0 }
    precondition(maximum < 1 << 32, "NumPy draws larger integers in another way")
    let mask = UInt32.max >> UInt32(maximum).leadingZeroBitCount
    while true {
      let value = Int(nextUInt32() & mask)
      if value <= maximum { return value }
    }
  }

  /// `shuffle`, in place.
  public mutating func shuffle<T>(_ values: inout [T]) {
    if values.count < 2 { return }
    for i in stride(from: values.count - 1, through: 1, by: -1) { values.swapAt(i, integer(upTo: i)) }
  }

  /// `permutation(count)`: 0..<count in random order.
  public mutating func permutation(_ count: Int) -> [Int] {
    var result = Array(0..<count)
    shuffle(&result)
    return result
  }

  /// `choice(count, size, replace=False)`: different numbers of 0..<count.
  public mutating func choice(_ size: Int, of count: Int) -> [Int] {
    precondition(size <= count, "\(size) different numbers of \(count)")
    return Array(permutation(count).prefix(size))
  }

  /// `standard_normal()`: Marsaglia's polar method, two numbers at a time.
  public mutating func standardNormal() -> Double {
    if let value = spare {
      spare = nil
      return value
    }
    while true {
      let x = 2 * uniform() - 1
      let y = 2 * uniform() - 1
      let square = x * x + y * y
      if square < 1 && square != 0 {
        let factor = (-2 * log(square) / square).squareRoot()
        spare = factor * x
        return factor * y
      }
    }
  }
}
