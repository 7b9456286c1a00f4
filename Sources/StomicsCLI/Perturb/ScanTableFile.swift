import Perturbation
import StomicsCore

/// genes.tsv of a scan's folder, read again.
struct ScanTableFile {
  let path: String
  let table: CSVTable
  let genes: [String]
  let domains: [String]

  /// - Parameter path: the folder of a scan, or its genes.tsv
  init(_ path: String) throws {
    let file = path.hasSuffix(".tsv") ? path : path + "/genes.tsv"
    self.path = file
    table = try CSVTable(contentsOf: file, separator: "\t")
    genes = try table.required("gene")
    domains = table.header.filter { $0.hasPrefix("shift_") }.map { String($0.dropFirst(6)) }
    if domains.isEmpty {
      throw CSVError.missingColumns(file: file, wanted: "column 'shift_…' of a domain", found: table.header)
    }
  }

  /// The folder's name, for tables.
  var name: String {
    let parts = path.split(separator: "/").map(String.init)
    return parts.count > 1 ? parts[parts.count - 2] : parts.last ?? path
  }

  func numbers(_ column: String) throws -> [Double] { try table.requiredNumbers(column) }

  /// A number of each domain by gene, `[G][C]`.
  func byDomain(_ prefix: String) throws -> [[Double]] {
    let columns = try domains.map { try numbers(prefix + $0) }
    return genes.indices.map { g in columns.map { $0[g] } }
  }

  func markerTable(name: String) throws -> MarkerRecovery.Table {
    MarkerRecovery.Table(
      name: name, genes: genes, domains: domains, shift: try byDomain("shift_"),
      changedSpots: try numbers("changed_spots"), embeddingShift: try numbers("mean_embedding_shift"),
      gradient: try byDomain("gradient_x_input_"), meanExpression: try numbers("mean_expression"))
  }
}
