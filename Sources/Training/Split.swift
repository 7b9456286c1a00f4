import StomicsCore

/// Which spots of a slice a model is trained on, chosen by and tested on. Spots without a label are in no part.
public struct Split: Sendable, Equatable, Codable {
  /// How the parts are drawn.
  public enum Method: String, Sendable, Codable, CaseIterable {
    /// Stratified by label; spots of classes too small to divide go into training.
    case stratified
    /// The same, and an error for classes too small to divide: exactly scikit-learn's `train_test_split`, twice.
    case sklearn
  }

  /// The share of the labelled spots each part gets.
  public struct Ratios: Sendable, Equatable {
    public var train: Double
    public var validation: Double
    public var test: Double

    public init(train: Double = 0.6, validation: Double = 0.2, test: Double = 0.2) {
      self.train = train
      self.validation = validation
      self.test = test
    }

    public func validate() throws(SplitError) {
      let positive = train > 0 && validation > 0 && test > 0
      if !positive || !(abs(train + validation + test - 1) <= 1e-6) {
        throw .ratios(train: train, validation: validation, test: test)
      }
    }
  }

  /// Positions in the slice, in the order drawn.
  public var train: [Int]
  public var validation: [Int]
  public var test: [Int]
  /// Codes of the classes that were too small to divide, some or all of whose spots were put into training for that.
  public var undivided: [Int32] = []

  public init(train: [Int], validation: [Int], test: [Int], undivided: [Int32] = []) {
    self.train = train
    self.validation = validation
    self.test = test
    self.undivided = undivided
  }

  /// Draws the parts so that each has the classes in the same proportions: first training, then the rest in two.
  ///
  /// Where every class can be divided the result equals scikit-learn's `train_test_split(train_size=train, stratify=…,
  /// random_state=seed)` followed by the same with `train_size = validation / (1 - train)` on the remainder, in its order.
  /// - Parameters:
  ///   - labels: `[N]`, class codes of the slice, -1 where missing
  ///   - classNames: `[C]`, for messages
  /// - Throws: `SplitError`
  public init(
    labels: [Int32], classNames: [String], ratios: Ratios = Ratios(), seed: Int, method: Method = .stratified
  ) throws(SplitError) {
    try ratios.validate()
    guard let numPySeed = UInt32(exactly: seed) else { throw .seed(seed) }
    var spots = labels.indices.filter { labels[$0] >= 0 }
    if spots.isEmpty { throw .noLabelledSpots }
    func name(_ code: Int32) -> String {
      Int(code) < classNames.count ? classNames[Int(code)] : String(code)
    }

    var keptForTraining = [Int]()
    var undivided = Set<Int32>()
    func setAsideSmallClasses(_ spots: inout [Int], inRemainder: Bool) throws(SplitError) {
      let small = classesOfOneSpot(spots, labels: labels)
      if let code = small.first, method == .sklearn {
        throw .classTooSmall(className: name(code), spots: 1, inRemainder: inRemainder)
      }
      keptForTraining += spots.filter { small.contains(labels[$0]) }
      spots.removeAll { small.contains(labels[$0]) }
      undivided.formUnion(small)
    }

    try setAsideSmallClasses(&spots, inRemainder: false)
    if spots.isEmpty { throw .noDivisibleClass(labelled: keptForTraining.count) }
    let first = try StratifiedShuffle(
      spots, labels: labels, firstShare: ratios.train, seed: numPySeed, parts: ("training", "validation and test"))
    var remainder = first.second
    try setAsideSmallClasses(&remainder, inRemainder: true)
    if remainder.isEmpty { throw .noDivisibleClass(labelled: first.first.count + keptForTraining.count) }
    let second = try StratifiedShuffle(
      remainder, labels: labels, firstShare: ratios.validation / (1 - ratios.train), seed: numPySeed,
      parts: ("validation", "test"))
    self.init(
      train: first.first + keptForTraining, validation: second.first, test: second.second,
      undivided: undivided.sorted())
  }
}

/// The codes, ascending, that exactly one of the spots has.
private func classesOfOneSpot(_ spots: [Int], labels: [Int32]) -> [Int32] {
  var counts = [Int32: Int]()
  for i in spots { counts[labels[i], default: 0] += 1 }
  return counts.filter { $0.value == 1 }.keys.sorted()
}
