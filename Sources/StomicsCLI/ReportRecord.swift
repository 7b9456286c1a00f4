import AnnData
import Report
import StomicsCore
import Training

extension ReportInput {
  /// What was done, and with what.
  /// - Parameter command: the one that makes this report
  func record(command: String) throws -> RunRecord {
    let recipe = try? results.recipe()
    return RunRecord(
      model: modelFacts, recipe: recipe.map(facts) ?? [],
      settings: TrainingSetting.all.map { setting in
        let value = setting.value(in: configuration)
        return RunRecord.Setting(
          name: setting.dottedPath, value: value == .absent ? "not set" : value.text,
          isChanged: value != setting.value(in: TrainingConfiguration()), meaning: setting.help)
      },
      files: try files.map { path, role in
        RunRecord.InputFile(
          name: path, role: role, size: fileSize(path), sha256: try SHA256.hexadecimal(ofFile: path))
      },
      commands: [
        "stomics train SLICE.h5ad --config \(shellQuoted(folder.configuration)) -o \(shellQuoted(folder.path))",
        command,
      ], versions: versions(recipe), notes: metrics.notes)
  }

  private var modelFacts: [RunRecord.Fact] {
    var facts = [RunRecord.Fact("mode", metrics.mode)]
    if let fusion = metrics.fusion { facts.append(RunRecord.Fact("fusion", fusion)) }
    facts += [
      RunRecord.Fact("parameters", metrics.parameterCount.grouped), RunRecord.Fact("genes", metrics.genes.grouped),
      RunRecord.Fact("epochs", "\(metrics.epochs), the best \(metrics.bestEpoch)"),
      RunRecord.Fact("seed", "\(metrics.seed)"), RunRecord.Fact("split seed", "\(metrics.splitSeed)"),
    ]
    return facts
  }

  private func facts(_ recipe: Recipe) -> [RunRecord.Fact] {
    let clip = recipe.clip.formatted(decimals: recipe.clip == recipe.clip.rounded() ? 0 : 2)
    var facts = [
      RunRecord.Fact("counts a spot normalised to", recipe.targetSum.formatted(decimals: 0)),
      RunRecord.Fact("size factors", recipe.sizeFactorColumn.map { "obs/\($0)" } ?? "sums over the file's genes"),
      RunRecord.Fact("then", "log(1 + x), standardised by gene, clipped to ± \(clip)"),
      RunRecord.Fact(
        "standardised by",
        recipe.standardisation == .stored ? "the stored means and deviations" : "each slice's own"),
      RunRecord.Fact("highly variable genes", "\(recipe.genes.count.grouped), \(recipe.highlyVariableFlavor)"),
    ]
    if let batch = recipe.highlyVariableBatchColumn { facts.append(RunRecord.Fact("batches", "obs/\(batch)")) }
    facts.append(RunRecord.Fact("graph", "\(recipe.graph.kind.words), \(recipe.graph.direction.rawValue)"))
    if let key = recipe.labelKey { facts.append(RunRecord.Fact("labels", "obs/\(key)")) }
    return facts
  }

  private func versions(_ recipe: Recipe?) -> [RunRecord.Fact] {
    let build = BuildInformation.current()
    return [
      RunRecord.Fact("preprocessing", recipe.map { "stomics \($0.version)" } ?? "not recorded"),
      RunRecord.Fact("training", "stomics \(metrics.version)"), RunRecord.Fact("report", "stomics \(build.version)"),
      RunRecord.Fact("compiler of the report", "Swift \(build.swift)"),
      RunRecord.Fact("kernels here", build.kernels), RunRecord.Fact("OpenBLAS kernels here", build.blas),
    ]
  }
}
