import Metrics
import StomicsCore
import TestSupport
import Testing

private let probabilities = Matrix(
  rows: 4, columns: 3, values: [0.5, 0.3, 0.2, 0.1, 0.1, 0.8, 0.4, 0.4, 0.2, 0, 1, 0])

@Test func mostProbableIsTheFirstOfEquals() {
  #expect(mostProbableClasses(probabilities) == [0, 2, 0, 1])
}

@Test func topAccuracyCountsRanks() {
  let truth: [Int32] = [1, 0, 1, 2]
  #expect(topAccuracy(1, truth: truth, probabilities: probabilities) == 0)
  // Row 1: 0 and 1 are equal behind 2, the lower code is second. Row 3: 0 is second.
  #expect(topAccuracy(2, truth: truth, probabilities: probabilities) == 0.75)
  #expect(topAccuracy(3, truth: truth, probabilities: probabilities) == 1)
}

@Test func logLossClips() {
  let value = logLoss(truth: [0, 2, 0, 0], probabilities: probabilities)
  let expected = (0.6931471805599453 + 0.2231435513142097 + 0.916290731874155 + 16.11809565095832) / 4
  #expect(abs(value - expected) < 1e-7)
}

@Test func calibrationByHand() {
  // Confidences 0.5 right, 0.8 right, 0.4 wrong, 1 wrong: one spot a bin.
  let curve = ReliabilityCurve(truth: [0, 2, 1, 0], probabilities: probabilities)
  #expect(curve.bins.count == 15)
  #expect(curve.bins.map(\.count) == [0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 1])
  #expect(curve.bins[14].accuracy == 0 && curve.bins[14].confidence == 1)
  #expect(curve.bins[0].accuracy == nil)
  #expect(abs(curve.expectedCalibrationError - (0.5 + 0.2 + 0.4 + 1) / 4) < 1e-7)
}

@Test("A confidence on a border belongs to the bin below, 0 to the first")
func calibrationBorders() {
  let curve = ReliabilityCurve(
    truth: [0, 0, 0], probabilities: Matrix(rows: 3, columns: 1, values: [0, 0.5, 1]), binCount: 2)
  #expect(curve.bins.map(\.count) == [2, 1])
}

@Test("Silhouette equals scikit-learn")
func silhouetteMatchesReference() throws {
  let golden = try Golden.load(Fixtures.path("metrics/c_silhouette.safetensors"))
  let points = Matrix(rows: 200, columns: 10, values: golden["points"].floats)
  let labels = golden["group"].ints.map { Int32($0) }
  let score = try #require(silhouetteScore(points, labels: labels))
  // The reference computes Float distances: its own value in Double is 0.09808454235566351.
  #expect(abs(score - 0.09808454662561417) < 1e-7)
  #expect(abs(score - 0.09808454235566351) < 1e-12)
}

@Test func silhouetteEdgeCases() {
  let points = Matrix(rows: 4, columns: 1, values: [0, 1, 10, 10])
  #expect(silhouetteScore(points, labels: [0, 0, 0, 0]) == nil)
  #expect(silhouetteScore(points, labels: [0, 1, 2, 3]) == nil)
  #expect(silhouetteScore(Matrix(rows: 0, columns: 2), labels: []) == nil)
  // The lone point counts 0; the pair at 10 has distance 0 inside: 1 each; the point at 0 is alone with group 5.
  #expect(silhouetteScore(points, labels: [5, 7, 9, 9]) == 0.5)
  // All on one place: 0, not NaN.
  #expect(silhouetteScore(Matrix(rows: 4, columns: 1), labels: [0, 0, 1, 1]) == 0)
}
