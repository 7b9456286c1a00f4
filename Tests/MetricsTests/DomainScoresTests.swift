import FoundationEssentials
import Metrics
import StomicsCore
import TestSupport
import Testing

/// Edges source → target as lists of incoming neighbours.
private func incoming(_ sources: [Int], _ targets: [Int], count: Int) -> NeighbourLists {
  var lists = [[Int32]](repeating: [], count: count)
  for (s, t) in zip(sources, targets) { lists[t].append(Int32(s)) }
  return NeighbourLists(
    indptr: lists.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }, indices: Array(lists.joined()))
}

@Test("All scores equal the published system's on 300 spots")
func extendedMetricsMatchReference() throws {
  let golden = try Golden.load(Fixtures.path("metrics/c_extended.safetensors"))
  let expected = try JSONDecoder().decode(
    [String: Double].self, from: Data(contentsOf: URL(filePath: Fixtures.path("metrics/c_extended.json"))))
  let edges = golden["edge_index"].ints
  let count = edges.count / 2
  let probabilities = Matrix(rows: 300, columns: 5, values: golden["probs"].floats)
  let scores = DomainScores(
    spots: Array(0..<300), labels: golden["true"].ints.map { Int32($0) }, probabilities: probabilities,
    classNames: ["a", "b", "c", "d", "e"],
    incoming: incoming(Array(edges[..<count]), Array(edges[count...]), count: 300))
  #expect(mostProbableClasses(probabilities).map(Int.init) == golden["pred"].ints)
  func check(_ actual: Double?, _ name: String, tolerance: Double = 1e-12) throws {
    let actual = try #require(actual)
    let expected = try #require(expected[name])
    #expect(abs(actual - expected) <= tolerance, "\(name): \(actual), expected \(expected)")
  }
  try check(scores.ari, "ari")
  try check(scores.nmi, "nmi")
  try check(scores.accuracy, "accuracy")
  try check(scores.top2Accuracy, "top2_accuracy")
  // The reference takes logarithms of Float probabilities in Float.
  try check(scores.logLoss, "log_loss", tolerance: 1e-7)
  try check(scores.publishedBoundaryAccuracy, "boundary_accuracy")
  try check(scores.publishedInteriorAccuracy, "interior_accuracy")
  #expect(scores.publishedBoundaryCount == 90 && scores.publishedInteriorCount == 210)
  #expect(scores.boundaryAccuracy == nil && scores.boundaryCount == nil && scores.ordinalError == nil)
  #expect(scores.spotCount == 300 && scores.classes.map(\.support).reduce(0, +) == 300)
}

// Five spots in a row, labels 0 0 1 1 and one unlabelled; each one's neighbours are left and right.
private let row = NeighbourLists(indptr: [0, 1, 3, 5, 7, 8], indices: [1, 0, 2, 1, 3, 2, 4, 3])
private let rowLabels: [Int32] = [0, 0, 1, 1, -1]

@Test("Boundary by own label and the whole slice; published: by the drawn neighbours among themselves")
func boundaryDefinitions() {
  #expect(boundarySpots([0, 1, 2, 3], labels: rowLabels, nearest: row) == [false, true, true, false])
  #expect(boundarySpots([2], labels: rowLabels, nearest: row) == [true])
  #expect(publishedBoundarySpots([0, 1, 2, 3], labels: rowLabels, incoming: row) == [false, true, true, false])
  // Without spot 1 the two sides of spot 2 no longer disagree; spot 0 has no drawn neighbour.
  #expect(publishedBoundarySpots([0, 2, 3], labels: rowLabels, incoming: row) == [false, false, false])
}

@Test("Unlabelled spots are passed over; the JSON names every value, and reads back equal")
func scoresAsJSON() throws {
  let probabilities = Matrix(rows: 5, columns: 2, values: [0.9, 0.1, 0.4, 0.6, 0.2, 0.8, 0.3, 0.7, 0.5, 0.5])
  let scores = DomainScores(
    spots: [0, 1, 2, 3, 4], labels: rowLabels, probabilities: probabilities, classNames: ["Layer1", "WM"], nearest: row)
  #expect(scores.spotCount == 4)
  #expect(scores.accuracy == 0.75 && scores.boundaryAccuracy == 0.5 && scores.interiorAccuracy == 1)
  #expect(scores.ordinalError == 0.25)
  #expect(scores.confusion == [[1, 1], [0, 2]])
  let data = try JSONEncoder().encode(scores)
  let text = String(decoding: data, as: UTF8.self)
  for name in [
    "ari", "nmi", "accuracy", "macro_f1", "top2_accuracy", "log_loss", "boundary_accuracy", "interior_accuracy", "ece",
    "ordinal_error",
  ] {
    #expect(text.contains("\"\(name)\":"), "\(name)")
  }
  #expect(text.contains("\"boundary_accuracy_published\":null"))
  #expect(try JSONDecoder().decode(DomainScores.self, from: data) == scores)
}

@Test("No labelled spots: counts of 0 and no values")
func scoresOfNothing() throws {
  let scores = DomainScores(
    spots: [4], labels: rowLabels, probabilities: Matrix(rows: 5, columns: 2), classNames: ["a", "b"], nearest: row,
    incoming: row)
  #expect(scores.spotCount == 0 && scores.ari == nil && scores.accuracy == nil && scores.logLoss == nil)
  #expect(scores.boundaryCount == 0 && scores.boundaryAccuracy == nil && scores.ece == nil)
  _ = try JSONEncoder().encode(scores)
}

@Test func laminarNamesAreRecognised() {
  #expect(laminarRanks(["Layer1", "Layer2", "Layer10", "WM"]) == [0, 1, 2, 3])
  #expect(laminarRanks(["WM", "Layer 3", "Layer 2"]) == [2, 1, 0])
  #expect(laminarRanks(["L2", "L1"]) == [1, 0])
  #expect(laminarRanks(["Layer1", "tumour"]) == nil)
  #expect(laminarRanks(["Layer1", "Area2"]) == nil)
  #expect(laminarRanks(["Layer1", "layer_1"]) == nil)
  #expect(laminarRanks(["WM"]) == nil)
  #expect(laminarRanks(["a", "b"]) == nil)
  #expect(laminarRanks([]) == nil)
}
