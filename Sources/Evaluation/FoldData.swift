import StomicsCore

/// What one training sees: the spots of one or several slices, one after the other, with their roles.
///
/// The labels of test spots are not in it: a classifier cannot look at them.
public struct FoldData: Sendable {
  public let sliceNames: [String]
  /// The spots of each slice, consecutive.
  public let slices: [Range<Int>]
  /// Counts of the genes that all slices have, `[N, G]`.
  public let counts: CSRMatrix
  /// `[G]`
  public let genes: [String]
  /// What each spot's counts are divided by where a column of the files gives it, `[N]`.
  public let sizes: [Double]?
  /// Each spot's place in its own slice, `[N]`, in the slice's unit.
  public let coordinates: [SIMD2<Double>]
  /// Matrices of obsm that a mode reads, `[N, F]`.
  public let embedding: Matrix?
  public let image: Matrix?
  /// `[N]`, codes in 0..<C; -1 where there is no label, and at test spots.
  public let labels: [Int32]
  /// `[C]`
  public let classNames: [String]
  /// Positions, ascending, disjoint; every training and validation spot has a label. Other spots (of buffers, without a
  /// label) are in no part.
  public internal(set) var training: [Int]
  public internal(set) var validation: [Int]
  public let test: [Int]
  /// Whether genes and scaling are fitted on all spots, as the published protocol does, in place of the training spots.
  public let fitsOnAllSpots: Bool
  /// Whether validation spots may be learned from once everything is chosen.
  public let learnsFromValidation: Bool

  /// The fold to learn from once everything is chosen by the validation spots: they train too. In a random split it stays as
  /// it is, since the controls and the published modes beside it learn from training spots alone.
  public var final: FoldData {
    guard learnsFromValidation else { return self }
    var result = self
    result.training = (training + validation).sorted()
    result.validation = []
    return result
  }

  public var spotCount: Int { coordinates.count }
  public var classCount: Int { classNames.count }

  /// The slice of each spot, `[N]`.
  public var sliceOfSpot: [Int] { slices.enumerated().flatMap { number, range in range.map { _ in number } } }

  /// Positions of the spots whose expression genes and scaling may be fitted on.
  public var fittingSpots: [Int] { fitsOnAllSpots ? Array(0..<spotCount) : training }

  /// The spots of a slice that its own means and deviations are taken over: the fitting spots in it where it has some and
  /// test spots beside them, else all. So slices that are learned from and slices that are tested on are scaled alike: over
  /// the whole slice, whose share of each layer the means depend on.
  public func scalingSpots(ofSlice number: Int) -> [Int] {
    let range = slices[number]
    let own = fittingSpots.filter(range.contains)
    return own.isEmpty || !test.contains(where: range.contains) ? Array(range) : own
  }

  /// The slices that have training or validation spots.
  public var trainedSlices: [Int] {
    slices.indices.filter { number in
      training.contains(where: slices[number].contains) || validation.contains(where: slices[number].contains)
    }
  }
}

extension FoldData {
  /// The fold with only some of its slices, in the given order.
  public func restricted(toSlices numbers: [Int]) -> FoldData {
    let spots = numbers.flatMap { Array(slices[$0]) }
    var place = [Int](repeating: -1, count: spotCount)
    for (new, old) in spots.enumerated() { place[old] = new }
    func moved(_ positions: [Int]) -> [Int] { positions.map { place[$0] }.filter { $0 >= 0 }.sorted() }
    var ranges = [Range<Int>]()
    for number in numbers {
      let start = ranges.last?.upperBound ?? 0
      ranges.append(start..<start + slices[number].count)
    }
    return FoldData(
      sliceNames: numbers.map { sliceNames[$0] }, slices: ranges, counts: counts.gatheringRows(spots), genes: genes,
      sizes: sizes.map { sizes in spots.map { sizes[$0] } }, coordinates: spots.map { coordinates[$0] },
      embedding: embedding?.gatheringRows(spots), image: image?.gatheringRows(spots),
      labels: spots.map { labels[$0] }, classNames: classNames, training: moved(training),
      validation: moved(validation), test: moved(test), fitsOnAllSpots: fitsOnAllSpots,
      learnsFromValidation: learnsFromValidation)
  }
}

extension FoldData {
  /// - Throws: `EvaluationError.emptyPart`, `.oneClass` where there is nothing to learn.
  func checkLearnable() throws {
    guard let first = training.first else { throw EvaluationError.emptyPart("no labelled spot is left to train on.") }
    if validation.isEmpty { throw EvaluationError.emptyPart("no labelled spot is left to validate on.") }
    if training.allSatisfy({ labels[$0] == labels[first] }) {
      throw EvaluationError.oneClass(className: classNames[Int(labels[first])])
    }
  }
}
