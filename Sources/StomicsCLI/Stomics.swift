import ArgumentParser

/// The root command: `stomics <subcommand>`.
public struct Stomics: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "stomics",
    abstract: "Spatial transcriptomics from a slice on disk to domains, pictures and perturbations.",
    version: "0.1.0",
    subcommands: [])

  public init() {}
}
