import StomicsCore
import Testing

@testable import Evaluation

@Suite("The mode rings")
struct RingsTests {
  @Test("it learns layers of another slice, and gives the same numbers with one thread and with two")
  func acrossSlices() throws {
    let set = try Slices.set(2, spots: 700, genes: 600)
    let division = EvaluationProtocol(.leaveOneSliceOut)
    let rings = RingsClassifier(radii: [1, 2])
    let plan = try division.folds(try division.units(set)[0], of: set, seed: 1, reach: rings.reach)[0]
    let data = try plan.data(set)
    let output = try rings.predict(data, seed: 1)
    var scoring = Scoring(set)
    scoring.add(output, plan, data)
    #expect(try #require(try scoring.results()[0].scores.ari) > 0.25)
    #expect(try rings.predict(data, seed: 1).logits == output.logits)
    #expect(try rings.predict(data, seed: 2).logits != output.logits)
  }

  @Test("it reaches its widest disk, and one ring at least, since components are fitted on averages over one")
  func reach() throws {
    let places = try Slices.set(1).slices[0].coordinates
    #expect(RingsClassifier(radii: [1, 5]).reach(places).rings == 5)
    #expect(RingsClassifier(radii: [0]).reach(places).rings == 1)
  }

  @Test("recentring moves predictions of unseen slices only")
  func recentred() throws {
    let set = try Slices.set(2, donors: ["a", "b"], spots: 400)
    let division = EvaluationProtocol(.leaveOneDonorOut)
    let unit = try division.units(set)[0]
    let plain = RingsClassifier(radii: [1])
    let data = try division.folds(unit, of: set, seed: 1, reach: plain.reach)[0].data(set)
    let before = try plain.predict(data, seed: 1).logits
    let after = try RingsClassifier(radii: [1], recentres: true).predict(data, seed: 1).logits
    #expect(before.gatheringRows(data.training) == after.gatheringRows(data.training))
    #expect(before.gatheringRows(data.test) != after.gatheringRows(data.test))
  }
}
