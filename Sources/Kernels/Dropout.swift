import CKernels

/// Which elements dropout keeps: a pure function of a key and an element's place, so no mask is ever stored.
///
/// Element t is kept iff `hash(key, t) >= probability · 2³²`; kept values are scaled by 1 / (1 - probability). The hash is
/// a 32-bit mix with the constants of lowbias32 (C. Wellons), keyed by both halves of the scrambled key. Draws repeat
/// after 2³² elements.
public struct Dropout: Sendable, Equatable {
  /// The share of elements set to 0, at least 0 and below 1.
  public var probability: Float
  /// Names the draw: one key for each use in each step.
  public var key: UInt64

  public init(probability: Float, key: UInt64) {
    precondition(probability >= 0 && probability < 1, "dropout of \(probability)")
    self.probability = probability
    self.key = key
  }

  /// Keeps every element.
  public static let none = Dropout(probability: 0, key: 0)

  /// Whether element `index` is kept.
  public func keeps(_ index: Int) -> Bool { draw.keeps(index) }

  /// The settings in the form the loops use.
  var draw: stomics_draw {
    var z = key &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return stomics_draw(
      low: UInt32(truncatingIfNeeded: z), high: UInt32(truncatingIfNeeded: z >> 32),
      threshold: UInt32(Double(probability) * 0x1p32), scale: probability > 0 ? 1 / (1 - probability) : 1)
  }
}

extension stomics_draw {
  @inline(__always)
  func keeps(_ index: Int) -> Bool {
    var x = UInt32(truncatingIfNeeded: index) ^ low
    x ^= x >> 16
    x = x &* 0x7FEB_352D &+ high
    x ^= x >> 15
    x = x &* 0x846C_A68B
    x ^= x >> 16
    return x >= threshold
  }

  /// What element `index` is multiplied by: 0 or 1 / (1 - p).
  @inline(__always)
  func factor(_ index: Int) -> Float { keeps(index) ? scale : 0 }
}
