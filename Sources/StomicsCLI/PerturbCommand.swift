import AnnData
import ArgumentParser
import Models
import Perturbation
import Plotting
import StomicsCore
import Training

/// `stomics perturb`: edits counts, re-applies the recipe, predicts again, and says what changed.
struct PerturbCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "perturb",
    abstract: "What would change in the predicted domains if a gene were gone, or louder.",
    discussion: """
      Counts of the gene are edited at every spot; then the model's recipe (normalise, logarithm, standardise, with \
      everything it fitted frozen) and the model itself are applied again. Several genes are several edits, or one with \
      --together. What comes out is the model's response, not a claim about causes in the tissue.

      Left in the output folder: effects.tsv (a line an edit), spots.tsv (a line a spot), transitions.tsv, \
      perturbed.h5ad, and a map of before, after and change for each edit.

      Example:
        stomics perturb runs/full slice.h5ad --gene MOBP --gene PCP4 -o perturbed
        stomics perturb runs/full slice.h5ad --gene MOBP --type overexpress --factor 4 -o louder
      """)

  enum Change: String, ExpressibleByArgument, CaseIterable {
    case knockout, knockdown, overexpress, mean
  }

  @Argument(help: "The folder of a finished training run.")
  var run: String

  @Argument(help: "The slice, an h5ad file with counts.")
  var slice: String

  @Option(help: ArgumentHelp("A gene to edit; may be given several times.", valueName: "name"))
  var gene: [String] = []

  @Option(
    help: """
      What is done to the gene: knockout (counts 0), knockdown and overexpress (counts times --factor, or for \
      overexpress raised to --quantile), mean (standardised value 0, which the published system calls a knock-out).
      """)
  var type = Change.knockout

  @Option(help: "Counts are multiplied by this. (default: 0.5 for knockdown, 2 for overexpress)")
  var factor: Double?

  @Option(
    help:
      "Spots below this quantile of the gene's expression, among the spots that express it, are raised to it (0 to 1).")
  var quantile: Double?

  @Flag(help: "Edit all genes at once instead of one after the other.")
  var together = false

  @Flag(help: "Compute size factors from the edited counts. Otherwise they stay as measured.")
  var renormalise = false

  @Option(help: "The share of the model's genes that the slice may lack; counted as 0.")
  var missingShare = 0.2

  @Flag(inversion: .prefixedNo, help: "Draw a map for each edit.")
  var maps = true

  @Option(name: .shortAndLong, help: "The folder to write to; it is made.")
  var output: String

  @Option(help: "How arrays are packed in perturbed.h5ad: \(OutputPacking.words).")
  var compression = OutputPacking.none

  @OptionGroup(title: "Map options") var sliceOptions: SliceOptions
  @OptionGroup(title: "Map options") var resolution: ResolutionOptions
  @OptionGroup(title: "General options") var general: GeneralOptions

  func validate() throws {
    if gene.isEmpty { throw ValidationError("Name the gene to edit with --gene; several with several --gene.") }
    guard (0...1).contains(missingShare) else {
      throw ValidationError("--missing-share is \(missingShare); it is a share, 0 to 1.")
    }
    if factor != nil && quantile != nil { throw ValidationError("Give --factor or --quantile, not both.") }
    if factor != nil && type != .knockdown && type != .overexpress {
      throw ValidationError("--factor goes with --type knockdown or overexpress.")
    }
    if quantile != nil && type != .overexpress { throw ValidationError("--quantile goes with --type overexpress.") }
    if let factor, type == .knockdown, !(factor >= 0 && factor < 1) {
      throw ValidationError(
        "--factor is \(factor); a knock-down multiplies by a number from 0 up to, not including, 1.")
    }
    if let factor, type == .overexpress, !(factor > 1 && factor.isFinite) {
      throw ValidationError("--factor is \(factor); over-expression multiplies by a number above 1.")
    }
    if let quantile, !(quantile >= 0 && quantile <= 1) {
      throw ValidationError("--quantile is \(quantile); it lies between 0 and 1.")
    }
  }

  private var kind: Edit.Kind {
    switch type {
    case .knockout: .knockout
    case .mean: .mean
    case .knockdown: .factor(factor ?? 0.5)
    case .overexpress: quantile.map { .quantile($0) } ?? .factor(factor ?? 2)
    }
  }

  func run(console: Console) throws {
    let predictor = try RunFolder(run).predictor()
    var adata = try console.step("reading \(slice)") { try AnnData.read(slice) }
    let experiment = try console.step("predicting as it is") {
      try PerturbationExperiment(
        predictor, adata, renormalise: renormalise, spatialKey: sliceOptions.spatialKey, missingShare: missingShare)
    }
    for note in experiment.notes { console.warning(note) }
    var unique: [String] = []
    for name in gene where !unique.contains(name) { unique.append(name) }
    let edits = together ? [Edit(genes: unique, kind: kind)] : unique.map { Edit(genes: [$0], kind: kind) }
    let progress = console.progress("perturbing", total: edits.count, unit: "edits")
    var effects: [Effect] = []
    for edit in edits {
      effects.append(try experiment.effect(of: edit))
      progress.update(effects.count, detail: edit.name)
    }
    try makeFolder(output)
    let names = adata.obs.index
    try write(EffectTables.summary(effects), to: "effects.tsv")
    try write(EffectTables.spots(effects, names: names), to: "spots.tsv")
    try write(EffectTables.transitions(effects), to: "transitions.tsv")
    if maps, adata.obsm[sliceOptions.spatialKey] != nil {
      for (name, effect) in zip(EffectTables.plainNames(effects), effects) { try draw(effect, adata, name: name) }
    }
    EffectTables.annotate(&adata, effects)
    try adata.bindLabelColors(Keys.predictedDomain, known: knownColors(adata))
    try adata.write(to: output + "/perturbed.h5ad", compression: compression.compression)
    let summary = PerturbationSummary(effects, folder: output)
    try console.result(summary, text: summary.text)
  }

  private func write(_ text: String, to name: String) throws {
    try AtomicFile.write([UInt8](text.utf8), to: output + "/" + name)
  }

  /// The colours of the labels the model was trained on, where the slice has them.
  private func knownColors(_ adata: AnnData) -> [String: Color] {
    adata.truthColumn(nil).map { adata.labelColors($0) } ?? [:]
  }

  private func draw(_ effect: Effect, _ adata: AnnData, name: String) throws {
    let known = knownColors(adata)
    let classes = effect.before.classNames
    let colors = Palette.bind(classes, known: known)
    func labels(_ prediction: Prediction) -> Labels {
      Labels(codes: prediction.codes.map(Int.init), names: classes, colors: classes.map { colors[$0] ?? .missing })
    }
    let before = labels(effect.before)
    let after = labels(effect.after)
    let share = effect.probabilityChange.map(Double.init)
    let figure = SpatialMap(
      try sliceOptions.tissue(adata),
      panels: [
        .init("Before", .labels(before)), .init("After", .labels(after)),
        .init("Changed domain", .difference(before, after, style: .changes)),
        .init(
          "Change of probabilities", .values(share, ValueScale(.reds, lower: .value(0), label: "total variation"))),
      ], title: "\(effect.edit.name): \(type.rawValue)\(effect.edit.kind.amount.map { " \($0)" } ?? "")",
      columns: sliceOptions.columns ?? 2, spotScale: sliceOptions.spotScale, spotOpacity: sliceOptions.spotOpacity)
    try figure.write(
      to: "\(output)/\(name).png", dotsPerInch: resolution.dpi,
      provenance: Provenance(title: "perturbation of \(effect.edit.name)", source: slice))
  }
}

/// What a perturbation changed, one entry an edit.
struct PerturbationSummary: Codable {
  struct Entry: Codable {
    let genes: [String]
    let type: String
    let amount: Double?
    let expressingSpots: Int
    let changedSpots: Int
    let spots: Int
    let meanProbabilityChange: Double
    let meanEmbeddingShift: Double
    let towards: String?
    let awayFrom: String?

    enum CodingKeys: String, CodingKey {
      case genes, type, amount, spots, towards
      case expressingSpots = "expressing_spots"
      case changedSpots = "changed_spots"
      case meanProbabilityChange = "mean_probability_change"
      case meanEmbeddingShift = "mean_embedding_shift"
      case awayFrom = "away_from"
    }
  }

  let folder: String
  let effects: [Entry]

  init(_ effects: [Effect], folder: String) {
    self.folder = folder
    self.effects = effects.map { effect in
      Entry(
        genes: effect.edit.genes, type: effect.edit.kind.name, amount: effect.edit.kind.amount,
        expressingSpots: effect.expressingSpots, changedSpots: effect.changedSpots.count,
        spots: effect.before.codes.count, meanProbabilityChange: effect.meanProbabilityChange,
        meanEmbeddingShift: effect.meanEmbeddingShift, towards: effect.direction?.towards,
        awayFrom: effect.direction?.awayFrom)
    }
  }

  var text: String {
    var table = TextTable([
      "genes", "edit", "expressed in", "changed domain", "probability change", "embedding shift", "moves to",
    ])
    for effect in effects {
      table.rows.append([
        effect.genes.joined(separator: "+"), effect.type + (effect.amount.map { " \($0)" } ?? ""),
        "\(effect.expressingSpots.grouped) spots", "\(effect.changedSpots.grouped) of \(effect.spots.grouped)",
        effect.meanProbabilityChange.formatted(significantDigits: 3),
        effect.meanEmbeddingShift.formatted(significantDigits: 3),
        effect.towards.map { "\($0) (from \(effect.awayFrom ?? "?"))" } ?? "-",
      ])
    }
    return table.text
      + "\nThe model's responses, not causal claims. Tables, maps and perturbed.h5ad are in \(folder)."
  }
}
