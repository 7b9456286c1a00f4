/// Halves the learning rate when the watched value stops rising: PyTorch's ReduceLROnPlateau in mode max with a relative
/// threshold.
public struct PlateauSchedule: Sendable, Equatable, Codable {
  public private(set) var learningRate: Double
  public let factor: Double
  public let patience: Int
  public let threshold: Double
  private var best = -Double.infinity
  private var badEpochs = 0

  /// A smaller change of the learning rate than this is not made.
  private static let smallestChange = 1e-8

  public init(learningRate: Double, factor: Double = 0.5, patience: Int = 10, threshold: Double = 1e-4) {
    self.learningRate = learningRate
    self.factor = factor
    self.patience = patience
    self.threshold = threshold
  }

  private enum CodingKeys: String, CodingKey {
    case learningRate, factor, patience, threshold, best, badEpochs
  }

  // JSON has no infinity: a schedule that has seen nothing is written without `best`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    learningRate = try container.decode(Double.self, forKey: .learningRate)
    factor = try container.decode(Double.self, forKey: .factor)
    patience = try container.decode(Int.self, forKey: .patience)
    threshold = try container.decode(Double.self, forKey: .threshold)
    best = try container.decodeIfPresent(Double.self, forKey: .best) ?? -.infinity
    badEpochs = try container.decode(Int.self, forKey: .badEpochs)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(learningRate, forKey: .learningRate)
    try container.encode(factor, forKey: .factor)
    try container.encode(patience, forKey: .patience)
    try container.encode(threshold, forKey: .threshold)
    if best.isFinite { try container.encode(best, forKey: .best) }
    try container.encode(badEpochs, forKey: .badEpochs)
  }

  /// Takes in the value of an epoch.
  public mutating func step(_ value: Double) {
    // PyTorch: a > best * (1 + threshold); the first value is always better.
    if best == -.infinity || value > best * (1 + threshold) {
      best = value
      badEpochs = 0
    } else {
      badEpochs += 1
    }
    if badEpochs > patience {
      let lower = learningRate * factor
      if learningRate - lower > Self.smallestChange { learningRate = lower }
      badEpochs = 0
    }
  }
}
