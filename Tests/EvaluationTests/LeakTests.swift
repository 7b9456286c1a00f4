import Models
import StomicsCore
import Testing
import Training

@testable import Evaluation

@Suite("Nothing is fitted on test spots")
struct LeakTests {
  static let quick: TrainingConfiguration = {
    var configuration = TrainingConfiguration()
    configuration.epochs = 3
    configuration.embeddingWidth = 16
    configuration.hiddenWidth = 16
    configuration.topGeneCount = 60
    return configuration
  }()

  /// A set in which the expression and the labels of some spots are another's: a signal that only test spots carry.
  static func planted(_ set: SliceSet, in plan: FoldPlan) throws -> SliceSet {
    let classCount = Int32(set.classNames.count)
    return SliceSet(
      replacing: set,
      counts: set.counts.enumerated().map { number, counts in
        guard let place = plan.slices.firstIndex(of: number) else { return counts }
        var changed = counts
        for i in 0..<counts.rows where plan.roles[place][i] == .test {
          for k in counts.range(ofRow: i) { changed.values[k] = 1 + 40 * Float((k + i) % 3) }
        }
        return changed
      },
      labels: set.labels.enumerated().map { number, labels in
        guard let place = plan.slices.firstIndex(of: number) else { return labels }
        return labels.indices.map { plan.roles[place][$0] == .test ? (labels[$0] + 1) % classCount : labels[$0] }
      })
  }

  @Test(
    "other counts and labels of test spots change no prediction of the spots learned from",
    arguments: [EvaluationProtocol.Kind.blocks, .leaveOneSliceOut, .leaveOneDonorOut])
  func planted(_ kind: EvaluationProtocol.Kind) throws {
    let set = try Slices.set(2, donors: ["a", "b"], spots: 700)
    var division = EvaluationProtocol(kind)
    division.bufferRings = 1
    var configuration = Self.quick
    configuration.mode = .full
    var classifiers: [any Classifier] = [
      TrainedModel(configuration, name: "full"), LinearFloor(rings: [0, 1]), RingsClassifier(radii: [1]),
    ]
    classifiers.append(kind == .blocks ? KrigingClassifier(radii: [1]) : LayerAttentionClassifier(radii: [1]))
    let unit = try division.units(set)[0]
    for classifier in classifiers {
      let plan = try division.folds(unit, of: set, seed: 7, reach: classifier.reach)[0]
      let other = try Self.planted(set, in: plan)
      let before = try plan.data(set)
      let after = try plan.data(other)
      #expect(before.counts != after.counts)
      let one = try classifier.predict(before, seed: 1).logits
      let two = try classifier.predict(after, seed: 1).logits
      let learned = before.training + before.validation
      #expect(one.gatheringRows(learned) == two.gatheringRows(learned), "\(classifier.name)")
      #expect(one.gatheringRows(before.test) != two.gatheringRows(before.test), "\(classifier.name)")
    }
  }

  @Test("the published random split does fit on all spots, and says so; on request it does not")
  func published() throws {
    let set = try Slices.set(1, spots: 400)
    var division = EvaluationProtocol(.random)
    #expect(division.note.contains("fitted on all spots"))
    let floor = LinearFloor(rings: [0])
    let plan = try division.folds(try division.units(set)[0], of: set, seed: 7, reach: floor.reach)[0]
    let other = try Self.planted(set, in: plan)
    func logits(_ set: SliceSet) throws -> Matrix {
      let data = try plan.data(set, fitsOnAllSpots: division.fitsOnAllSpots)
      return try floor.predict(data, seed: 1).logits.gatheringRows(data.training)
    }
    #expect(try logits(set) != logits(other))
    division.fitsOnAllSpots = false
    #expect(try logits(set) == logits(other))
    var blocks = EvaluationProtocol(.blocks)
    blocks.fitsOnAllSpots = true
    #expect(throws: EvaluationError.self) { try blocks.validate() }
  }

  @Test("models on exchanged labels score as chance does")
  func shuffled() throws {
    let set = try Slices.set(1, spots: 500)
    var configuration = Self.quick
    configuration.mode = .gcnOnly
    configuration.epochs = 60
    configuration.learningRate = 5e-3
    let grid = try EvaluationGrid(
      EvaluationProtocol(.random), models: [TrainedModel(configuration, name: "gcn")], seeds: [1],
      shufflesLabels: true)
    let results = try run(grid, set)
    let shuffled = try #require(results.first { $0.kind == .shuffled })
    let model = try #require(results.first { $0.kind == .model })
    // ARI does not ask for the right names: what is smooth over the tissue has a little of it by itself.
    #expect(try #require(shuffled.slices[0].scores.accuracy) < 0.35)
    #expect(try #require(model.slices[0].scores.accuracy) > 0.6)
    // Both have a row of their own, with their own errors.
    let summary = EvaluationSummary(
      EvaluationSettings(grid.division, training: "", set: set, splitSeed: nil), classes: set.classNames, seeds: [1],
      results: results)
    #expect(summary.methods.map { summary.results(of: $0).count } == [Int](repeating: 1, count: 5))
    let row = summary.markdown.split(separator: "\n").last { $0.contains("gcn, labels shuffled") }
    #expect(try #require(row).hasSuffix("% |"))
  }
}

/// All results of a grid, in the order of its tasks.
func run(_ grid: EvaluationGrid, _ set: SliceSet, jobs: Int = 1) throws -> [EvaluationResult] {
  let tasks = try grid.tasks(set)
  let collected = Collected()
  let finished = try EvaluationRunner(grid, set).run(
    tasks, jobs: jobs, onResult: { task, result in collected.add(task.key, result) })
  #expect(finished)
  return tasks.compactMap { collected[$0.key] }
}
