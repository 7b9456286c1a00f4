import AnnData
import ArgumentParser
import Models
import Perturbation
import StomicsCore
import Training

/// `stomics perturb RUN SLICE`: edits counts, re-applies the recipe, predicts again, and says what changed.
struct PerturbEditCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit",
    abstract: "Edit genes of a slice, one by one or all of the model, and see what a model makes of it.",
    discussion: """
      Counts of the gene are edited, at every spot or at those of --where, --spots or --around; then the model's recipe \
      (normalise, logarithm, standardise, with everything it fitted frozen) and the model itself are applied again. \
      Several genes are several edits, or one with --together. What comes out is the model's response, not a claim about \
      causes in the tissue.

      Left in the output folder: effects.tsv (a line an edit), spots.tsv (a line a spot), transitions.tsv, hops.tsv (the \
      effect by distance from the edited spots), perturbed.h5ad, and a map of before, after and change for each edit.

      With --scan every gene of the model is edited by itself: genes.tsv (a line a gene, the strongest first, with a p \
      against genes of like expression), spots.tsv (a line a spot), signatures.h5ad (genes by embedding: how each moves \
      the slice), scan.json. --first-order ranks all genes at once by gradients. The word edit can be left out.

        stomics perturb edit runs/full slice.h5ad --gene MOBP --gene PCP4 -o perturbed
        stomics perturb runs/full slice.h5ad --gene MOBP --dose 0,0.5,2,4 -o doses
        stomics perturb runs/full slice.h5ad --gene PCP4 --where domain=Layer5 -o layer5
        stomics perturb runs/full slice.h5ad --scan -o scan
      """)

  @Argument(help: "The folder of a finished training run.")
  var run: String

  @Argument(help: "The slice, an h5ad file with counts.")
  var slice: String

  @Option(help: ArgumentHelp("A gene to edit; may be given several times.", valueName: "name"))
  var gene: [String] = []

  @OptionGroup(title: "Edit") var edit: EditFlags

  @Flag(help: "Edit all genes at once instead of one after the other.")
  var together = false

  @Flag(help: "Compute size factors from the edited counts. Otherwise they stay as measured.")
  var renormalise = false

  @OptionGroup(title: "Edited spots") var spots: SpotFlags
  @OptionGroup(title: "Scan") var scan: ScanFlags

  @Option(help: "The share of the model's genes that the slice may lack; counted as 0.")
  var missingShare = 0.2

  @Flag(inversion: .prefixedNo, help: "Draw a map for each edit.")
  var maps = true

  @Option(name: .shortAndLong, help: "The folder to write to; it is made.")
  var output: String

  @Option(help: "How arrays are packed in the h5ad files: \(OutputPacking.words).")
  var compression = OutputPacking.none

  @OptionGroup(title: "Map options") var sliceOptions: SliceOptions
  @OptionGroup(title: "Map options") var resolution: ResolutionOptions
  @OptionGroup(title: "General options") var general: GeneralOptions

  func validate() throws {
    if gene.isEmpty && !scan.isAsked {
      throw ValidationError(
        "Name the gene to edit with --gene, several with several --gene, or edit each of the model with --scan.")
    }
    guard (0...1).contains(missingShare) else {
      throw ValidationError("--missing-share is \(missingShare); it is a share, 0 to 1.")
    }
    if together && gene.count < 2 { throw ValidationError("--together needs two genes or more, each with --gene.") }
    guard scan.isAsked else { return try scan.refuseWithoutScan() }
    for (isGiven, flag) in [
      (together, "--together"), (edit.dose != nil, "--dose"), (renormalise, "--renormalise"),
      (!maps, "--no-maps"),
    ]
    where isGiven { throw ValidationError("\(flag) does not go with --scan or --first-order.") }
  }

  func run(console: Console) throws {
    let predictor = try RunFolder(run).predictor()
    let adata = try console.step("reading \(slice)") { try AnnData.read(slice) }
    let experiment = try console.step("predicting as it is") {
      try PerturbationExperiment(
        predictor, adata, renormalise: renormalise, spatialKey: sliceOptions.spatialKey, missingShare: missingShare)
    }
    for note in experiment.notes { console.warning(note) }
    let before = experiment.before
    let positions = try spots.positions(
      in: adata, spatialKey: sliceOptions.spatialKey, predicted: before.codes.map { before.classNames[Int($0)] })
    if scan.isAsked {
      try ScanRun(
        flags: scan, experiment: experiment, kind: edit.kind, genes: gene.isEmpty ? nil : gene, positions: positions,
        adata: adata, folder: output, compression: compression
      ).run(console: console)
    } else {
      try editGenes(experiment, adata, positions, console: console)
    }
  }

  private func editGenes(
    _ experiment: PerturbationExperiment, _ adata: AnnData, _ positions: [Int]?, console: Console
  ) throws {
    var unique: [String] = []
    for name in gene where !unique.contains(name) { unique.append(name) }
    let groups = together ? [unique] : unique.map { [$0] }
    let kinds = try edit.kinds()
    let edits = groups.flatMap { genes in kinds.map { Edit(genes: genes, kind: $0, spots: positions) } }
    let progress = console.progress("perturbing", total: edits.count, unit: "edits")
    var effects: [Effect] = []
    for edit in edits {
      effects.append(try experiment.effect(of: edit))
      progress.update(effects.count, detail: edit.name)
    }
    let folder = EffectFolder(output, slice: slice, options: sliceOptions, dpi: resolution.dpi)
    try folder.write(effects, adata, maps: maps, hops: experiment.receptiveHops, compression: compression)
    let summary = PerturbationSummary(effects, folder: output)
    try console.result(summary, text: summary.text)
  }
}
