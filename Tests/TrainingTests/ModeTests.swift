import AnnData
import Foundation
import Models
import StomicsCore
import TestSupport
import Testing

@testable import Training

extension SmallTraining {
  /// A mode's training on the small slice with embeddings and image features in obsm: noisy functions of the depth in the
  /// tissue, so that there is something to learn.
  init(_ mode: ModelConfiguration.Mode, epochs: Int = 3) throws {
    try self.init()
    configuration.mode = mode
    configuration.epochs = epochs
    let depth = try slice.numbers("cortical_depth")
    var generator = SeededGenerator(seed: 8)
    for (key, width) in [
      ("X_scGPT", 12), ("X_scGPT_brain", 10), ("X_geneformer", 9), ("X_resnet50", 20), ("X_own", 7),
    ] {
      let values = depth.flatMap { d in (0..<width).map { Float(cos(Double($0) * d) + generator.uniform(-0.2, 0.2)) } }
      slice.obsm[key] = .array(DenseArray(Matrix(rows: depth.count, columns: width, values: values)))
    }
    if mode.usesEmbedding && mode.defaultFeatureKey == nil { configuration.embedding = "obsm:X_own" }
  }
}

@Suite("Every mode trains")
struct ModeTests {
  @Test("to the same bytes on one thread or three, and its model predicts what the run wrote", arguments: Mode.allCases)
  func trains(mode: Mode) throws {
    try inTemporaryFolder { folder in
      let training = try SmallTraining(mode)
      let before = Threads.count
      defer { Threads.count = before }
      for threads in [1, 3] {
        Threads.count = threads
        let run = try training.run(folder + "/\(threads)")
        let losses = run.trainer.progress.history.map(\.trainLoss)
        #expect(losses.count == 3 && losses[2] < losses[0], "\(losses)")
      }
      for file in ["model.safetensors", "history.csv", "predictions.csv", "config.yaml"] {
        #expect(try readFile(folder + "/1/" + file) == readFile(folder + "/3/" + file), "\(file)")
      }
      let predictor = try Predictor(contentsOf: folder + "/1/model.safetensors")
      let prediction = predictor.predict(
        try predictor.data(
          .load(from: training.slice, recipe: predictor.checkpoint.recipe, parts: predictor.inputParts)))
      let results = try AnnData.read(folder + "/1/results.h5ad")
      #expect(
        results.obs[Keys.predictedDomain]
          == .categorical(Categorical(codes: prediction.codes, categories: prediction.classNames)))
      var again = TrainingConfiguration()
      try again.load(file: folder + "/1/config.yaml")
      #expect(again == training.configuration)
    }
  }

  typealias Mode = ModelConfiguration.Mode

  @Test(
    "broken off and resumed, it leaves the uninterrupted run's bytes", arguments: [Mode.gcnFull, .multimodal, .scgpt])
  func resume(mode: Mode) throws {
    try inTemporaryFolder { folder in
      let training = try SmallTraining(mode, epochs: 5)
      _ = try training.run(folder + "/whole")
      _ = try training.run(folder + "/broken", interruptAfter: 2)
      var other = training
      other.slice.obsm["X_scGPT"] = other.slice.obsm["X_geneformer"]
      other.slice.obsm["X_resnet50"] = other.slice.obsm["X_geneformer"]
      if mode != .gcnFull {
        // Of another width, and of the same width with one number changed.
        #expect(throws: (any Error).self) { try other.run(folder + "/broken", start: .resume) }
        other = training
        other.slice.nudge("X_scGPT")
        other.slice.nudge("X_resnet50")
        #expect { _ = try other.run(folder + "/broken", start: .resume) } throws: { "\($0)".contains("another slice") }
      }
      _ = try training.run(folder + "/broken", start: .resume)
      for file in ["model.safetensors", "history.csv", "predictions.csv"] {
        #expect(try readFile(folder + "/broken/" + file) == readFile(folder + "/whole/" + file), "\(file)")
      }
    }
  }

  @Test("what an embedding learns from is in the embedding: expression plays no part") func embeddingAlone() throws {
    var training = try SmallTraining(.scgpt)
    let parts = training.configuration.inputParts
    #expect(!parts.genes && parts.embedding?.key == "X_scGPT")
    let first = try TrainingSet(training.slice, training.configuration)
    #expect(first.input.expression.columns == 0)
    training.configuration.embedding = "X_own"
    #expect(try TrainingSet(training.slice, training.configuration).model.embedding?.width == 7)
  }

  @Test("an embedding mode without a key, and features that cannot be read, are explained") func refusals() throws {
    var training = try SmallTraining(.embedding)
    training.configuration.embedding = nil
    #expect { try TrainingSet(training.slice, training.configuration) } throws: {
      "\($0)".contains("--embedding obsm:KEY")
    }
    training.configuration.embedding = "obsm:X_none"
    #expect { try TrainingSet(training.slice, training.configuration) } throws: {
      "\($0)".contains("'X_none' not found in /obsm") && "\($0)".contains("X_own")
    }
    training.configuration.embedding = "obsm:X_own"
    guard case .array(var array)? = training.slice.obsm["X_own"], case .float32(var values) = array.values else {
      Issue.record("no array")
      return
    }
    values[3 * 7 + 2] = .nan
    array.values = .float32(values)
    training.slice.obsm["X_own"] = .array(array)
    let spot = training.slice.obs.index[3]
    #expect { try TrainingSet(training.slice, training.configuration) } throws: {
      "\($0)".contains("/obsm/X_own") && "\($0)".contains("'\(spot)', column 2")
    }
  }

  @Test("flags that a mode does not use are said") func notes() {
    var configuration = TrainingConfiguration()
    configuration.embedding = "obsm:X"
    configuration.imageFeatures = "obsm:Y"
    #expect(configuration.notes.contains { $0.contains("--embedding is not used") })
    #expect(configuration.notes.contains { $0.contains("--image-features is not used") })
    configuration.mode = .multimodal
    #expect(!configuration.notes.contains { $0.contains("--image-features") })
  }
}

extension AnnData {
  /// Changes one number of a matrix of obsm.
  fileprivate mutating func nudge(_ key: String) {
    guard case .array(var array)? = obsm[key], case .float32(var values) = array.values else { return }
    values[0] += 0.5
    array.values = .float32(values)
    obsm[key] = .array(array)
  }
}
