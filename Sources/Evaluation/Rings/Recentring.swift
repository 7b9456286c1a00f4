import Metrics
import StomicsCore

/// Moves the features of slices that nothing was learned from to where those of the training spots lie, reading no label:
/// three times the slice is predicted, and the mean over the predicted classes' means is moved to that of the training
/// classes. Means over classes, not over spots, so that a slice with more of one layer is not shifted for it.
struct Recentring {
  private static let rounds = 3
  /// A class predicted at fewer spots has no mean to speak of.
  private static let leastSpots = 5
  private let goal: [Double]
  private let classCount: Int

  /// - Parameters:
  ///   - features: `[N, F]`
  ///   - spots: those learned from, each labelled
  /// - Returns: nil where no class has enough spots.
  init?(_ features: Matrix, spots: [Int], labels: [Int32], classCount: Int) {
    self.classCount = classCount
    guard
      let goal = Self.balancedMean(features.gatheringRows(spots), spots.map { labels[$0] }, classCount)
    else { return nil }
    self.goal = goal
  }

  /// Moves the rows of one slice.
  func move(_ features: inout Matrix, _ slice: Range<Int>, _ probabilities: (Matrix) -> Matrix) {
    let own = features.gatheringRows(Array(slice))
    var moved = own
    for _ in 0..<Self.rounds {
      let predicted = mostProbableClasses(probabilities(moved))
      guard let centre = Self.balancedMean(own, predicted, classCount) else { return }
      for i in 0..<own.rows {
        for k in 0..<own.columns { moved[i, k] = own[i, k] + Float(goal[k] - centre[k]) }
      }
    }
    features.values.replaceSubrange(
      slice.lowerBound * features.columns..<slice.upperBound * features.columns, with: moved.values)
  }

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
}

extension FoldData {
  /// The features with the slices that nothing is learned from recentred.
  /// - Parameter probabilities: of rows of features, or anything that is greatest where they are, `[rows, C]`
  func recentred(_ features: Matrix, _ probabilities: (Matrix) -> Matrix) -> Matrix {
    guard let recentring = Recentring(features, spots: training, labels: labels, classCount: classCount) else {
      return features
    }
    var result = features
    let trained = trainedSlices
    for number in slices.indices where !trained.contains(number) {
      recentring.move(&result, slices[number], probabilities)
    }
    return result
  }
}
