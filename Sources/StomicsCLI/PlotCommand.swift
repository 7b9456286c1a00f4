import ArgumentParser

/// `stomics plot …`: pictures of slices and runs.
struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draw maps, training curves and tables as PNG, SVG or PDF.",
    subcommands: [
      PlotDomainsCommand.self, PlotGenesCommand.self, PlotAttentionCommand.self, PlotHistoryCommand.self,
      PlotConfusionCommand.self,
    ])
}
