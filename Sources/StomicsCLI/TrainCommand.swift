import AnnData
import ArgumentParser
import Metrics
import StomicsCore
import Training

/// `stomics train`: from a preprocessed slice to a run folder.
struct TrainCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model of tissue domains on the labelled spots of a slice.",
    discussion: """
      Examples:
        stomics train slice.h5ad --mode full --fusion cross-attention -o runs/full
        stomics train slice.h5ad --config default.yaml --lr 0.0005 -o runs/slow
        stomics train slice.h5ad -o runs/full --resume

      Settings come from their defaults, then from the file given with --config, then from flags; the run folder's \
      config.yaml records what came of it. Ctrl-C stops after the epoch at hand and leaves a run that --resume \
      continues to the same result. The summary shows beside the model what a classifier reaches that sees only where \
      a spot lies, on the same test spots.
      """)

  @Argument(help: "A slice that `stomics preprocess` wrote.") var slice: String
  @Option(name: .shortAndLong, help: "The run folder to make.") var output: String
  @Option(help: "A YAML file with settings.") var config: String?
  @Flag(help: "Go on with the run in the folder; its config.yaml gives the settings unless --config does.")
  var resume = false
  @Flag(help: "Replace the run in the folder.") var overwrite = false
  @OptionGroup(title: "Settings") var settings: TrainingFlags
  @OptionGroup(title: "General options") var general: GeneralOptions

  func validate() throws {
    if resume && overwrite { throw ValidationError("--resume and --overwrite exclude each other.") }
  }

  func run(console: Console) throws {
    let configuration = try resolvedConfiguration()
    var adata = try console.step("reading \(slice)") { try AnnData.read(slice, matrices: .counts) }
    let run = try console.step("preparing") {
      try TrainingRun(
        adata, configuration, folder: output, start: resume ? .resume : overwrite ? .overwrite : .new)
    }
    // The run keeps what it needs of the counts; the rest would only be held in memory.
    adata.dropMatrices()
    for note in run.set.notes { console.warning(note) }
    if resume && run.resumedFrom == 0 {
      console.warning("\(output) holds no saved state to go on from: training begins at the first epoch.")
    }
    console.note(describe(run))

    let progress = console.progress(
      "training", total: configuration.epochs, unit: "epochs", startingAt: run.resumedFrom)
    Interruption.listen()
    let finished = try run.train(
      onEpoch: { epoch in
        let best = run.trainer.progress
        progress.update(
          epoch.epoch,
          detail: "loss \(epoch.trainLoss.formatted(decimals: 3))"
            + "  ARI \(epoch.validationARI.formatted(decimals: 3))"
            + ", best \((best.bestValidationARI ?? .nan).formatted(decimals: 3))")
      }, interrupted: { Interruption.requested })
    guard finished else {
      progress.finish("stopped after epoch \(run.trainer.epoch)")
      console.note("Go on with: stomics train \(shellQuoted(slice)) -o \(shellQuoted(output)) --resume")
      throw ExitCode(Interruption.exitCode)
    }
    progress.finish("\(run.trainer.epoch) epochs, the best was \(run.trainer.progress.bestEpoch)")

    let metrics = try console.step("scoring and writing \(output)") { try run.finish(adata) }
    if let timing = timing(metrics) { console.note(timing) }
    try console.result(metrics, text: summary(metrics))
  }

  private func resolvedConfiguration() throws -> TrainingConfiguration {
    var file = config
    let folder = RunFolder(output)
    if file == nil && resume && folder.holdsRun { file = folder.configuration }
    return try TrainingConfiguration.resolved(file: file, flags: settings.given)
  }

  private func describe(_ run: TrainingRun) -> String {
    let set = run.set
    let model = ([set.model.mode.rawValue] + [set.model.usedFusion?.rawValue].compactMap { $0 }).joined(separator: ", ")
    let features = [set.model.embedding, set.model.image].compactMap { $0 }
      .map { "obsm/\($0.key) of width \($0.width)" }
    let reads = (set.model.mode.readsGenes ? ["\(set.recipe.genes.count.grouped) genes"] : []) + features
    var text =
      "\(set.labels.count.grouped) spots, \(reads.joined(separator: ", ")), \(set.classNames.count) classes of '\(set.labelKey)'; "
      + "\(set.split.train.count) spots train, \(set.split.validation.count) validate, \(set.split.test.count) test; "
      + "\(model): \(run.trainer.model.parameters.layout.count.grouped) parameters"
    if run.resumedFrom > 0 { text += "; going on after epoch \(run.resumedFrom)" }
    return text
  }

  /// The model's scores on the test spots with the controls beside them.
  private func summary(_ metrics: RunMetrics) -> String {
    var rows = [("the model (\(metrics.mode)\(metrics.fusion.map { ", " + $0 } ?? ""))", metrics.test)]
    if let controls = metrics.controls {
      rows.append(("coordinates only: 5 nearest labelled spots", controls.nearestSpots))
      rows.append(("coordinates only: kernel ridge", controls.kernelRidge))
    }
    return """
      Scores on the \(metrics.test.spotCount.grouped) test spots:
      \(scoreTable(rows).text)
      (\(metrics.protocolNote))
      """
  }

  /// What an epoch cost on this machine.
  private func timing(_ metrics: RunMetrics) -> String? {
    guard let seconds = metrics.timing.epochSecondsMedian else { return nil }
    var line = "an epoch took \(seconds.formatted(significantDigits: 3)) s on \(metrics.timing.threads) threads"
    if let share = metrics.timing.firstLayerShare {
      line += ", \((share * 100).formatted(decimals: 0)) % of it in the first layer over the genes"
    }
    if let operations = metrics.timing.gigaflopPerEpoch {
      line += "; its matrix products and sums over edges are \(operations.formatted(significantDigits: 3)) Gflop"
    }
    return line
  }
}

/// Scores side by side, one row a classifier; a dash where a score is not defined.
func scoreTable(_ rows: [(name: String, scores: DomainScores)]) -> TextTable {
  func text(_ value: Double?) -> String { value.map { $0.formatted(decimals: 3) } ?? "-" }
  return TextTable(
    ["", "ARI", "NMI", "accuracy", "macro F1", "top-2", "log-loss", "boundary", "interior"],
    rows: rows.map { name, scores in
      [
        name, text(scores.ari), text(scores.nmi), text(scores.accuracy), text(scores.macroF1),
        text(scores.top2Accuracy), text(scores.logLoss), text(scores.boundaryAccuracy), text(scores.interiorAccuracy),
      ]
    })
}

/// A path as a shell takes it.
func shellQuoted(_ path: String) -> String {
  let plain = path.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+=:,".contains($0)) }
  return plain && !path.isEmpty ? path : "'" + path.replacing("'", with: "'\\''") + "'"
}
