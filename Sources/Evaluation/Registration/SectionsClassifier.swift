import Glibc
import Metrics
import Models
import SparseGraph
import StomicsCore

/// The mode `sections`: what `layers` says by genes, and what serial sections say by position. For a slice of the same block
/// of tissue as the slices that are learned from.
///
/// Two opinions that err for different reasons: genes where counts are few, position where a section was cut or bent
/// otherwise. Their probabilities are multiplied: those of `layers`, calibrated, and the registered sections' votes
/// (`RegistrationControl`), averaged over one ring, 0.03 added to each, so that position alone cannot rule a domain out.
public struct SectionsClassifier: Classifier {
  public let name: String
  private let layers: LayerAttentionClassifier
  private static let position = RegistrationControl()
  private static let smoothingRings = 1
  private static let leastVote: Float = 0.03
  private static let leastAgreement = 0.6

  public init(radii: [Int] = [1, 3, 5], name: String = "sections") {
    layers = LayerAttentionClassifier(radii: radii)
    self.name = name
  }

  public func reach(_ coordinates: [SIMD2<Double>]) -> Reach { layers.reach(coordinates) }

  public func predict(_ fold: FoldData, seed: Int) throws -> ClassifierOutput {
    var output = try layers.predict(fold, seed: seed)
    let genes = TemperatureScaling(temperature: output.temperature ?? 1).probabilities(output.logits)
    let votes = softmax(try Self.position.predict(fold, seed: seed).logits)
      .means(over: try disks(fold.coordinates, slices: fold.slices, rings: Self.smoothingRings))
    output.logits = genes.logarithms()
    for i in output.logits.values.indices { output.logits.values[i] += logf(votes.values[i] + Self.leastVote) }
    output.temperature = 1

    let known = fold.trainedSlices
    let tested = fold.slices.indices.filter { !known.contains($0) }.flatMap { Array(fold.slices[$0]) }
    let (byGenes, byPosition) = (mostProbableClasses(genes), mostProbableClasses(votes))
    let agreement = Double(tested.count { byGenes[$0] == byPosition[$0] }) / Double(max(tested.count, 1))
    let words =
      "genes and position name the same domain at \((100 * agreement).formatted(decimals: 0)) % of the spots"
    output.choice = words
    if agreement < Self.leastAgreement {
      output.warning =
        "\(words); with serial sections it should be most. Are the slices of one block of tissue? If not, take mode layers, which reads genes alone."
    }
    return output
  }
}
