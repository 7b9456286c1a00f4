import Glibc
import Metrics
import StomicsCore

/// The mode `rings`: few components of spatially variable genes, seen over disks of several radii, by an ensemble of small
/// networks. It reads genes and the places of a slice's spots relative to each other, no absolute position.
///
/// Genes and components see training spots only; the networks are calibrated on the validation spots and then learn from
/// these too. For another donor's slices the features are recentred, which
/// reads no label: three times the slice is predicted, and the mean over the predicted classes' means is moved to that of
/// the training classes.
public struct RingsClassifier: Classifier {
  /// Radii of the disks, in rings.
  public let radii: [Int]
  /// Whether slices that are not learned from are recentred.
  public let recentres: Bool
  private static let networkCount = 5
  private static let rounds = 3
  /// A class predicted at fewer spots has no mean to speak of.
  private static let leastSpots = 5

  public let name: String

  public init(radii: [Int] = [1, 3, 5], recentres: Bool = false, name: String = "rings") {
    self.radii = radii
    self.recentres = recentres
    self.name = name
  }

  /// At least one ring: components are fitted on averages over it.
  public func reach(_ coordinates: [SIMD2<Double>]) -> Reach { .within(rings: Double(max(1, radii.max() ?? 0))) }

  public func predict(_ fold: FoldData, seed: Int) throws -> ClassifierOutput {
    var features = try RingFeatures(fold, radii: radii).values
    // Calibrated on the validation spots, then learned anew from these as well.
    let temperature = TemperatureScaling(
      logits: Self.logits(networks(features, fold.training, fold, seed), features.gatheringRows(fold.validation)),
      truth: fold.validation.map { fold.labels[$0] }
    ).temperature
    let learned = (fold.training + fold.validation).sorted()
    let networks = networks(features, learned, fold, seed)
    let known = features.gatheringRows(learned)
    let labels = learned.map { fold.labels[$0] }
    if recentres, let goal = Self.balancedMean(known, labels, fold.classCount) {
      let trained = fold.trainedSlices
      for number in fold.slices.indices where !trained.contains(number) {
        Self.recentre(&features, fold.slices[number], goal, networks, fold.classCount)
      }
    }
    return ClassifierOutput(
      logits: Self.logits(networks, features), temperature: temperature,
      parameterCount: networks.reduce(0) { $0 + $1.parameterCount }, epochs: SmallNetwork.epochs)
  }

  private func networks(_ features: Matrix, _ spots: [Int], _ fold: FoldData, _ seed: Int) -> [SmallNetwork] {
    let rows = features.gatheringRows(spots)
    let labels = spots.map { fold.labels[$0] }
    return (0..<Self.networkCount).map { number in
      SmallNetwork(rows, labels: labels, classCount: fold.classCount, seed: seed &* 1000 &+ number)
    }
  }

  /// Logarithms of the networks' mean probabilities.
  private static func logits(_ networks: [SmallNetwork], _ features: Matrix) -> Matrix {
    var result = mean(networks, features)
    for i in result.values.indices { result.values[i] = log(max(result.values[i], 1e-7)) }
    return result
  }

  private static func recentre(
    _ features: inout Matrix, _ range: Range<Int>, _ goal: [Double], _ networks: [SmallNetwork], _ classCount: Int
  ) {
    let own = features.gatheringRows(Array(range))
    var moved = own
    for _ in 0..<rounds {
      let predicted = mostProbableClasses(mean(networks, moved))
      guard let centre = balancedMean(own, predicted, classCount) else { return }
      for i in 0..<own.rows {
        for k in 0..<own.columns { moved[i, k] = own[i, k] + Float(goal[k] - centre[k]) }
      }
    }
    features.values.replaceSubrange(
      range.lowerBound * features.columns..<range.upperBound * features.columns, with: moved.values)
  }

  /// The mean over classes of each class's mean; nil where no class has enough spots.
  private static func balancedMean(_ features: Matrix, _ labels: [Int32], _ classCount: Int) -> [Double]? {
    var result = [Double](repeating: 0, count: features.columns)
    var classes = 0.0
    for c in 0..<classCount {
      let rows = labels.indices.filter { labels[$0] == Int32(c) }
      if rows.count < leastSpots { continue }
      classes += 1
      for k in result.indices {
        result[k] += rows.reduce(0.0) { $0 + Double(features[$1, k]) } / Double(rows.count)
      }
    }
    return classes == 0 ? nil : result.map { $0 / classes }
  }

  private static func mean(_ networks: [SmallNetwork], _ features: Matrix) -> Matrix {
    var sum = Matrix(rows: features.rows, columns: 0)
    for (number, network) in networks.enumerated() {
      let own = network.probabilities(features)
      if number == 0 { sum = own } else { for i in sum.values.indices { sum.values[i] += own.values[i] } }
    }
    for i in sum.values.indices { sum.values[i] /= Float(networks.count) }
    return sum
  }
}
