import AnnData
import Glibc
import Metrics
import Preprocessing
import Simulation
import StomicsCore
import Synchronization
import TestSupport
import Testing
import Training

@testable import Evaluation

final class Collected: Sendable {
  private let results = Mutex<[String: EvaluationResult]>([:])
  func add(_ key: String, _ result: EvaluationResult) {
    var result = result
    result.seconds = 0
    results.withLock { $0[key] = result }
  }
  subscript(key: String) -> EvaluationResult? { results.withLock { $0[key] } }
}

@Suite("Runs of an evaluation")
struct RunTests {
  static func grid(_ kind: EvaluationProtocol.Kind, seeds: [Int] = [1]) throws -> EvaluationGrid {
    var configuration = LeakTests.quick
    configuration.mode = .gcnOnly
    var other = configuration
    other.mode = .exprOnly
    return try EvaluationGrid(
      EvaluationProtocol(kind),
      models: [TrainedModel(configuration, name: "gcn_only k=6"), TrainedModel(other, name: "expr_only")], seeds: seeds)
  }

  @Test("side by side gives the bytes of one by one")
  func sideBySide() throws {
    let set = try Slices.set(2)
    let grid = try Self.grid(.leaveOneSliceOut, seeds: [1, 2])
    let one = try run(grid, set, jobs: 1)
    let four = try run(grid, set, jobs: 4)
    #expect(one == four)
    #expect(one.count == 16)
    let settings = EvaluationSettings(grid.division, training: "", set: set, splitSeed: nil)
    func summary(_ results: [EvaluationResult]) -> EvaluationSummary {
      EvaluationSummary(settings, classes: set.classNames, seeds: grid.seeds, results: results)
    }
    #expect(summary(one).csv == summary(four).csv)
    #expect(summary(one).markdown == summary(four).markdown)
  }

  @Test("a control stands beside every reach, and differences are paired with it")
  func controls() throws {
    let set = try Slices.set(1, spots: 900)
    let results = try run(try Self.grid(.blocks, seeds: [1, 2]), set)
    let summary = EvaluationSummary(
      EvaluationSettings(EvaluationProtocol(.blocks), training: "", set: set, splitSeed: nil),
      classes: set.classNames, seeds: [1, 2], results: results)
    let models = summary.methods.filter { $0.kind == .model }
    #expect(models.map(\.reach) == ["2 hops, k = 6", "2 rings"])
    #expect(summary.methods.filter { $0.kind == .control }.count == 4)
    for model in models {
      let difference = try #require(model.aboveControl.first)
      #expect(difference.seeds == 2 && difference.halfInterval != nil)
      let own = results.filter { $0.method == model.name }.map { $0.slices[0].scores.ari ?? .nan }
      let better = [1, 2].map { seed in
        results.filter { $0.kind == .control && $0.reach == model.reach && $0.seed == seed }
          .compactMap { $0.slices[0].scores.ari }.max() ?? .nan
      }
      #expect(abs(difference.mean - (own[0] - better[0] + own[1] - better[1]) / 2) < 1e-12)
      #expect(model.aboveFloor.count == 1)
    }
    // Every labelled spot is scored once.
    #expect(results.filter { $0.kind == .model }.allSatisfy { $0.slices[0].scores.spotCount == 900 })
    let text = summary.markdown
    #expect(text.contains("gcn_only k=6") && text.contains("## ARI above the better control"))
    #expect(summary.csv.split(separator: "\n").count == 1 + results.count)
  }

  @Test("classes that a slice lacks, other genes, unlabelled spots, one class")
  func oddSlices() throws {
    func slice(_ name: String, _ seed: UInt64, _ change: (inout AnnData) throws -> Void) throws -> EvaluationSlice {
      var adata = try simulateCortex(SimulationOptions(spots: 300, genes: 200, seed: seed))
      try change(&adata)
      var options = Slices.options
      options.keepUnlabelled = true
      return try EvaluationSlice(adata, name: name, donor: nil, options: options)
    }
    func relabel(_ adata: inout AnnData, _ change: (String?) -> String?) throws {
      let labels = try adata.labels("layer").labels.map(change)
      adata.obs["layer"] = .categorical(Categorical(labels: labels))
    }
    let whole = try slice("whole", 1) { _ in }
    let fewer = try slice("fewer", 2) { adata in
      try relabel(&adata) { $0 == "Layer1" || $0 == "Layer2" ? nil : $0 }
      var dropped = [String]()
      adata = adata.subset(variables: Array(stride(from: 0, to: 200, by: 1).filter { $0 % 10 != 0 }), dropped: &dropped)
    }
    let one = try slice("one", 3) { adata in try relabel(&adata) { _ in "WM" } }
    let set = try SliceSet([whole, fewer, one])
    #expect(set.genes.count == 180)
    #expect(set.classNames == ["Layer1", "Layer2", "Layer3", "Layer4", "Layer5", "Layer6", "WM"])
    let results = try run(try Self.grid(.leaveOneSliceOut), set)
    let scored = results.filter { $0.method == "expr_only" }
    #expect(scored.map(\.unit) == ["whole", "fewer", "one"])
    #expect(scored.allSatisfy { $0.failure == nil })
    #expect(scored[1].slices[0].scores.spotCount == fewer.labels.count { $0 >= 0 })
    #expect(fewer.labels.contains(-1))
    #expect(scored[2].slices[0].scores.classes.filter { $0.support > 0 }.map(\.name) == ["WM"])
    // A slice of one class cannot be learned from alone, and that is a result, not the end.
    let alone = try run(try Self.grid(.random), try SliceSet([one]))
    #expect(alone.allSatisfy { $0.slices.isEmpty && $0.failure?.contains("WM") == true })
    let summary = EvaluationSummary(
      EvaluationSettings(EvaluationProtocol(.random), training: "", set: set, splitSeed: nil),
      classes: set.classNames, seeds: [1], results: alone)
    #expect(summary.markdown.contains("## Without scores"))
    // Matrices of different widths.
    func embedded(_ name: String, width: Int) throws -> EvaluationSlice {
      var adata = try simulateCortex(SimulationOptions(spots: 200, genes: 100, seed: 5))
      adata.obsm["X_mine"] = .array(DenseArray(Matrix(rows: 200, columns: width, repeating: 1)))
      var options = Slices.options
      options.embedding = InputParts.Features(key: "X_mine")
      return try EvaluationSlice(adata, name: name, donor: nil, options: options)
    }
    let narrow = try embedded("narrow", width: 2)
    let wide = try embedded("wide", width: 3)
    #expect(throws: EvaluationError.self) { try SliceSet([narrow, wide]) }
    // Nothing in common, twice the same name.
    let other = try slice("other", 4) { adata in adata.var.index = adata.var.index.map { "x" + $0 } }
    #expect(throws: EvaluationError.self) { try SliceSet([whole, other], join: .name) }
    #expect(throws: EvaluationError.self) { try SliceSet([whole, whole]) }
  }

  @Test("genes are matched by identifier where names differ")
  func geneJoin() throws {
    let first = try simulateCortex(SimulationOptions(spots: 200, genes: 100, seed: 1))
    var second = try simulateCortex(SimulationOptions(spots: 200, genes: 100, seed: 2))
    second.var.index = second.var.index.reversed().map { "other-" + $0 }
    let slices = try [first, second].enumerated().map {
      try EvaluationSlice($1, name: "s\($0)", donor: nil, options: Slices.options)
    }
    let set = try SliceSet(slices)
    #expect(set.joinedByID && set.genes.count == 100)
    #expect(throws: EvaluationError.self) { try SliceSet(slices, join: .name) }
  }
}

@Suite("Logistic regression")
struct LogisticRegressionTests {
  @Test("its gradient vanishes at the answer, and classes that can be told apart are")
  func optimum() {
    var generator = SeededGenerator(seed: 3)
    var features = Matrix(rows: 400, columns: 3)
    var labels = [Int32]()
    for i in 0..<400 {
      let c = i % 3
      labels.append(Int32(c))
      for k in 0..<3 { features[i, k] = Float(generator.uniform(-1, 1)) + (k == c ? 2 : 0) }
    }
    let fit = LogisticRegression(features, labels: labels, classCount: 3, lambda: 0.01)
    let predicted = mostProbableClasses(fit.logits(features))
    #expect(zip(predicted, labels).count { $0 == $1 } > 360)
    // Any change of the weights makes the objective larger.
    func objective(_ weights: [Double]) -> Double {
      var loss = 0.0
      for i in 0..<400 {
        let scores = (0..<3).map { c in
          weights[c * 4 + 3] + (0..<3).reduce(0) { $0 + weights[c * 4 + $1] * Double(features[i, $1]) }
        }
        let most = scores.max() ?? 0
        loss += most + log(scores.reduce(0) { $0 + exp($1 - most) }) - scores[Int(labels[i])]
      }
      let squares = (0..<12).filter { $0 % 4 != 3 }.reduce(0.0) { $0 + weights[$1] * weights[$1] }
      return loss / 400 + 0.005 * squares
    }
    let least = objective(fit.weights)
    for k in 0..<12 {
      for step in [-0.02, 0.02] {
        var moved = fit.weights
        moved[k] += step
        #expect(objective(moved) > least)
      }
    }
  }
}
