import Metrics
import StomicsCore
import Training

/// The domains that a mode of this project gives to every spot of a slice, from labelled spots of the slice itself or of
/// other slices.
public struct Annotation: Sendable {
  /// `[C]`
  public let classNames: [String]
  /// Calibrated on validation spots, `[N, C]`.
  public let probabilities: Matrix
  /// What was chosen by validation spots or found on the way, in words.
  public let choice: String?
  /// What makes the mode doubtful on this slice, in a sentence.
  public let warning: String?

  /// Learns from labelled spots and predicts every spot of one slice.
  ///
  /// A fifth of what is labelled validates: blocks of the slices that are learned from, or, for modes that carry labels on
  /// between a slice's own spots (`validatesAtRandom`), spots of each class drawn at random. Then everything is learned anew
  /// from these as well.
  /// - Parameters:
  ///   - target: the position in the set of the slice to annotate. It is learned from where it is the only one; beside
  ///     others its own labels are not looked at.
  ///   - seed: of everything drawn
  /// - Throws: `EvaluationError`, `SplitError` that say why the labels cannot be learned from.
  public init(
    of target: Int, in set: SliceSet, by classifier: any Classifier, validatesAtRandom: Bool, seed: Int
  ) throws {
    let others = set.slices.indices.filter { $0 != target }
    let plan = try Self.plan(
      learned: others.isEmpty ? [target] : others, tested: others.isEmpty ? [] : [target], set,
      atRandom: validatesAtRandom,
      seed: seed)
    let data = try plan.data(set)
    try data.checkLearnable()
    let output = try classifier.predict(data, seed: seed)
    let scaling =
      output.temperature.map(TemperatureScaling.init(temperature:))
      ?? TemperatureScaling(
        logits: output.logits.gatheringRows(data.validation), truth: data.validation.map { data.labels[$0] })
    let own = data.slices[data.slices.count - 1]
    classNames = set.classNames
    probabilities = scaling.probabilities(output.logits.gatheringRows(Array(own)))
    choice = output.choice
    warning = output.warning
  }

  private static func plan(
    learned: [Int], tested: [Int], _ set: SliceSet, atRandom: Bool, seed: Int
  ) throws -> FoldPlan {
    let division = EvaluationProtocol(.leaveOneSliceOut)
    guard atRandom else {
      return division.plan(learned: learned, tested: tested, of: set, seed: seed)
    }
    let roles = try learned.map { number in
      let labels = set.labels[number]
      let split = try Split(
        labels: labels, classNames: set.classNames,
        ratios: Split.Ratios(
          train: 1 - division.validationShare, validation: division.validationShare / 2,
          test: division.validationShare / 2), seed: seed)
      var roles = [SpotRole](repeating: .unused, count: labels.count)
      for i in split.train { roles[i] = .training }
      for i in split.validation + split.test { roles[i] = .validation }
      return roles
    }
    return FoldPlan(slices: learned, roles: roles)
  }
}
