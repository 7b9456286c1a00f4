import StomicsCore
import Training

/// A control that sees where spots lie and no gene; only inside one slice, since places of two slices do not compare.
public struct CoordinateClassifier: Classifier {
  public let control: CoordinateControl

  public init(_ control: CoordinateControl) { self.control = control }

  public var name: String {
    switch control {
    case .nearestSpots: "coordinates: 5 nearest spots"
    case .kernelRidge: "coordinates: kernel ridge"
    }
  }

  public func reach(_ coordinates: [SIMD2<Double>]) -> Reach { .within(rings: 0) }

  public func predict(_ fold: FoldData, seed: Int) throws -> ClassifierOutput {
    precondition(fold.slices.count == 1, "places of two slices do not compare")
    let shares = try control.probabilities(
      coordinates: fold.coordinates, labels: fold.labels, training: fold.training, classCount: fold.classCount)
    return ClassifierOutput(logits: shares.logarithms())
  }
}
