import ArgumentParser
import StomicsCore

/// The root command: `stomics <subcommand>`.
public struct Stomics: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "stomics",
    abstract: "Spatial transcriptomics from a slice on disk to domains, pictures and perturbations.",
    discussion: """
      The whole way, in five commands:

        stomics preprocess 151673.h5ad -o slice.h5ad --label-key sce.layer_guess
        stomics train slice.h5ad --mode full --fusion cross-attention -o runs/full
        stomics predict runs/full slice.h5ad -o predicted.h5ad
        stomics plot domains predicted.h5ad -o domains.png
        stomics perturb runs/full slice.h5ad --gene MOBP --gene PCP4 -o perturbed

      Exit codes: 0 done; 64 the command line; 65 the content of a file; 74 a file that cannot be read or written; \
      70 a bug of this program; 130 stopped by Ctrl-C.
      """,
    version: stomicsVersion,
    subcommands: [
      InfoCommand.self,
      PreprocessCommand.self,
      TrainCommand.self,
      ModelsCommand.self,
      ImportCheckpointCommand.self,
      ImportEmbeddingCommand.self,
      ImageFeaturesCommand.self,
      PredictCommand.self,
      EvaluateCommand.self,
      AnnotateCommand.self,
      PlotCommand.self,
      PerturbCommand.self,
      ReportCommand.self,
      SimulateCommand.self,
      ConvertCommand.self,
      DownloadCommand.self,
    ])

  public init() {}
}
