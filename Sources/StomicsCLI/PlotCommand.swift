import ArgumentParser

/// `stomics plot …`: pictures of slices and runs.
struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draw maps, training curves and tables as PNG, SVG or PDF.",
    subcommands: [
      PlotDomainsCommand.self, PlotGenesCommand.self, PlotProbabilitiesCommand.self, PlotCompareCommand.self,
      PlotEmbeddingCommand.self, PlotHeatmapCommand.self, PlotQCCommand.self, PlotLabelsCommand.self,
      PlotGraphCommand.self, PlotAttentionCommand.self, PlotGateCommand.self, PlotStagesCommand.self,
      PlotHistoryCommand.self, PlotConfusionCommand.self, PlotReliabilityCommand.self, PlotAblationCommand.self,
    ])
}
