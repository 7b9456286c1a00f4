import AnnData
import Foundation
import Preprocessing
import Simulation
import TestSupport
import Testing
import Training

@testable import StomicsCLI

/// A folder with a small preprocessed slice, removed with the object.
final class SmallSlice {
  let folder: String
  /// Raw counts.
  let raw: String
  /// Preprocessed.
  let path: String

  init(spots: Int = 200, genes: Int = 200, image: Bool = false) throws {
    folder = try Fixtures.temporaryFolder()
    raw = folder + "/cortex.h5ad"
    path = folder + "/slice.h5ad"
    let data = try simulateCortex(SimulationOptions(spots: spots, genes: genes, seed: 3, image: image))
    try data.write(to: raw)
    var options = PreprocessingOptions()
    options.labelKey = "layer"
    options.genes = .top(100)
    options.components = 10
    try preprocess(data, options).0.write(to: path)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Flags of a training that takes a second.
  static let quick = ["--embed-dim", "16", "--hidden-dim", "32", "--epochs", "6"]

  /// The bytes of a file in the folder.
  func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)) }
}

/// Runs a command line that must succeed.
@discardableResult
func succeed(_ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation) -> Stomics.Outcome {
  let outcome = Stomics.run(arguments)
  #expect(outcome.exitCode == 0, "\(arguments): \(outcome.errors)", sourceLocation: sourceLocation)
  return outcome
}

@Suite("train and predict")
struct TrainCommandTests {
  @Test("a run folder, a summary with the controls, and a prediction under scanpy's keys")
  func trainAndPredict() throws {
    let slice = try SmallSlice()
    let run = slice.folder + "/run"
    let trained = succeed(["train", slice.path, "-o", run, "--fusion", "cross-attention"] + SmallSlice.quick)
    #expect(trained.output.contains("the model (full, cross_attention)"))
    #expect(trained.output.contains("coordinates only: kernel ridge"))
    #expect(trained.errors.contains("200 spots, 100 genes, 7 classes of 'layer'"))
    for file in ["model.safetensors", "config.yaml", "history.csv", "metrics.json", "predictions.csv", "results.h5ad"] {
      #expect(FileManager.default.fileExists(atPath: run + "/" + file), "\(file) is missing")
    }
    let history = String(decoding: try slice.bytes("run/history.csv"), as: UTF8.self)
    #expect(history.split(separator: "\n").count == 7)

    let output = slice.folder + "/predicted.h5ad"
    let predicted = succeed(["predict", run, slice.path, "-o", output])
    #expect(predicted.output.contains("mean confidence"))
    #expect(predicted.output.contains("Scores on all 200 labelled spots"))
    let adata = try AnnData.read(output)
    let domain = try adata.labels(Keys.predictedDomain)
    #expect(domain.categories == ["Layer1", "Layer2", "Layer3", "Layer4", "Layer5", "Layer6", "WM"])
    #expect(domain.codes.allSatisfy { $0 >= 0 })
    guard case .array(let probabilities)? = adata.obsm[Keys.domainProbabilities],
      case .array(let embedding)? = adata.obsm[Keys.embedding]
    else {
      Issue.record("no probabilities or no embedding")
      return
    }
    #expect(probabilities.shape == [200, 7])
    #expect(embedding.shape == [200, 16])
    #expect(adata.labelColors(Keys.predictedDomain).count == 7)
    // The raw file gives the same domains: the recipe is applied again.
    succeed(["predict", run + "/model.safetensors", slice.raw, "-o", output, "--quiet"])
    let again = try AnnData.read(output).labels(Keys.predictedDomain)
    let agreeing = zip(again.labels, domain.labels).count { $0 == $1 }
    #expect(agreeing > 190)
  }

  @Test("flags win over the file, the file over the defaults, and config.yaml says what came of it")
  func precedence() throws {
    let slice = try SmallSlice()
    let yaml = slice.folder + "/settings.yaml"
    try "model:\n  mode: expr_only\n  embed_dim: 8\ntraining:\n  lr: 0.002\n  epochs: 3\n".write(
      toFile: yaml, atomically: true, encoding: .utf8)
    succeed(["train", slice.path, "-o", slice.folder + "/run", "--config", yaml, "--epochs", "2"])
    let resolved = try TrainingConfiguration.resolved(file: slice.folder + "/run/config.yaml")
    #expect(resolved.mode == .exprOnly)
    #expect(resolved.learningRate == 0.002)
    #expect(resolved.epochs == 2)
    #expect(resolved.patience == 20)
  }

  @Test("a run that stopped goes on to the same bytes, with the settings of its folder")
  func resume() throws {
    let slice = try SmallSlice()
    succeed(["train", slice.path, "-o", slice.folder + "/whole"] + SmallSlice.quick)
    succeed(["train", slice.path, "-o", slice.folder + "/parts"] + SmallSlice.quick + ["--epochs", "3"])
    let resumed = succeed(["train", slice.path, "-o", slice.folder + "/parts", "--resume", "--epochs", "6"])
    #expect(resumed.errors.contains("going on after epoch 3"))
    for file in ["model.safetensors", "history.csv", "predictions.csv"] {
      #expect(try slice.bytes("whole/" + file) == slice.bytes("parts/" + file), "\(file) differs")
    }
  }

  @Test("--json prints the metrics")
  func json() throws {
    let slice = try SmallSlice()
    let outcome = succeed(["train", slice.path, "-o", slice.folder + "/run", "--json"] + SmallSlice.quick)
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    #expect((object?["test"] as? [String: Any])?["ari"] is Double)
    #expect(object?["controls"] != nil)
  }

  @Test("what is wrong with flags and settings is said, with the exit code")
  func usage() throws {
    let slice = try SmallSlice()
    let run = slice.folder + "/run"
    func fails(
      _ flags: [String], _ words: String..., code: Int32 = 64, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      let outcome = Stomics.run(["train", slice.path, "-o", run] + flags)
      #expect(outcome.exitCode == code, "\(outcome)", sourceLocation: sourceLocation)
      for word in words {
        #expect(outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: sourceLocation)
      }
    }
    fails(["--mode", "fulll"], "--mode", "expr_only, gat_only, gcn_only")
    fails(["--lr", "0"], "--lr", "above 0")
    fails(["--epochs", "many"], "--epochs", "whole number")
    fails(["--spatial-heads", "5"], "does not divide")
    fails(["--resume", "--overwrite"], "exclude each other")
    fails(["--label-key", "nothing"], "'nothing' not found in /obs", "layer", code: 65)
    fails(["--config", slice.folder + "/no.yaml"], "no.yaml cannot be read", code: 74)
  }
}
