import StomicsCore

/// Why spots cannot be divided into training, validation and test.
public enum SplitError: StomicsError, Equatable {
  case ratios(train: Double, validation: Double, test: Double)
  case noLabelledSpots
  /// No class has spots for more than training.
  case noDivisibleClass(labelled: Int)
  /// scikit-learn refuses a class with one spot in what it has to divide.
  case classTooSmall(className: String, spots: Int, inRemainder: Bool)
  case partTooSmall(part: String, spots: Int, classes: Int, labelled: Int)
  case seed(Int)

  public var kind: ErrorKind {
    switch self {
    case .ratios, .seed: .usage
    case .noLabelledSpots, .noDivisibleClass, .classTooSmall, .partTooSmall: .data
    }
  }

  public var description: String {
    switch self {
    case .ratios(let train, let validation, let test):
      return
        "The parts of a split are shares above 0 that sum to 1; these are train \(train), validation \(validation), "
        + "test \(test) (sum \(rounded(train + validation + test))). "
        + "Set --train-ratio, --val-ratio and --test-ratio, for example to 0.6, 0.2, 0.2."
    case .noLabelledSpots:
      return "No spot has a label, so there is nothing to train on. Name the column of labels with --label-key."
    case .noDivisibleClass(let labelled):
      return
        "\(labelled) labelled spot\(labelled == 1 ? " is" : "s are") too few: "
        + "no class has enough of them for training, validation and test. Label more spots."
    case .classTooSmall(let className, let spots, let inRemainder):
      let place = inRemainder ? "outside training" : "in the slice"
      return
        "Class '\(className)' has \(spots) labelled spot\(spots == 1 ? "" : "s") \(place); "
        + "scikit-learn's stratified split needs at least 2. "
        + "Use --split stratified, which puts such spots into training, or remove the label from them."
    case .partTooSmall(let part, let spots, let classes, let labelled):
      return
        "The \(part) part would get \(spots) of \(labelled) spots, fewer than the \(classes) classes they belong to. "
        + "Label more spots, merge small classes, or give that part a larger share."
    case .seed(let seed):
      return "The split's seed is \(seed); it must lie in 0...4294967295, as NumPy's seeds do."
    }
  }

  /// Without the last bits that addition leaves (0.8999999999999999).
  private func rounded(_ sum: Double) -> Double {
    let result = (sum * 1e6).rounded() / 1e6
    return result == 1 ? sum : result
  }
}
