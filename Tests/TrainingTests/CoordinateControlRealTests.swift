import AnnData
import Metrics
import TestSupport
import Testing
import Training

/// What the same classifiers reach in scikit-learn and NumPy on the published split (seed 42): ARI, accuracy.
private let reference: [(slice: String, nearest: (Double, Double), ridge: (Double, Double))] = [
  ("151673", (0.8962, 0.9502), (0.9342, 0.9668)),
  ("151674", (0.8727, 0.9367), (0.9303, 0.9656)),
  ("151675", (0.8465, 0.9188), (0.8897, 0.9440)),
]

@Test(
  "Coordinates alone reach what scikit-learn reaches on real slices",
  .enabled(if: Fixtures.realData("dlpfc/151673.h5ad") != nil, "needs the real slices"))
func controlsOnRealSlices() throws {
  for (slice, nearest, ridge) in reference {
    let path = try #require(Fixtures.realData("dlpfc/\(slice).h5ad"))
    let adata = try AnnData.read(path)
    let labels = try adata.labels("sce.layer_guess")
    let labelled = labels.codes.indices.filter { labels.codes[$0] >= 0 }
    let coordinates = try adata.coordinates()
    let points = labelled.map { coordinates[$0] }
    let codes = labelled.map { labels.codes[$0] }
    let split = try Split(labels: codes, classNames: labels.categories, seed: 42, method: .sklearn)
    let controls = try CoordinateControls(
      spots: split.test, coordinates: points, labels: codes, training: split.train, classNames: labels.categories,
      nearest: try NeighbourLists.nearest(of: points))
    for (control, expected) in [(CoordinateControl.nearestSpots, nearest), (.kernelRidge, ridge)] {
      let scores = controls[control]
      #expect(abs(try #require(scores.ari) - expected.0) < 6e-5, "\(slice) \(control): \(scores.ari ?? .nan)")
      #expect(abs(try #require(scores.accuracy) - expected.1) < 6e-5, "\(slice) \(control)")
      // Almost all that position gets wrong lies at the borders.
      #expect(try #require(scores.interiorAccuracy) > 0.97, "\(slice) \(control)")
    }
    #expect(controls.better == .kernelRidge)
  }
}
