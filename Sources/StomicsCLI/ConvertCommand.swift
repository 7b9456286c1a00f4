import AnnData
import ArgumentParser

/// `stomics convert`: an h5ad file of any age written again in the current format.
public struct ConvertCommand: StomicsCommand {
  public static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write an h5ad file again, in the current format.",
    discussion: """
      Files of older anndata versions (0.5 and later) become current ones; everything in them is kept.

        stomics convert old.h5ad new.h5ad
        stomics convert slice.h5ad fast.h5ad --compression none
      """)

  enum Packing: String, CaseIterable, ExpressibleByArgument { case gzip, none }

  @Argument(help: "The h5ad file to read.")
  var input: String

  @Argument(help: "The h5ad file to write; an older one of that name is replaced.")
  var output: String

  @Option(help: "How arrays are packed.")
  var compression = Packing.gzip

  @Option(help: "From 1 (fast) to 9 (small).")
  var level = 4

  @OptionGroup(title: "General options")
  public var general: GeneralOptions

  public init() {}

  public func validate() throws {
    if !(1...9).contains(level) { throw ValidationError("--level is \(level); give 1 (fast) to 9 (small).") }
  }

  public func run(console: Console) throws {
    let data = try AnnData.read(input)
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
