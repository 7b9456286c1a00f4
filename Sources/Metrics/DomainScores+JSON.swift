// The names under which metrics.json holds the scores. Every name is always there; what is not defined is null.

extension DomainScores {
  enum CodingKeys: String, CodingKey {
    case spotCount = "n_spots"
    case ari
    case nmi
    case ami
    case fmi
    case homogeneity
    case completeness
    case accuracy
    case balancedAccuracy = "balanced_accuracy"
    case macroF1 = "macro_f1"
    case weightedF1 = "weighted_f1"
    case mcc
    case kappa
    case top2Accuracy = "top2_accuracy"
    case logLoss = "log_loss"
    case ece
    case boundaryAccuracy = "boundary_accuracy"
    case interiorAccuracy = "interior_accuracy"
    case boundaryCount = "n_boundary"
    case interiorCount = "n_interior"
    case publishedBoundaryAccuracy = "boundary_accuracy_published"
    case publishedInteriorAccuracy = "interior_accuracy_published"
    case publishedBoundaryCount = "n_boundary_published"
    case publishedInteriorCount = "n_interior_published"
    case ordinalError = "ordinal_error"
    case classes
    case confusion
    case reliability
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(spotCount, forKey: .spotCount)
    try container.encode(ari, forKey: .ari)
    try container.encode(nmi, forKey: .nmi)
    try container.encode(ami, forKey: .ami)
    try container.encode(fmi, forKey: .fmi)
    try container.encode(homogeneity, forKey: .homogeneity)
    try container.encode(completeness, forKey: .completeness)
    try container.encode(accuracy, forKey: .accuracy)
    try container.encode(balancedAccuracy, forKey: .balancedAccuracy)
    try container.encode(macroF1, forKey: .macroF1)
    try container.encode(weightedF1, forKey: .weightedF1)
    try container.encode(mcc, forKey: .mcc)
    try container.encode(kappa, forKey: .kappa)
    try container.encode(top2Accuracy, forKey: .top2Accuracy)
    try container.encode(logLoss, forKey: .logLoss)
    try container.encode(ece, forKey: .ece)
    try container.encode(boundaryAccuracy, forKey: .boundaryAccuracy)
    try container.encode(interiorAccuracy, forKey: .interiorAccuracy)
    try container.encode(boundaryCount, forKey: .boundaryCount)
    try container.encode(interiorCount, forKey: .interiorCount)
    try container.encode(publishedBoundaryAccuracy, forKey: .publishedBoundaryAccuracy)
    try container.encode(publishedInteriorAccuracy, forKey: .publishedInteriorAccuracy)
    try container.encode(publishedBoundaryCount, forKey: .publishedBoundaryCount)
    try container.encode(publishedInteriorCount, forKey: .publishedInteriorCount)
    try container.encode(ordinalError, forKey: .ordinalError)
    try container.encode(classes, forKey: .classes)
    try container.encode(confusion, forKey: .confusion)
    try container.encode(reliability, forKey: .reliability)
  }
}
