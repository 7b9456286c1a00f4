import AnnData
import Metrics
import Simulation
import StomicsCore
import Testing
import Training

@testable import Evaluation

@Suite("Annotation")
struct AnnotationTests {
  /// The labels of a slice with all but every fourth taken out.
  private static func partly(_ set: SliceSet) -> SliceSet {
    SliceSet(
      replacing: set, counts: set.counts,
      labels: [set.labels[0].indices.map { $0 % 4 == 0 ? set.labels[0][$0] : -1 }])
  }

  private static func accuracy(_ annotation: Annotation, _ truth: [Int32], at spots: [Int]) -> Double {
    let domains = mostProbableClasses(annotation.probabilities)
    return Double(spots.count { domains[$0] == truth[$0] }) / Double(spots.count)
  }

  @Test("labels of a quarter of the spots are carried on to the others, better than by position")
  func partlyLabelled() throws {
    let whole = try Slices.set(1, spots: 900, genes: 500)
    let partly = Self.partly(whole)
    let hidden = whole.labels[0].indices.filter { $0 % 4 != 0 }
    func accuracy(_ classifier: any Classifier, atRandom: Bool) throws -> Double {
      let annotation = try Annotation(of: 0, in: partly, by: classifier, validatesAtRandom: atRandom, seed: 1)
      #expect(annotation.classNames == whole.classNames && annotation.probabilities.rows == 900)
      for i in 0..<900 {
        let sum = (0..<annotation.probabilities.columns).reduce(0) { $0 + annotation.probabilities[i, $1] }
        #expect(abs(sum - 1) < 1e-5)
      }
      return Self.accuracy(annotation, whole.labels[0], at: hidden)
    }
    let kriging = try accuracy(KrigingClassifier(), atRandom: true)
    let position = try accuracy(CoordinateClassifier(.kernelRidge), atRandom: true)
    #expect(kriging > position && kriging > 0.8, "\(kriging), by position \(position)")
    #expect(try accuracy(RingsClassifier(), atRandom: false) > 0.5)
  }

  @Test("labels of the slice itself are not looked at where there are others, nor is anything else drawn from them")
  func unseen() throws {
    let set = try Slices.set(2, spots: 400)
    let layers = LayerAttentionClassifier(radii: [1, 2])
    func probabilities(_ set: SliceSet) throws -> Matrix {
      try Annotation(of: 1, in: set, by: layers, validatesAtRandom: false, seed: 1).probabilities
    }
    let found = try probabilities(set)
    let none = SliceSet(
      replacing: set, counts: set.counts, labels: [set.labels[0], [Int32](repeating: -1, count: 400)])
    let turned = SliceSet(replacing: set, counts: set.counts, labels: [set.labels[0], set.labels[1].reversed()])
    #expect(try probabilities(none) == found && probabilities(turned) == found)
    let annotation = try Annotation(of: 1, in: set, by: layers, validatesAtRandom: false, seed: 1)
    #expect(Self.accuracy(annotation, set.labels[1], at: Array(0..<400)) > 0.5)
  }

  @Test("what cannot be learned from is an error")
  func refused() throws {
    let set = try Slices.set(1)
    func annotate(_ labels: [Int32], atRandom: Bool) throws {
      let none = SliceSet(replacing: set, counts: set.counts, labels: [labels])
      _ = try Annotation(of: 0, in: none, by: KrigingClassifier(), validatesAtRandom: atRandom, seed: 1)
    }
    #expect(throws: SplitError.noLabelledSpots) { try annotate([Int32](repeating: -1, count: 300), atRandom: true) }
    #expect(throws: EvaluationError.self) { try annotate([Int32](repeating: -1, count: 300), atRandom: false) }
    #expect(throws: EvaluationError.self) { try annotate([Int32](repeating: 1, count: 300), atRandom: true) }
  }

  @Test("kriging learns from validation spots in the end where it may, calibrated before")
  func learnsFromValidation() throws {
    let set = try Slices.set(1, spots: 400)
    let division = EvaluationProtocol(.random)
    let plan = try division.folds(try division.units(set)[0], of: set, seed: 1, reach: { _ in .within(rings: 0) })[0]
    let kriging = KrigingClassifier(radii: [1, 2])
    let learned = try plan.data(set, learnsFromValidation: true)
    let after = try kriging.predict(learned, seed: 1)
    let before = try kriging.predict(try plan.data(set, learnsFromValidation: false), seed: 1)
    #expect(after.temperature != nil && before.temperature == nil && after.choice == before.choice)
    func right(_ output: ClassifierOutput) -> Int {
      let domains = mostProbableClasses(output.logits)
      return learned.validation.count { domains[$0] == learned.labels[$0] }
    }
    #expect(right(after) > right(before))
  }
}
