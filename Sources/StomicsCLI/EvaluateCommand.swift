import AnnData
import ArgumentParser
import Evaluation
import Preprocessing
import StomicsCore
import Training

/// `stomics evaluate`: models, floors and controls, trained and scored on the same folds of one or several slices.
struct EvaluateCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Train and score models beside their floors and controls.",
    discussion: """
      Examples:
        stomics evaluate 151673.h5ad --label-key sce.layer_guess --protocol random --modes full,gcn_only -o random
        stomics evaluate a.h5ad b.h5ad c.h5ad --label-key layer --protocol leave-one-slice-out --modes rings,full -o loso
        stomics evaluate a.h5ad --label-key layer --modes gcn_only --k 4,6,12,24,48,96,192 --seeds 5 -o sweep
        stomics evaluate a.h5ad --label-key layer --modes gcn_only --seeds 10 -o sweep --resume

      Slices are given with raw counts: genes, scaling and graphs are made anew in every fold, from its training spots \
      (a random split fits genes and scaling on all spots, as published, unless --fit-on training). Beside the models \
      stand always what position alone is worth, inside a slice, and a linear floor on genes averaged over \
      neighbours. The folder gets results.csv, results.json, table.md and figures; a killed evaluation goes on with \
      --resume, and so does one with more modes or seeds than before.
      """)

  @Argument(help: "Slices with counts: h5ad, 10x .h5, matrix or Visium folders.") var slices: [String]
  @Option(name: .shortAndLong, help: "The folder to make.") var output: String
  @OptionGroup(title: "Protocol") var division: ProtocolFlags
  @OptionGroup(title: "Models") var models: ModelGridFlags
  @Option(help: ArgumentHelp("How many tasks run side by side. (default: one a core)", valueName: "n"))
  var jobs: Int?
  @Flag(help: "Go on with the results in the folder.") var resume = false
  @Flag(help: "Replace the results in the folder.") var overwrite = false
  @Option(help: "A YAML file with settings of training; mode, seeds and ratios in it are not used.")
  var config: String?
  @OptionGroup(title: "Input") var input: EvaluationInputFlags
  @OptionGroup(title: "Settings of training") var settings: SharedTrainingFlags
  @OptionGroup(visibility: .hidden) var refused: SingleTrainingFlags
  @OptionGroup(title: "General options") var general: GeneralOptions

  func validate() throws {
    if resume && overwrite { throw ValidationError("--resume and --overwrite exclude each other.") }
    if let jobs, jobs < 1 { throw ValidationError("--jobs is \(jobs); give 1 or more.") }
    let instead = [
      "mode": "--modes", "knn_k": "--k", "seed": "--seeds", "train_ratio": "--ratios", "val_ratio": "--ratios",
      "test_ratio": "--ratios",
    ]
    if let name = refused.given.first?.setting {
      throw ValidationError(
        "--\(name.replacing("_", with: "-")) does nothing here\(instead[name].map { "; use \($0)" } ?? "").")
    }
  }

  func run(console: Console) throws {
    let base = try TrainingConfiguration.resolved(file: config, flags: settings.given)
    guard let labelKey = base.labelKey else {
      throw EvaluationError.setting("which obs column holds the labels? Name it with --label-key.")
    }
    let division = try self.division.resolved(base)
    let classifiers = try models.classifiers(base, division)
    let set = try readSlices(labelKey: labelKey, base, console: console)
    let grid = try EvaluationGrid(
      division, models: classifiers, seeds: try models.seedList(), splitSeed: models.givenSplitSeed(settings, base),
      shufflesLabels: models.shuffleLabels)
    let tasks = try grid.tasks(set, only: self.division.only) { console.warning($0) }
    let folder = EvaluationFolder(output)
    let evaluated = EvaluationSettings(division, training: base.yaml, set: set, splitSeed: grid.splitSeed)
    try folder.prepare(
      evaluated, start: resume ? .resume : overwrite ? .overwrite : .new)
    console.note(describe(set, grid, tasks.count))
    console.note("Protocol: \(division.note).")

    let board = try EvaluationBoard(tasks, folder: folder, console: console)
    let runner = EvaluationRunner(grid, set)
    Interruption.listen()
    let finished = try runner.run(
      board.pending, jobs: jobs ?? Threads.count,
      onResult: { task, result in
        try folder.keep(result, of: task)
        board.add(result, of: task)
      }, interrupted: { Interruption.requested })
    guard finished else {
      console.note("Stopped; go on with the same command and --resume.")
      throw ExitCode(Interruption.exitCode)
    }
    board.finish()
    let summary = EvaluationSummary(
      evaluated, classes: set.classNames, seeds: grid.seeds, results: board.results)
    try folder.writeTables(summary)
    try EvaluationFigures(summary).write(to: output)
    try console.result(summary, text: board.table(summary.methods, title: summary.title).text)
    console.note("Tables and figures are in \(output).")
  }

  private func readSlices(
    labelKey: String, _ base: TrainingConfiguration, console: Console
  ) throws -> SliceSet {
    var options = input.joined.options(labelKey: labelKey)
    options.keepUnlabelled = input.keepUnlabelled
    for case .mode(let mode, _, _) in try models.entries() {
      var wanted = base
      wanted.mode = mode
      options.embedding = try one(options.embedding, wanted.inputParts.embedding, of: mode.rawValue)
      options.image = try one(options.image, wanted.inputParts.image, of: mode.rawValue)
    }
    let donors = try input.donorNames(slices.count)
    return try SliceSet(
      try slices.enumerated().map { number, path in
        let adata = try input.joined.files.read(path, console: console)
        let slice = try EvaluationSlice(
          adata, name: sliceName(path), donor: try donors?[number] ?? input.donor(of: adata), options: options)
        for note in slice.notes { console.note(note) }
        return slice
      }, join: input.joined.joinGenes)
  }

  /// The one matrix of obsm that all modes read.
  private func one(
    _ first: InputParts.Features?, _ other: InputParts.Features?, of mode: String
  ) throws -> InputParts.Features? {
    guard let first, let other, first != other else { return first ?? other }
    throw EvaluationError.setting(
      "mode \(mode) reads obsm/\(other.key) and another reads obsm/\(first.key): an evaluation reads one matrix for all. Evaluate them one after the other, in folders of their own."
    )
  }

  private func describe(_ set: SliceSet, _ grid: EvaluationGrid, _ tasks: Int) -> String {
    let spots = set.slices.reduce(0) { $0 + $1.spots.count }
    var text =
      "\(set.slices.count) \(set.slices.count == 1 ? "slice" : "slices"), \(spots.grouped) spots, \(set.genes.count.grouped) genes"
    if set.slices.count > 1 { text += " in all of them (by \(set.joinedByID ? "gene_ids" : "name"))" }
    return text
      + ", classes \(set.classNames.joined(separator: ", ")); \(grid.models.count) models, \(grid.seeds.count) seeds: \(tasks) tasks"
  }
}

/// A slice's name in tables: its file's name without the ending.
private func sliceName(_ path: String) -> String {
  let name = path.split(separator: "/").last.map(String.init) ?? path
  guard let dot = name.lastIndex(of: "."), dot > name.startIndex, PathKind(path) == .file else { return name }
  return String(name[..<dot])
}
