import AnnData
import ArgumentParser
import StomicsCore

/// `stomics import-embedding`: a matrix computed elsewhere becomes a key of obsm.
struct ImportEmbeddingCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "import-embedding",
    abstract: "Put an embedding from a .npy, CSV or TSV file into obsm.",
    discussion: """
      Examples:
        stomics import-embedding slice.h5ad --file scgpt.npy --key X_scGPT -o embedded.h5ad
        stomics import-embedding slice.h5ad --file resnet.csv --key X_resnet50 -o embedded.h5ad
        stomics train embedded.h5ad --mode embedding --embedding obsm:X_scGPT -o run

      Rows are matched with spots by barcode: those of a table's first column where it holds text, or those of \
      --barcodes, a line each. Without barcodes the rows are taken in the order of the spots, one for each.
      """)

  /// What happens to spots without a row.
  enum Missing: String, ExpressibleByArgument, CaseIterable { case error, drop, zero }

  @Argument(help: "The slice (h5ad).") var slice: String
  @Option(help: "The embedding: .npy (numpy.save), or .csv or .tsv with a header line.") var file: String
  @Option(help: "Its key in obsm.") var key: String
  @Option(name: .shortAndLong, help: "The h5ad file to write; an older one of that name is replaced.")
  var output: String
  @Option(help: "A text file with the barcode of each row.") var barcodes: String?
  @Option(help: "What happens to spots without a row.") var missing = Missing.error
  @Flag(help: "Replace a key that is there.") var overwrite = false
  @OptionGroup(title: "General options") var general: GeneralOptions

  func validate() throws {
    if key.isEmpty || key.contains("/") { throw ValidationError("--key is '\(key)'; give a name without a slash.") }
  }

  /// What was imported.
  struct Report: Encodable {
    var output: String
    var key: String
    var spots: Int
    var columns: Int
    /// Rows of barcodes that the slice does not have.
    var unusedRows: Int
    /// Spots without a row: left out of the slice, or 0 in every column.
    var spotsWithoutRow: Int
  }

  func run(console: Console) throws {
    var adata = try console.step("reading \(slice)") { try AnnData.read(slice) }
    if adata.obsm[key] != nil && !overwrite { throw EmbeddingError.keyExists(key: key, file: slice) }
    let embedding = try Embedding(file, barcodes: barcodes)
    let rows = try embedding.rows(of: adata.obs.index, slice: slice)
    let lacking = rows.indices.filter { rows[$0] == nil }
    if !lacking.isEmpty && missing == .error {
      throw EmbeddingError.missingRows(
        count: lacking.count, spots: rows.count, examples: lacking.prefix(3).map { adata.obs.index[$0] }, file: file)
    }
    var kept = rows
    if !lacking.isEmpty && missing == .drop {
      let spots = rows.indices.filter { rows[$0] != nil }
      var dropped = [String]()
      adata = adata.subset(observations: spots, dropped: &dropped)
      kept = spots.map { rows[$0] }
      if !dropped.isEmpty {
        console.warning("left out, because they cannot be cut to fewer spots: \(dropped.joined(separator: ", "))")
      }
    }
    adata.obsm[key] = .array(embedding.gathering(kept))
    try adata.write(to: output)
    let report = Report(
      output: output, key: key, spots: adata.observationCount, columns: embedding.columns,
      unusedRows: embedding.rowCount - kept.count { $0 != nil }, spotsWithoutRow: lacking.count)
    var text = "Wrote \(output): obsm/\(key), \(report.spots.grouped) spots x \(report.columns.grouped) columns."
    if report.unusedRows > 0 { text += " \(report.unusedRows.grouped) rows are of other spots." }
    if !lacking.isEmpty {
      text += " \(lacking.count.grouped) spots have no row and \(missing == .drop ? "are left out" : "hold zeros")."
    }
    try console.result(report, text: text)
  }
}
