import Metrics
import StomicsCore

/// The mode `layers`: `rings`, then attention along the domain. For slices that nothing was learned from.
///
/// Boundaries between domains run on for millimetres, and a disk that is wide enough to be rid of counting noise is too wide
/// for them. So a spot is also described by the spots that look like it: within 16 rings, each weighted by how near its
/// class probabilities, as `rings` sees them, are to the spot's own (a Gaussian in Hellinger's distance). Logistic
/// regression classifies disks, these averages, and the probabilities together.
///
/// The probabilities of a training slice come from networks that have not seen its labels: they learn from the other
/// training slices, or, where there is one alone, from its other blocks.
public struct LayerAttentionClassifier: Classifier {
  public let radii: [Int]
  /// Whether slices that are not learned from are recentred.
  public let recentres: Bool
  public let name: String

  private static let reachInRings = 16
  /// Of the Gaussian, in square roots of probabilities.
  private static let width = 0.15
  private static let smoothingRings = 2
  private static let lambda = 0.01
  /// Blocks along a side, and groups of blocks, of a single training slice.
  private static let blocks = 4

  public init(radii: [Int] = [1, 3, 5], recentres: Bool = false, name: String = "layers") {
    self.radii = radii
    self.recentres = recentres
    self.name = name
  }

  public func reach(_ coordinates: [SIMD2<Double>]) -> Reach {
    .within(rings: Double(Self.reachInRings + Self.smoothingRings + max(1, radii.max() ?? 0)))
  }

  public func predict(_ fold: FoldData, seed: Int) throws -> ClassifierOutput {
    // Calibrated on the validation spots, then everything is learned anew, from these as well.
    let (first, parameterCount) = try logits(fold, seed)
    let temperature = TemperatureScaling(
      logits: first.gatheringRows(fold.validation), truth: fold.validation.map { fold.labels[$0] }
    ).temperature
    return ClassifierOutput(
      logits: try fold.learnsFromValidation ? logits(fold.final, seed).logits : first, temperature: temperature,
      parameterCount: parameterCount, epochs: SmallNetwork.epochs)
  }

  private func logits(_ fold: FoldData, _ seed: Int) throws -> (logits: Matrix, parameterCount: Int) {
    let rings = try RingFeatures(fold, radii: radii)
    let (first, parameterCount) = firstProbabilities(fold, rings.values, seed)
    let smoothed = first.means(over: try disks(fold.coordinates, slices: fold.slices, rings: Self.smoothingRings))
    let along = try rings.components.means(
      around: fold.coordinates, slices: fold.slices, rings: Self.reachInRings, likeness: smoothed.squareRoots(),
      width: Self.width)
    var features = Matrix(columnsOf: [rings.values, along.standardised(fold), smoothed.standardised(fold)])
    let regression = LogisticRegression(
      features.gatheringRows(fold.training), labels: fold.training.map { fold.labels[$0] },
      classCount: fold.classCount, lambda: Self.lambda)
    if recentres { features = fold.recentred(features, regression.logits) }
    return (regression.logits(features), parameterCount + regression.weights.count)
  }

  /// What networks say of every spot that have not learned from the spot's group, `[N, C]`.
  private func firstProbabilities(
    _ fold: FoldData, _ features: Matrix, _ seed: Int
  ) -> (probabilities: Matrix, parameterCount: Int) {
    let groups = crossGroups(fold, seed)
    var result = Matrix(rows: fold.spotCount, columns: fold.classCount)
    var parameterCount = 0
    for group in Set(groups).sorted() {
      let others = fold.training.filter { groups[$0] != group }
      // Nothing else to learn from: a slice of one block.
      let networks = NetworkEnsemble(
        features, spots: others.isEmpty ? fold.training : others, labels: fold.labels, classCount: fold.classCount,
        seed: seed)
      parameterCount = networks.parameterCount
      let own = groups.indices.filter { groups[$0] == group }
      let moved =
        group == Self.unseen && recentres ? fold.recentred(features, networks.probabilities) : features
      let found = networks.probabilities(moved.gatheringRows(own))
      for (row, i) in own.enumerated() {
        for c in 0..<fold.classCount { result[i, c] = found[row, c] }
      }
    }
    return (result, parameterCount)
  }

  private static let unseen = -1

  /// The group of each spot: its slice, or the group of its block where a single slice is learned from; `unseen` for
  /// slices that nothing is learned from.
  private func crossGroups(_ fold: FoldData, _ seed: Int) -> [Int] {
    let trained = fold.trainedSlices
    var result = [Int](repeating: Self.unseen, count: fold.spotCount)
    for number in trained {
      let range = fold.slices[number]
      guard trained.count == 1 else {
        for i in range { result[i] = number }
        continue
      }
      let blocks = Blocks(
        Array(fold.coordinates[range]), labels: Array(fold.labels[range]), rows: Self.blocks, columns: Self.blocks,
        seed: seed, stream: UInt64(number))
      for (group, members) in blocks.groups(min(Self.blocks, blocks.shuffled.count)).enumerated() {
        for i in range where members.contains(blocks.blockOfSpot[i - range.lowerBound]) { result[i] = group }
      }
      // Blocks without a label: any networks will do.
      for i in range where result[i] == Self.unseen { result[i] = 0 }
    }
    return result
  }
}
