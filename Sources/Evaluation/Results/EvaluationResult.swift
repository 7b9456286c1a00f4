import Metrics

/// What came of one classifier on one unit with one seed.
public struct EvaluationResult: Sendable, Equatable, Codable {
  /// What kind of classifier it is.
  public enum Kind: String, Sendable, Codable {
    case model
    /// Learned from exchanged labels: it has to score as chance does.
    case shuffled
    /// The linear floor.
    case floor
    /// A control that reads no gene, or no label by genes.
    case control

    /// A method's name in tables.
    public func title(_ method: String) -> String { self == .shuffled ? method + ", labels shuffled" : method }
  }

  public let method: String
  public let kind: Kind
  /// The tested slice or donor.
  public let unit: String
  public let seed: Int
  /// How far the classifier looks; for a floor or control that of the models it stands beside.
  public let reach: String
  /// One a tested slice, in the order of the set; empty where `failure` says why.
  public let slices: [SliceResult]
  public let parameterCount: Int?
  /// Epochs of each fold's training.
  public let epochs: [Int]
  /// What was chosen by validation spots in each fold.
  public let choices: [String]
  /// Why there are no scores.
  public let failure: String?
  /// Wall time; the only part that differs between two equal evaluations.
  public var seconds: Double

  enum CodingKeys: String, CodingKey {
    case method, kind, unit, seed, reach, slices, epochs, choices, failure, seconds
    case parameterCount = "parameters"
  }
}

/// The scores of one slice's test spots, of all folds together.
public struct SliceResult: Sendable, Equatable, Codable {
  public let slice: String
  /// Of calibrated probabilities.
  public let scores: DomainScores
  /// What the logits of each fold were divided by.
  public let temperatures: [Double]
  /// Before calibration.
  public let uncalibratedECE: Double?
  public let uncalibratedLogLoss: Double?
  /// Mean probability of the predicted class where it is right, and where it is wrong.
  public let confidenceRight: Double?
  public let confidenceWrong: Double?
  /// Numbers of spots learned from and chosen by, over all folds.
  public let trainingSpots: Int
  public let validationSpots: Int

  enum CodingKeys: String, CodingKey {
    case slice, scores, temperatures
    case uncalibratedECE = "ece_uncalibrated"
    case uncalibratedLogLoss = "log_loss_uncalibrated"
    case confidenceRight = "confidence_right"
    case confidenceWrong = "confidence_wrong"
    case trainingSpots = "n_train"
    case validationSpots = "n_validation"
  }
}
