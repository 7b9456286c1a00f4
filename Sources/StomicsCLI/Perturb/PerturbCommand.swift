import ArgumentParser

/// `stomics perturb …`: what would change if a gene were gone, or louder.
struct PerturbCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perturb",
    abstract: "What would change in the predicted domains if a gene were gone, or louder.",
    discussion: """
      stomics perturb RUN SLICE edits genes, one by one or all of the model (--scan); stomics perturb edit --help explains \
      its flags.

        stomics perturb runs/full slice.h5ad --gene MOBP --gene PCP4 -o perturbed
        stomics perturb runs/full slice.h5ad --scan -o scan
      """,
    subcommands: [PerturbEditCommand.self, PerturbDiffCommand.self, PerturbMarkersCommand.self],
    defaultSubcommand: PerturbEditCommand.self)
}
