import SparseGraph
import StomicsCore
import Training

/// The control across slices: every slice that is learned from is laid onto the tested one by what they express, and labels
/// are read off by position. No gene is asked what layer it marks.
///
/// Serial sections of one block of tissue have their layers at the same places, so position leaks between slices too. Laid
/// down by the first 10 principal components of spatially variable genes, averaged over 2 rings (as in `rings`), with an
/// affine and then a cubic map; the 5 nearest labelled spots of each slice vote, each by 1 / distance, all slices alike.
/// Nothing is chosen by validation spots, and labels of both training and validation spots are read.
public struct RegistrationControl: Classifier {
  public let name = "registration: labels by position"
  private static let rings = 2
  private static let componentCount = 10

  public init() {}

  public func reach(_ coordinates: [SIMD2<Double>]) -> Reach { .within(rings: Double(Self.rings)) }

  public func predict(_ fold: FoldData, seed: Int) throws -> ClassifierOutput {
    let last = fold.final
    let all = try RingFeatures(last, radii: [Self.rings]).values
    let count = min(all.columns, Self.componentCount)
    let features = Matrix(
      rows: all.rows, columns: count, values: (0..<all.rows).flatMap { Array(all.row($0).prefix(count)) })
    var places = fold.coordinates
    for range in fold.slices {
      let width = try ringWidth(Array(places[range]))
      for i in range { places[i] /= width }
    }
    let known = last.trainedSlices
    let atlases = try known.map { number -> Atlas in
      let range = Array(fold.slices[number])
      let spots = last.training.filter(fold.slices[number].contains)
      return Atlas(
        raster: try FeatureRaster(range.map { places[$0] }, features.gatheringRows(range)),
        places: range.map { places[$0] }, labelled: spots.map { places[$0] }, labels: spots.map { last.labels[$0] })
    }
    var votes = Matrix(rows: fold.spotCount, columns: fold.classCount)
    for number in fold.slices.indices {
      let range = Array(fold.slices[number])
      let own = range.map { places[$0] }
      for atlas in atlases where !known.contains(number) {
        let registration = try Registration(own, features.gatheringRows(range), onto: atlas.raster, atlas.places)
        let vote = try nearestVote(
          atlas.labelled, atlas.labels, at: own.map { registration.map($0) }, classCount: fold.classCount)
        for (row, i) in range.enumerated() {
          for c in 0..<fold.classCount { votes[i, c] += vote[row, c] / Float(atlases.count) }
        }
      }
    }
    return ClassifierOutput(logits: votes.logarithms(), temperature: 1)
  }

  private struct Atlas {
    let raster: FeatureRaster
    let places: [SIMD2<Double>]
    let labelled: [SIMD2<Double>]
    let labels: [Int32]
  }
}
