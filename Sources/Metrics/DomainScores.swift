import StomicsCore

/// Everything that is reported on predicted domains of some spots of a slice: what a part of metrics.json holds.
///
/// A value that is not defined (no spots, no neighbour lists, unordered classes) is nil, and null in JSON.
public struct DomainScores: Sendable, Equatable, Codable {
  /// Precision, recall and F1 of one class.
  public struct ClassScore: Sendable, Equatable, Codable {
    public let name: String
    /// Number of true spots.
    public let support: Int
    public let precision: Double
    public let recall: Double
    public let f1: Double
  }

  /// Number of scored spots R: the asked-for ones that have a label.
  public let spotCount: Int
  public let ari: Double?
  public let nmi: Double?
  public let ami: Double?
  public let fmi: Double?
  public let homogeneity: Double?
  public let completeness: Double?
  public let accuracy: Double?
  public let balancedAccuracy: Double?
  public let macroF1: Double?
  public let weightedF1: Double?
  public let mcc: Double?
  public let kappa: Double?
  public let top2Accuracy: Double?
  public let logLoss: Double?
  /// Expected calibration error over 15 bins.
  public let ece: Double?
  /// Accuracy at spots with a nearest spot of another true label, and at all others: `boundarySpots`.
  public let boundaryAccuracy: Double?
  public let interiorAccuracy: Double?
  public let boundaryCount: Int?
  public let interiorCount: Int?
  /// The same by the published definition: `publishedBoundarySpots`.
  public let publishedBoundaryAccuracy: Double?
  public let publishedInteriorAccuracy: Double?
  public let publishedBoundaryCount: Int?
  public let publishedInteriorCount: Int?
  /// Mean distance in layers between truth and prediction.
  public let ordinalError: Double?
  public let classes: [ClassScore]
  /// `[C][C]`: row = true class, column = predicted class, in the order of `classes`.
  public let confusion: [[Int]]
  public let reliability: ReliabilityCurve

  /// Scores the most probable class of some spots of a slice.
  /// - Parameters:
  ///   - spots: positions in the slice; those without a label are passed over
  ///   - labels: `[N]`, true codes in 0..<C of the whole slice, -1 where missing
  ///   - probabilities: `[N, C]` of the whole slice; rows of other spots are not read
  ///   - classNames: `[C]`
  ///   - nearest: each spot's 6 nearest spots of the whole slice, for boundary and interior accuracy
  ///   - incoming: the model's graph (sources of the edges into each spot), for the published definition of the same
  ///   - ranks: `[C]`, the classes' places in their order; by default found from names of cortical layers
  public init(
    spots: [Int], labels: [Int32], probabilities: Matrix, classNames: [String], nearest: NeighbourLists? = nil,
    incoming: NeighbourLists? = nil, ranks: [Int]? = nil
  ) {
    precondition(labels.count == probabilities.rows, "\(labels.count) labels for \(probabilities.rows) rows")
    precondition(classNames.count == probabilities.columns, "\(classNames.count) names for \(probabilities.columns)")
    let scored = spots.filter { labels[$0] >= 0 }
    let truth = scored.map { labels[$0] }
    let rows = probabilities.gatheringRows(scored)
    let predicted = mostProbableClasses(rows)
    let right = zip(truth, predicted).map { $0 == $1 }
    let table = ContingencyTable(truth, predicted)
    let matrix = ConfusionMatrix(truth: truth, predicted: predicted, classCount: classNames.count)
    func defined(_ value: Double) -> Double? { truth.isEmpty || !value.isFinite ? nil : value }

    spotCount = truth.count
    ari = defined(table.adjustedRandIndex)
    nmi = defined(table.normalisedMutualInformation)
    ami = defined(table.adjustedMutualInformation)
    fmi = defined(table.fowlkesMallowsIndex)
    homogeneity = defined(table.homogeneity)
    completeness = defined(table.completeness)
    accuracy = defined(matrix.accuracy)
    balancedAccuracy = defined(matrix.balancedAccuracy)
    macroF1 = defined(matrix.macroF1)
    weightedF1 = defined(matrix.weightedF1)
    mcc = defined(matrix.matthewsCorrelation)
    kappa = defined(matrix.cohenKappa)
    top2Accuracy = defined(topAccuracy(2, truth: truth, probabilities: rows))
    logLoss = defined(Metrics.logLoss(truth: truth, probabilities: rows))
    reliability = ReliabilityCurve(truth: truth, probabilities: rows)
    ece = defined(reliability.expectedCalibrationError)

    let ours = nearest.map { Parts(right, atBoundary: boundarySpots(scored, labels: labels, nearest: $0)) }
    boundaryAccuracy = ours?.boundaryAccuracy
    interiorAccuracy = ours?.interiorAccuracy
    boundaryCount = ours?.boundaryCount
    interiorCount = ours?.interiorCount
    let published = incoming.map {
      Parts(right, atBoundary: publishedBoundarySpots(scored, labels: labels, incoming: $0))
    }
    publishedBoundaryAccuracy = published?.boundaryAccuracy
    publishedInteriorAccuracy = published?.interiorAccuracy
    publishedBoundaryCount = published?.boundaryCount
    publishedInteriorCount = published?.interiorCount
    ordinalError = (ranks ?? laminarRanks(classNames)).flatMap {
      defined(Metrics.ordinalError(truth: truth, predicted: predicted, ranks: $0))
    }
    classes = classNames.indices.map { c in
      ClassScore(
        name: classNames[c], support: matrix.trueCounts[c], precision: matrix.precision(c), recall: matrix.recall(c),
        f1: matrix.f1(c))
    }
    confusion = classNames.indices.map { t in classNames.indices.map { matrix[true: t, predicted: $0] } }
  }
}

/// Accuracy at the boundary and inside.
private struct Parts {
  var boundaryCount = 0
  var interiorCount = 0
  var boundaryRight = 0
  var interiorRight = 0

  init(_ right: [Bool], atBoundary: [Bool]) {
    for (isRight, isBoundary) in zip(right, atBoundary) {
      if isBoundary {
        boundaryCount += 1
        if isRight { boundaryRight += 1 }
      } else {
        interiorCount += 1
        if isRight { interiorRight += 1 }
      }
    }
  }

  var boundaryAccuracy: Double? { boundaryCount == 0 ? nil : Double(boundaryRight) / Double(boundaryCount) }
  var interiorAccuracy: Double? { interiorCount == 0 ? nil : Double(interiorRight) / Double(interiorCount) }
}
