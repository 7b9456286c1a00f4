import Metrics
import Models
import SparseGraph
import StomicsCore
import Training

/// The mode `kriging`: labels of a partly labelled slice carried on to its other spots, by position and genes together.
///
/// Kernel ridge regression of one-hot labels, as the coordinates-only control, with one kernel more: labelled spots count
/// as far as they are near *and* look alike. Alike by genes: logistic regression on the features of `rings` gives every
/// spot class probabilities (labelled spots by regressions that have not seen their own label), they are averaged over two
/// rings, and the second kernel is a Gaussian in their square roots. So a label spreads along its layer and not across a
/// boundary that the genes show.
///
/// The second kernel's width is that of the lowest log-loss on validation spots; then these are learned from, too
/// (`FoldData.final`).
public struct KrigingClassifier: Classifier {
  public let radii: [Int]
  public let name: String

  private static let penalty = 0.01
  private static let parts = 5
  /// Of the first kernel, in spot pitches.
  private static let width = 4.0
  /// Of the second, in square roots of probabilities, to choose from.
  private static let likenessWidths = [0.3, 0.5, 0.8]
  private static let smoothingRings = 2
  private static let lambda = 0.1

  public init(radii: [Int] = [1, 3, 5], name: String = "kriging") {
    self.radii = radii
    self.name = name
  }

  public func reach(_ coordinates: [SIMD2<Double>]) -> Reach {
    .within(rings: Double(Self.smoothingRings + max(1, radii.max() ?? 0)))
  }

  /// - Throws: `EvaluationError.mode` where the fold has more than one slice.
  public func predict(_ fold: FoldData, seed: Int) throws -> ClassifierOutput {
    if fold.slices.count != 1 {
      throw EvaluationError.mode(name, problem: "carries labels on inside one slice; places of two do not compare.")
    }
    let roots = try self.roots(fold, seed)
    let validated = roots.gatheringRows(fold.validation)
    let places = fold.validation.map { fold.coordinates[$0] }
    let truth = fold.validation.map { fold.labels[$0] }
    var best: (loss: Double, ridge: KernelRidge, width: Double)?
    for width in Self.likenessWidths {
      let ridge = try ridge(fold, roots, width)
      let loss = logLoss(truth: truth, probabilities: ridge.values(at: places, features: validated).shares())
      if best.map({ loss < $0.loss }) ?? true { best = (loss, ridge, width) }
    }
    guard let best else { preconditionFailure("there are choices") }
    let logits = best.ridge.values(at: fold.coordinates, features: roots).shares().logarithms()
    var output = ClassifierOutput(logits: logits, choice: "likeness width \(best.width)")
    guard fold.learnsFromValidation else { return output }
    // Calibrated on the validation spots, then everything is learned anew, from these as well.
    output.temperature =
      TemperatureScaling(logits: logits.gatheringRows(fold.validation), truth: truth).temperature
    let last = try self.roots(fold.final, seed)
    output.logits = try ridge(fold.final, last, best.width).values(at: fold.coordinates, features: last).shares()
      .logarithms()
    return output
  }

  private func ridge(_ fold: FoldData, _ roots: Matrix, _ width: Double) throws -> KernelRidge {
    KernelRidge(
      fold.training.map { fold.coordinates[$0] },
      features: KernelRidge.Features(roots.gatheringRows(fold.training), width: width),
      targets: fold.training.map { fold.labels[$0] }, classCount: fold.classCount,
      width: Self.width * (try spotPitch(fold.coordinates)), lambda: Self.lambda)
  }

  /// Square roots of the smoothed probabilities by genes, `[N, C]`.
  private func roots(_ fold: FoldData, _ seed: Int) throws -> Matrix {
    try geneProbabilities(fold, seed).means(
      over: try disks(fold.coordinates, slices: fold.slices, rings: Self.smoothingRings)
    ).squareRoots()
  }

  /// Class probabilities by genes, `[N, C]`: at training spots of regressions that have not seen the spot's label.
  private func geneProbabilities(_ fold: FoldData, _ seed: Int) throws -> Matrix {
    let features = try RingFeatures(fold, radii: radii).values
    func regression(_ spots: [Int]) -> LogisticRegression {
      LogisticRegression(
        features.gatheringRows(spots), labels: spots.map { fold.labels[$0] }, classCount: fold.classCount,
        lambda: Self.penalty)
    }
    var result = softmax(regression(fold.training).logits(features))
    var generator = SeededGenerator(seed: UInt64(bitPattern: Int64(seed)), stream: 7)
    let order = generator.permutation(fold.training.count).map { fold.training[$0] }
    let parts = min(Self.parts, order.count)
    if parts < 2 { return result }
    for part in 0..<parts {
      let own = order.indices.filter { $0 % parts == part }.map { order[$0] }.sorted()
      let others = order.indices.filter { $0 % parts != part }.map { order[$0] }.sorted()
      let found = softmax(regression(others).logits(features.gatheringRows(own)))
      for (row, i) in own.enumerated() {
        for c in 0..<fold.classCount { result[i, c] = found[row, c] }
      }
    }
    return result
  }
}
