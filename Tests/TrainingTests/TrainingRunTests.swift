import AnnData
import Foundation
import Models
import Preprocessing
import Simulation
import StomicsCore
import TestSupport
import Testing

@testable import Training

/// A small preprocessed slice and settings under which a training takes a fraction of a second.
struct SmallTraining {
  var slice: AnnData
  var configuration = TrainingConfiguration()

  private static let whole = Result { try makeSlice(missingLabels: 0) }

  private static func makeSlice(missingLabels: Double) throws -> AnnData {
    var options = PreprocessingOptions()
    options.genes = .top(150)
    options.components = 0
    options.labelKey = "layer"
    options.keepUnlabelled = true
    let tissue = SimulationOptions(spots: 300, genes: 400, seed: 1, missingLabels: missingLabels)
    return try preprocess(simulateCortex(tissue), options).0
  }

  init(missingLabels: Double = 0) throws {
    slice = missingLabels == 0 ? try Self.whole.get() : try Self.makeSlice(missingLabels: missingLabels)
    configuration.embeddingWidth = 16
    configuration.hiddenWidth = 24
    configuration.spatialHeads = 2
    configuration.fusionHeads = 2
    configuration.epochs = 12
    configuration.patience = 50
    configuration.checkpointInterval = 2
  }

  func run(_ folder: String, start: TrainingRun.Start = .new, interruptAfter epochs: Int? = nil) throws -> TrainingRun {
    let run = try TrainingRun(slice, configuration, folder: folder, start: start)
    let first = run.trainer.epoch
    if try run.train(interrupted: { epochs.map { run.trainer.epoch - first >= $0 } ?? false }) {
      _ = try run.finish(slice)
    }
    return run
  }
}

/// Runs `body` with a new folder, removed afterwards.
func inTemporaryFolder(_ body: (String) throws -> Void) throws {
  let folder = try Fixtures.temporaryFolder()
  defer { try? FileManager.default.removeItem(atPath: folder) }
  try body(folder)
}

@Suite("Training runs")
struct TrainingRunTests {
  @Test("says where settings ask for another graph than the slice has, and how many spots are alone in it")
  func graphNotes() throws {
    var small = try SmallTraining()
    #expect(try TrainingSet(small.slice, small.configuration).notes == [])
    small.configuration.graph = GraphSettings(neighbours: 6)
    #expect(try TrainingSet(small.slice, small.configuration).notes == [])
    small.configuration.graph = GraphSettings(rings: 1)
    let other = try TrainingSet(small.slice, small.configuration).notes
    #expect(other.count == 1 && other[0].contains("(1 ring)") && other[0].contains("(6 nearest)"))
    guard case .array(var places)? = small.slice.obsm["spatial"], case .float64(var values) = places.values else {
      Issue.record("no coordinates")
      return
    }
    values[0] = -9000
    places.values = .float64(values)
    small.slice.obsm["spatial"] = .array(places)
    let alone = try TrainingSet(small.slice, small.configuration).notes
    #expect(
      alone.last == "Without neighbours in the graph (1 ring): 1 of 300 spots; the model sees nothing around them.")
    small.configuration.mode = .exprOnly
    #expect(try TrainingSet(small.slice, small.configuration).notes == [])
  }

  @Test("leaves every file, and metrics with the controls beside the model") func files() throws {
    try inTemporaryFolder { folder in
      let small = try SmallTraining()
      let run = try small.run(folder + "/deep/run")
      for file in [
        run.folder.configuration, run.folder.metrics, run.folder.history, run.folder.predictions, run.folder.model,
        run.folder.results,
      ] { #expect(RunFolder.exists(file), "\(file)") }
      let metrics = try RunMetrics(contentsOf: run.folder.metrics)
      #expect(metrics.epochs == 12 && metrics.bestEpoch >= 1)
      #expect(metrics.test.spotCount == run.set.split.test.count)
      #expect(try #require(metrics.controls).nearestSpots.spotCount == metrics.test.spotCount)
      let history = try String(contentsOfFile: run.folder.history, encoding: .utf8).split(separator: "\n")
      #expect(history.count == 13 && history[0] == EpochRecord.header)
      let predictions = try String(contentsOfFile: run.folder.predictions, encoding: .utf8).split(separator: "\n")
      #expect(predictions.count == 301)
      var again = TrainingConfiguration()
      try again.load(file: run.folder.configuration)
      #expect(again == small.configuration)
      let results = try AnnData.read(run.folder.results)
      #expect(results.obs[Keys.predictedDomain] != nil && results.obsm[Keys.embedding] != nil && results.x == nil)
      let predictor = try Predictor(contentsOf: run.folder.model)
      let prediction = predictor.predict(
        try predictor.data(try ModelInput.load(from: small.slice, recipe: predictor.checkpoint.recipe)))
      #expect(
        results.obs[Keys.predictedDomain]
          == .categorical(Categorical(codes: prediction.codes, categories: prediction.classNames)))
    }
  }

  @Test("two runs, on one thread or two, leave the same bytes") func reproducible() throws {
    try inTemporaryFolder { folder in
      let small = try SmallTraining()
      let before = Threads.count
      defer { Threads.count = before }
      for threads in [1, 2, 3] {
        Threads.count = threads
        _ = try small.run(folder + "/\(threads)")
      }
      for file in ["model.safetensors", "history.csv", "predictions.csv"] {
        let first = try readFile(folder + "/1/" + file)
        #expect(try readFile(folder + "/2/" + file) == first, "\(file)")
        #expect(try readFile(folder + "/3/" + file) == first, "\(file)")
      }
    }
  }

  @Test("broken off anywhere and resumed, it leaves the uninterrupted run's bytes", arguments: [1, 2, 5, 7])
  func resume(epochs: Int) throws {
    try inTemporaryFolder { folder in
      let small = try SmallTraining()
      _ = try small.run(folder + "/whole")
      _ = try small.run(folder + "/broken", interruptAfter: epochs)
      #expect(!RunFolder.exists(folder + "/broken/model.safetensors"))
      let resumed = try small.run(folder + "/broken", start: .resume)
      #expect(resumed.resumedFrom == epochs)
      for file in ["model.safetensors", "history.csv", "predictions.csv", "state.safetensors"] {
        #expect(try readFile(folder + "/broken/" + file) == readFile(folder + "/whole/" + file), "\(file)")
      }
    }
  }

  @Test("a run is not continued with other settings, nor overwritten unasked") func refusals() throws {
    try inTemporaryFolder { folder in
      var small = try SmallTraining()
      _ = try small.run(folder + "/run", interruptAfter: 2)
      #expect { _ = try small.run(folder + "/run") } throws: { "\($0)".contains("--resume") }
      small.configuration.learningRate = 0.01
      #expect { _ = try small.run(folder + "/run", start: .resume) } throws: { "\($0)".contains("other settings") }
      _ = try small.run(folder + "/run", start: .overwrite, interruptAfter: 1)
    }
  }

  @Test("a damaged state is an error that says so") func damagedState() throws {
    try inTemporaryFolder { folder in
      let small = try SmallTraining()
      let run = try small.run(folder + "/run", interruptAfter: 2)
      let bytes = try readFile(run.folder.state)
      try AtomicFile.write(Array(bytes.prefix(bytes.count / 2)), to: run.folder.state)
      #expect(throws: ModelError.self) { try small.run(folder + "/run", start: .resume) }
    }
  }

  @Test("a learning rate that blows up stops with a message") func nonFinite() throws {
    try inTemporaryFolder { folder in
      var small = try SmallTraining()
      small.configuration.learningRate = 1e30
      #expect { _ = try small.run(folder + "/run") } throws: { "\($0)".contains("not a finite number") }
    }
  }

  @Test("a folder that cannot be made is an error") func badFolder() throws {
    try inTemporaryFolder { folder in
      try AtomicFile.write([1], to: folder + "/file")
      let small = try SmallTraining()
      #expect(throws: FileError.self) { try small.run(folder + "/file/run") }
      #expect(throws: FileError.self) { try small.run(folder + "/file") }
    }
  }

  @Test("unlabelled spots are predicted, never trained on or scored") func unlabelled() throws {
    try inTemporaryFolder { folder in
      let small = try SmallTraining(missingLabels: 0.2)
      let run = try small.run(folder + "/run")
      let missing = run.set.labels.indices.filter { run.set.labels[$0] < 0 }
      #expect(!missing.isEmpty)
      let used = Set(run.set.split.train + run.set.split.validation + run.set.split.test)
      #expect(used.isDisjoint(with: missing))
      let lines = try String(contentsOfFile: run.folder.predictions, encoding: .utf8).split(separator: "\n")
      #expect(lines.count == 301)
    }
  }

  @Test("the label column comes from the recipe or the settings; its absence is explained") func labelKey() throws {
    var small = try SmallTraining()
    small.configuration.labelKey = "no_such"
    #expect { try TrainingSet(small.slice, small.configuration) } throws: { "\($0)".contains("no_such") }
    small.configuration.labelKey = nil
    small.configuration.topGeneCount = 77
    #expect { try TrainingSet(small.slice, small.configuration) } throws: { "\($0)".contains("--n-top-genes 77") }
  }

  @Test("no buffer holds spots x genes") func memory() throws {
    let small = try SmallTraining()
    let set = try TrainingSet(small.slice, small.configuration)
    // The first layer's matrix is sparse: entries far below N x G, and no pooled buffer is that large.
    #expect(set.input.expression.sparse.nonzeroCount < set.data.spotCount * set.model.geneCount)
    let trainer = try Trainer(
      Model(set.model), data: set.data, labels: set.labels, training: set.split.train,
      validation: set.split.validation, configuration: TrainingConfiguration())
    try trainer.runEpoch()
    #expect(trainer.largestBuffer < set.data.spotCount * set.model.geneCount)
  }
}
