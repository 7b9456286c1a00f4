import AnnData
import Metrics
import Simulation
import SparseGraph
import StomicsCore
import Testing
import Training

@testable import Evaluation

@Suite("The modes layers, sections and kriging")
struct OwnModeTests {
  private static func accuracy(_ classifier: any Classifier, _ set: SliceSet, _ kind: EvaluationProtocol.Kind) throws
    -> Double
  {
    let division = EvaluationProtocol(kind)
    let plan = try division.folds(try division.units(set)[0], of: set, seed: 1, reach: classifier.reach)[0]
    let data = try plan.data(set, learnsFromValidation: kind != .random)
    var scoring = Scoring(set)
    scoring.add(try classifier.predict(data, seed: 1), plan, data)
    return try #require(try scoring.results()[0].scores.accuracy)
  }

  @Test("layers learns from one slice or several, recentred or not", arguments: [2, 3], [false, true])
  func layers(slices: Int, recentres: Bool) throws {
    let set = try Slices.set(slices, spots: 600, genes: 500)
    let layers = LayerAttentionClassifier(radii: [1, 2], recentres: recentres)
    #expect(try Self.accuracy(layers, set, .leaveOneSliceOut) > 0.5)
    #expect(layers.reach(set.slices[0].coordinates).rings == 20)
  }

  @Test("layers gives the same numbers for any number of threads, others for another seed")
  func sameNumbers() throws {
    let set = try Slices.set(2, spots: 400)
    let division = EvaluationProtocol(.leaveOneSliceOut)
    let layers = LayerAttentionClassifier(radii: [1])
    let data = try division.folds(try division.units(set)[0], of: set, seed: 1, reach: layers.reach)[0].data(set)
    let threads = Threads.count
    defer { Threads.count = threads }
    Threads.count = 1
    let one = try layers.predict(data, seed: 1).logits
    Threads.count = 4
    #expect(try layers.predict(data, seed: 1).logits == one)
    #expect(try layers.predict(data, seed: 2).logits != one)
  }

  @Test("likeness weighs: spots unlike the spot itself hardly count, and none of another slice does")
  func likeness() throws {
    let places = (0..<8).map { SIMD2(Double($0 % 4), 0) }
    let values = Matrix(rows: 8, columns: 1, values: [1, 3, 100, 100, 7, 7, 7, 7])
    let likeness = Matrix(rows: 8, columns: 1, values: [0, 0, 9, 9, 0, 0, 0, 0])
    let means = try values.means(around: places, slices: [0..<4, 4..<8], rings: 5, likeness: likeness, width: 0.5)
    #expect(means.values == [2, 2, 100, 100, 7, 7, 7, 7])
    let wide = try values.means(around: places, slices: [0..<4, 4..<8], rings: 5, likeness: likeness, width: 1e6)
    #expect(wide.values.prefix(4).allSatisfy { abs($0 - 51) < 1e-4 })
  }

  @Test("kriging beats the coordinates-only control where genes tell more, and chooses by validation spots")
  func kriging() throws {
    let set = try Slices.set(1, spots: 900, genes: 500)
    let kriging = KrigingClassifier(radii: [1, 2])
    let own = try Self.accuracy(kriging, set, .random)
    #expect(try own > Self.accuracy(CoordinateClassifier(.kernelRidge), set, .random))
    let division = EvaluationProtocol(.random)
    let data = try division.folds(try division.units(set)[0], of: set, seed: 1, reach: kriging.reach)[0].data(
      set, learnsFromValidation: false)
    let output = try kriging.predict(data, seed: 1)
    #expect(try #require(output.choice).contains("likeness width"))
    #expect(try kriging.predict(data, seed: 1).logits == output.logits)
  }

  /// Two serial sections: every count of a tissue falls to one or the other, and the second is turned by a right angle.
  private static func sections() throws -> SliceSet {
    let whole = try simulateCortex(SimulationOptions(spots: 700, genes: 500, seed: 1, depth: 3000))
    let counts = try whole.matrix()
    var random = SeededGenerator(seed: 5)
    var halves = [counts.values, counts.values]
    for k in counts.values.indices {
      let first = (0..<Int(counts.values[k])).reduce(0) { sum, _ in sum + random.integer(below: 2) }
      halves[0][k] = Float(first)
      halves[1][k] = counts.values[k] - Float(first)
    }
    let places = try whole.coordinates()
    return try SliceSet(
      halves.enumerated().map { number, values in
        var section = whole
        section.x = .sparse(
          SparseArray(
            CSRMatrix(
              rows: counts.rows, columns: counts.columns, indptr: counts.indptr, indices: counts.indices, values: values
            )))
        let turned = places.flatMap { number == 0 ? [$0.x, $0.y] : [-$0.y, $0.x] }
        section.obsm["spatial"] = .array(DenseArray(shape: [places.count, 2], values: .float64(turned)))
        return try EvaluationSlice(section, name: "section\(number)", donor: nil, options: Slices.options)
      })
  }

  @Test("sections adds where serial sections lie on each other to what genes say, and doubts slices that are none")
  func serialSections() throws {
    let sections = SectionsClassifier(radii: [1, 2])
    let serial = try Self.sections()
    let both = try Self.accuracy(sections, serial, .leaveOneSliceOut)
    #expect(try both > Self.accuracy(LayerAttentionClassifier(radii: [1, 2]), serial, .leaveOneSliceOut))
    func output(_ set: SliceSet) throws -> ClassifierOutput {
      let division = EvaluationProtocol(.leaveOneSliceOut)
      let plan = try division.folds(try division.units(set)[0], of: set, seed: 1, reach: sections.reach)[0]
      return try sections.predict(try plan.data(set), seed: 1)
    }
    let known = try output(serial)
    #expect(known.warning == nil && known.temperature == 1)
    #expect(try #require(known.choice).contains("genes and position name the same domain"))
    let others = try output(try Slices.set(2, spots: 700, genes: 300))
    #expect(try #require(others.warning).contains("one block of tissue"))
  }

  @Test("kriging refuses two slices: their places do not compare")
  func twoSlices() throws {
    let set = try Slices.set(2)
    let division = EvaluationProtocol(.leaveOneSliceOut)
    let kriging = KrigingClassifier()
    let data = try division.folds(try division.units(set)[0], of: set, seed: 1, reach: kriging.reach)[0].data(set)
    #expect(throws: EvaluationError.self) { try kriging.predict(data, seed: 1) }
  }

  @Test("once everything is chosen validation spots train, but for random splits")
  func final() throws {
    let set = try Slices.set(2)
    let division = EvaluationProtocol(.leaveOneSliceOut)
    let plan = try division.folds(
      try division.units(set)[0], of: set, seed: 1, reach: FoldTests.near)[0]
    let data = try plan.data(set)
    #expect(data.final.training == (data.training + data.validation).sorted() && data.final.validation.isEmpty)
    let random = try plan.data(set, learnsFromValidation: false)
    #expect(random.final.training == random.training && random.final.validation == random.validation)
  }

  @Test("slices without test spots are scaled over all their spots, as tested slices are")
  func scaling() throws {
    let set = try Slices.set(2)
    let across = EvaluationProtocol(.leaveOneSliceOut)
    let data = try across.folds(try across.units(set)[0], of: set, seed: 1, reach: FoldTests.near)[0].data(set)
    for number in 0..<2 { #expect(data.scalingSpots(ofSlice: number) == Array(data.slices[number])) }
    let blocks = EvaluationProtocol(.blocks)
    let one = try Slices.set(1, spots: 700)
    let inside = try blocks.folds(try blocks.units(one)[0], of: one, seed: 1, reach: FoldTests.near)[0].data(one)
    #expect(inside.scalingSpots(ofSlice: 0) == inside.training)
  }

  @Test("every block can be tested by itself")
  func everyBlock() throws {
    let set = try Slices.set(1, spots: 900)
    var division = EvaluationProtocol(.blocks)
    division.foldCount = 16
    division.bufferRings = 1
    try division.validate()
    let folds = try division.folds(try division.units(set)[0], of: set, seed: 1, reach: FoldTests.near)
    #expect(folds.count == 16)
    let tested = folds.map { fold in fold.roles[0].indices.filter { fold.roles[0][$0] == .test } }
    #expect(Set(tested.joined()).count == tested.joined().count)
    division.foldCount = 17
    #expect(throws: EvaluationError.self) { try division.validate() }
  }
}
