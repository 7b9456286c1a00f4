import AnnData
import ArgumentParser
import StomicsCore

/// `stomics convert`: a slice of any kind written as h5ad in the current format.
public struct ConvertCommand: StomicsCommand {
  public static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a slice of any kind as h5ad, in the current format.",
    discussion: """
      Files of older anndata versions (0.5 and later) become current ones; everything in them is kept. Matrices and \
      folders of Cell Ranger and Space Ranger become what scanpy and squidpy make of them.

        stomics convert old.h5ad new.h5ad
        stomics convert slice.h5ad fast.h5ad --compression none
        stomics convert filtered_feature_bc_matrix.h5 counts.h5ad --feature-types all
        stomics convert slice.h5ad counts.h5ad --layer counts
      """)

  enum Packing: String, CaseIterable, ExpressibleByArgument { case gzip, none }

  @Argument(
    help: """
      What to read: an h5ad file, a 10x .h5 matrix, a folder with matrix.mtx, features.tsv and barcodes.tsv, or a \
      Visium or Visium HD folder.
      """)
  var input: String

  @Argument(help: "The h5ad file to write; an older one of that name is replaced.")
  var output: String

  @Option(help: "How arrays are packed.")
  var compression = Packing.gzip

  @Option(help: "From 1 (fast) to 9 (small).")
  var level = 4

  @OptionGroup(title: "What is read")
  var reading: InputFlags

  @OptionGroup(title: "Which matrix becomes X")
  var matrix: MatrixFlags

  @OptionGroup(title: "General options")
  public var general: GeneralOptions

  public init() {}

  public func validate() throws {
    if !(1...9).contains(level) { throw ValidationError("--level is \(level); give 1 (fast) to 9 (small).") }
  }

  public func run(console: Console) throws {
    let data = try matrix.apply(to: try reading.read(input, console: console))
    try data.write(to: output, compression: compression == .none ? .none : .gzip(level: level))
    let report = Report(output: output, spots: data.observationCount, genes: data.variableCount)
    try console.result(
      report, text: "Wrote \(output): \(report.spots.grouped) spots, \(report.genes.grouped) genes.")
  }

  /// What was written.
  struct Report: Encodable {
    var output: String
    var spots: Int
    var genes: Int
  }
}
