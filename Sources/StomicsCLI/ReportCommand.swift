import AnnData
import ArgumentParser
import Plotting
import Report
import StomicsCore
import Training

/// `stomics report`: a run as one page that can be sent and looked into.
struct ReportCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Make one HTML file of a run: what was done, maps to look into, scores, attention, perturbations.",
    discussion: """
      The file needs no network and no other file. It holds every setting, quality control, maps that can be hovered, \
      zoomed and clicked, the training's history, scores beside their controls, the confusion table and the calibration.

      With the slice it shows genes as well; with one that `stomics predict --attention` wrote, whom each spot listens \
      to; with the folder that `stomics perturb --scan` wrote, the ranking of the genes.

        stomics report runs/full -o report.html
        stomics report runs/full predicted.h5ad -o report.html --gene MOBP --gene PCP4
        stomics report runs/full predicted.h5ad -o report.html --scan scan
      """)

  @OptionGroup(title: "General options") var general: GeneralOptions

  @Argument(help: "The folder of a run.")
  var run: String

  @Argument(help: "The slice the run was trained on, as predict or preprocess wrote it (h5ad).")
  var slice: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The HTML file to write.", valueName: "file"))
  var output: String

  @Option(
    help: """
      A gene to map; may be given more than once. (default: for each predicted domain the gene that marks it best)
      """)
  var gene: [String] = []

  @Option(help: ArgumentHelp("The folder of a perturbation scan.", valueName: "folder"))
  var scan: String?

  @Option(help: "The page's title. (default: the sample and the model)")
  var title: String?

  @Option(help: "The coordinates' key in obsm.")
  var spatialKey = Keys.spatial

  @Flag(inversion: .prefixedNo, help: "Show the tissue image under the spots, where the file has one.")
  var image = true

  func validate() throws {
    if !gene.isEmpty && slice == nil {
      throw ValidationError("--gene needs the slice: a run's folder holds no expression. Name it behind the run.")
    }
  }

  /// What was written.
  struct Report: Encodable, Equatable {
    var output: String
    var bytes: Int
    var spots: Int
    var genes: [String]
    var attentionLayers: [String]
    var scannedGenes: Int?
    var image: Bool
  }

  /// What mail servers and reviewers take without a murmur.
  private static let comfortableSize = 5_000_000

  func run(console: Console) throws {
    var input = try console.step("reading \(run)") { try ReportInput(run, spatialKey: spatialKey) }
    if let slice { try console.step("reading \(slice)") { try input.addSlice(slice) } }
    if let scan { try input.addScan(scan) }
    let attention = try input.attention()
    for name in attention.omitted {
      console.warning("the attention of \(name) is left out: with it the file would become too large.")
    }
    let layers = try input.qualityLayers() + input.geneLayers(gene) + input.scanLayers
    let page = RunReport(
      title: title ?? input.title, record: try input.record(command: command), spots: try input.spots(),
      layers: layers, picture: image && spatialKey == Keys.spatial ? try input.picture() : nil, scores: input.scores,
      history: try input.history(), attention: attention.layers, scan: input.scan)
    let bytes = try console.step("writing \(output)") {
      let bytes = try page.html()
      try AtomicFile.write(bytes, to: output)
      return bytes.count
    }
    if bytes > Self.comfortableSize {
      console.warning(
        "\(output) has \(FileSummary.size(bytes)), since the slice has \(page.spots.count.grouped) spots"
          + (page.picture == nil ? "." : " and an image; --no-image makes it smaller."))
    }
    let report = Report(
      output: output, bytes: bytes, spots: page.spots.count,
      genes: layers.filter { $0.group == .genes && !$0.isExtra }.map(\.name),
      attentionLayers: attention.layers.map(\.name), scannedGenes: page.scan?.genes.count, image: page.picture != nil)
    try console.result(report, text: report.text)
  }

  /// The command that makes this report.
  private var command: String {
    var words = ["stomics", "report", run] + [slice].compactMap { $0 } + ["-o", output]
    for name in gene { words += ["--gene", name] }
    if let scan { words += ["--scan", scan] }
    if let title { words += ["--title", title] }
    if spatialKey != Keys.spatial { words += ["--spatial-key", spatialKey] }
    if !image { words.append("--no-image") }
    return words.map(shellQuoted).joined(separator: " ")
  }
}

extension ReportCommand.Report {
  var text: String {
    var parts = ["\(spots.grouped) spots"]
    if !genes.isEmpty { parts.append("genes " + genes.joined(separator: ", ")) }
    if !attentionLayers.isEmpty {
      parts.append("attention of \(attentionLayers.count) \(attentionLayers.count == 1 ? "layer" : "layers")")
    }
    if let scannedGenes { parts.append("a scan of \(scannedGenes.grouped) genes") }
    return "\(output) (\(FileSummary.size(bytes))): " + parts.joined(separator: "; ")
  }
}
