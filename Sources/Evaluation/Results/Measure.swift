import Metrics

/// A number of a slice's result that tables show.
public enum Measure: String, Sendable, CaseIterable, Codable {
  case ari
  case nmi
  case accuracy
  case balancedAccuracy = "balanced_accuracy"
  case macroF1 = "macro_f1"
  case top2 = "top2_accuracy"
  case logLoss = "log_loss"
  case ece
  case uncalibratedECE = "ece_uncalibrated"
  case boundary = "boundary_accuracy"
  case interior = "interior_accuracy"
  case publishedBoundary = "boundary_accuracy_published"
  case ordinalError = "ordinal_error"
  case confidenceRight = "confidence_right"
  case confidenceWrong = "confidence_wrong"
  /// The share of errors that hit a class next in order.
  case adjacentErrors = "adjacent_error_share"
  /// How often the second choice is right where the first is wrong.
  case secondChoice = "second_choice_right"

  /// Its value; nil where it is not defined.
  public func value(_ result: SliceResult) -> Double? {
    let scores = result.scores
    switch self {
    case .ari: return scores.ari
    case .nmi: return scores.nmi
    case .accuracy: return scores.accuracy
    case .balancedAccuracy: return scores.balancedAccuracy
    case .macroF1: return scores.macroF1
    case .top2: return scores.top2Accuracy
    case .logLoss: return scores.logLoss
    case .ece: return scores.ece
    case .uncalibratedECE: return result.uncalibratedECE
    case .boundary: return scores.boundaryAccuracy
    case .interior: return scores.interiorAccuracy
    case .publishedBoundary: return scores.publishedBoundaryAccuracy
    case .ordinalError: return scores.ordinalError
    case .confidenceRight: return result.confidenceRight
    case .confidenceWrong: return result.confidenceWrong
    case .adjacentErrors: return shareOfAdjacentErrors(result)
    case .secondChoice:
      guard let first = scores.accuracy, let two = scores.top2Accuracy, first < 1 else { return nil }
      return (two - first) / (1 - first)
    }
  }

  /// Whether more is better.
  public var higherIsBetter: Bool {
    switch self {
    case .logLoss, .ece, .uncalibratedECE, .ordinalError, .confidenceWrong: false
    default: true
    }
  }

  /// Its name in tables for people.
  public var title: String {
    switch self {
    case .ari: "ARI"
    case .nmi: "NMI"
    case .accuracy: "accuracy"
    case .balancedAccuracy: "balanced accuracy"
    case .macroF1: "macro F1"
    case .top2: "top-2"
    case .logLoss: "log-loss"
    case .ece: "ECE"
    case .uncalibratedECE: "ECE before calibration"
    case .boundary: "boundary"
    case .interior: "interior"
    case .publishedBoundary: "boundary (published)"
    case .ordinalError: "ordinal error"
    case .confidenceRight: "confidence, right"
    case .confidenceWrong: "confidence, wrong"
    case .adjacentErrors: "adjacent errors"
    case .secondChoice: "second choice right"
    }
  }
}

/// Nil without errors, or where the classes have no order.
private func shareOfAdjacentErrors(_ result: SliceResult) -> Double? {
  guard let ranks = laminarRanks(result.scores.classes.map(\.name)) else { return nil }
  var errors = 0
  var adjacent = 0
  for (truth, row) in result.scores.confusion.enumerated() {
    for (predicted, count) in row.enumerated() where truth != predicted {
      errors += count
      if abs(ranks[truth] - ranks[predicted]) == 1 { adjacent += count }
    }
  }
  return errors == 0 ? nil : Double(adjacent) / Double(errors)
}
