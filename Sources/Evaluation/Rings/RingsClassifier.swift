import Metrics
import StomicsCore

/// The mode `rings`: few components of spatially variable genes, seen over disks of several radii, by an ensemble of small
/// networks. It reads genes and the places of a slice's spots relative to each other, no absolute position.
///
/// Calibrated on the validation spots, then learned anew from these too (`FoldData.final`). For another donor's slices the features are recentred (`Recentring`).
public struct RingsClassifier: Classifier {
  /// Radii of the disks, in rings.
  public let radii: [Int]
  /// Whether slices that are not learned from are recentred.
  public let recentres: Bool

  public let name: String

  public init(radii: [Int] = [1, 3, 5], recentres: Bool = false, name: String = "rings") {
    self.radii = radii
    self.recentres = recentres
    self.name = name
  }

  /// At least one ring: components are fitted on averages over it.
  public func reach(_ coordinates: [SIMD2<Double>]) -> Reach { .within(rings: Double(max(1, radii.max() ?? 0))) }

  public func predict(_ fold: FoldData, seed: Int) throws -> ClassifierOutput {
    // Calibrated on the validation spots, then everything is learned anew, from these as well.
    let (first, parameterCount) = try logits(fold, seed)
    let temperature = TemperatureScaling(
      logits: first.gatheringRows(fold.validation), truth: fold.validation.map { fold.labels[$0] }
    ).temperature
    let last = try fold.learnsFromValidation ? logits(fold.final, seed).logits : first
    return ClassifierOutput(
      logits: last, temperature: temperature, parameterCount: parameterCount, epochs: SmallNetwork.epochs)
  }

  private func logits(_ fold: FoldData, _ seed: Int) throws -> (logits: Matrix, parameterCount: Int) {
    var features = try RingFeatures(fold, radii: radii).values
    let networks = NetworkEnsemble(
      features, spots: fold.training, labels: fold.labels, classCount: fold.classCount, seed: seed)
    if recentres { features = fold.recentred(features, networks.probabilities) }
    return (networks.probabilities(features).logarithms(), networks.parameterCount)
  }
}
