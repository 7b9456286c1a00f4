import AnnData
import Autodiff
import Metrics
import Models
import Preprocessing
import SparseGraph
import StomicsCore

/// One training from a preprocessed slice to a finished run folder; it can be broken off and gone on with at any time.
public final class TrainingRun {
  public let folder: RunFolder
  public let configuration: TrainingConfiguration
  public let set: TrainingSet
  public let trainer: Trainer
  /// The epoch it went on from; 0 for a new run.
  public let resumedFrom: Int

  /// What stood in the folder before.
  public enum Start: Sendable {
    /// A new run; an error where the folder holds one.
    case new
    /// A new run in place of one that is there.
    case overwrite
    /// The run that is there, from its last saved state; a new one where none was saved yet.
    case resume
  }

  /// Prepares the run; nothing is written yet but the folder and its config.yaml.
  public init(
    _ adata: AnnData, _ configuration: TrainingConfiguration, folder path: String, start: Start = .new
  ) throws {
    folder = RunFolder(path)
    self.configuration = configuration
    set = try TrainingSet(adata, configuration)
    let fingerprint = try set.fingerprint(configuration)
    let model = try Model(set.model, seed: UInt64(configuration.seed))
    trainer = try Trainer(
      model, data: set.data, labels: set.labels, training: set.split.train, validation: set.split.validation,
      configuration: configuration, fingerprint: fingerprint)
    try makeFolder(folder.path)
    AtomicFile.removeLeftovers(in: folder.path)
    switch start {
    case .new:
      if folder.holdsRun {
        throw TrainingError.runFolder(
          folder: path,
          problem: "holds a run already. Go on with --resume, replace it with --overwrite, or choose another folder.")
      }
      resumedFrom = 0
    case .overwrite:
      folder.clear()
      resumedFrom = 0
    case .resume:
      if RunFolder.exists(folder.state) {
        let state = try TrainerState(contentsOf: folder.state, parameterCount: model.parameters.layout.count)
        guard state.progress.fingerprint == fingerprint else {
          throw TrainingError.cannotResume(
            folder: path,
            problem:
              "it was begun with other settings, another slice or another version. Use the same, or start anew with --overwrite."
          )
        }
        trainer.state = state
      }
      resumedFrom = trainer.epoch
    }
    try AtomicFile.write([UInt8](configuration.yaml.utf8), to: folder.configuration)
  }

  /// Trains until it is finished or `interrupted` says so between two epochs, saving the state on the way.
  /// - Returns: whether it is finished.
  public func train(onEpoch: (EpochRecord) -> Void = { _ in }, interrupted: () -> Bool = { false }) throws -> Bool {
    while !trainer.isFinished {
      if interrupted() {
        try saveState()
        return false
      }
      onEpoch(try trainer.runEpoch())
      if trainer.epoch % configuration.checkpointInterval == 0 { try saveState() }
    }
    try saveState()
    return true
  }

  private func saveState() throws {
    try trainer.state.write(to: folder.state)
    let lines = [EpochRecord.header] + trainer.progress.history.map(\.csv)
    try AtomicFile.write([UInt8]((lines.joined(separator: "\n") + "\n").utf8), to: folder.history)
  }

  /// Scores the best epoch's model and writes model, metrics, predictions and results.
  /// - Parameter adata: the slice given to `init`
  public func finish(_ adata: AnnData) throws -> RunMetrics {
    trainer.restoreBest()
    let checkpoint = Checkpoint(trainer.model, classNames: set.classNames, recipe: set.recipe)
    let predictor = try Predictor(checkpoint)
    let prediction = predictor.predict(set.data)
    let metrics = try RunMetrics(self, prediction)
    try checkpoint.write(to: folder.model)
    try AtomicFile.write([UInt8](predictionsTable(adata, prediction).utf8), to: folder.predictions)
    try resultsFile(adata, prediction).write(to: folder.results)
    try AtomicFile.write(try metrics.json(), to: folder.metrics)
    return metrics
  }

  /// barcode, part of the split, truth, prediction, confidence, and every class's probability.
  private func predictionsTable(_ adata: AnnData, _ prediction: Prediction) -> String {
    var part = [String](repeating: "", count: set.labels.count)
    for i in set.split.train { part[i] = "train" }
    for i in set.split.validation { part[i] = "validation" }
    for i in set.split.test { part[i] = "test" }
    let names = set.classNames
    var text =
      (["spot", "split", "truth", "predicted", "confidence"] + names.map { "p_" + $0 })
      .map(csvField).joined(separator: ",") + "\n"
    for i in set.labels.indices {
      let truth = set.labels[i] < 0 ? "" : names[Int(set.labels[i])]
      let fields =
        [adata.obs.index[i], part[i], truth, names[Int(prediction.codes[i])]].map(csvField)
        + ["\(prediction.probabilities[i, Int(prediction.codes[i])])"]
        + prediction.probabilities.row(i).map { "\($0)" }
      text += fields.joined(separator: ",") + "\n"
    }
    return text
  }

  /// The slice without its matrices: labels, prediction, coordinates, graph, image.
  private func resultsFile(_ adata: AnnData, _ prediction: Prediction) -> AnnData {
    var result = adata
    result.dropMatrices()
    prediction.annotate(&result)
    return result
  }
}
