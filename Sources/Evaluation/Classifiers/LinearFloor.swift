import Metrics
import Models
import Preprocessing
import StomicsCore

/// The linear floor: logistic regression on genes averaged over the spots around. A graph model that does not beat it has
/// not earned its parameters.
///
/// The 3,000 highly variable genes, standardised slice by slice, are projected on the 50 principal components of the
/// training spots (a linear map of genes, which regularises), averaged over disks of some rings, standardised again, and
/// classified. The rings (0 to 3) and λ are those of the highest validation accuracy, then of the lowest log-loss; then all
/// is learned anew from validation spots too (`FoldData.final`).
public struct LinearFloor: Classifier {
  /// The rings to choose from.
  public let rings: [Int]
  private static let lambdas = [1e-4, 1e-3, 1e-2, 1e-1]
  private static let componentCount = 50
  private static let geneCount = 3000

  public init(rings: [Int] = [0, 1, 2, 3]) { self.rings = rings }

  public var name: String { "linear floor" }

  public func reach(_ coordinates: [SIMD2<Double>]) -> Reach { .within(rings: Double(rings.max() ?? 0)) }

  public func predict(_ fold: FoldData, seed: Int) throws -> ClassifierOutput {
    let scores = try fold.componentScores(geneCount: Self.geneCount, count: Self.componentCount)
    let truth = fold.validation.map { fold.labels[$0] }
    var best: (accuracy: Double, loss: Double, logits: Matrix, rings: Int, lambda: Double)?
    for ring in rings {
      let features = try averaged(scores, fold, rings: ring)
      let training = features.gatheringRows(fold.training)
      let labels = fold.training.map { fold.labels[$0] }
      var fit: LogisticRegression?
      for lambda in Self.lambdas.reversed() {
        let next = LogisticRegression(training, labels: labels, classCount: fold.classCount, lambda: lambda, start: fit)
        fit = next
        let logits = next.logits(features)
        let probabilities = softmax(logits.gatheringRows(fold.validation))
        let accuracy = topAccuracy(1, truth: truth, probabilities: probabilities)
        let loss = logLoss(truth: truth, probabilities: probabilities)
        if best.map({ (accuracy, -loss) > ($0.accuracy, -$0.loss) }) ?? true {
          best = (accuracy, loss, logits, ring, lambda)
        }
      }
    }
    guard let best else { throw EvaluationError.noGenes(slices: fold.sliceNames) }
    let choice = "\(best.rings) rings, λ = \(best.lambda)"
    guard fold.learnsFromValidation else { return ClassifierOutput(logits: best.logits, choice: choice) }
    let temperature = TemperatureScaling(logits: best.logits.gatheringRows(fold.validation), truth: truth).temperature
    let last = fold.final
    let features = try averaged(
      last.componentScores(geneCount: Self.geneCount, count: Self.componentCount), last, rings: best.rings)
    let fit = LogisticRegression(
      features.gatheringRows(last.training), labels: last.training.map { last.labels[$0] },
      classCount: last.classCount, lambda: best.lambda)
    return ClassifierOutput(logits: fit.logits(features), temperature: temperature, choice: choice)
  }

  private func averaged(_ scores: Matrix, _ fold: FoldData, rings: Int) throws -> Matrix {
    (rings == 0 ? scores : scores.means(over: try disks(fold.coordinates, slices: fold.slices, rings: rings)))
      .standardised(fold)
  }
}

extension FoldData {
  /// Every spot's coordinates on the principal components of the training spots, `[N, count or fewer]`.
  func componentScores(geneCount: Int, count: Int) throws -> Matrix {
    let z = try LogNormalised(self).highlyVariable(geneCount, self).standardised(self)
    return try PrincipalComponents(z.gatheringRows(fittingSpots), count: count).projecting(z)
  }
}
