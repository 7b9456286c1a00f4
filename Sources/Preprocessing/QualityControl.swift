import AnnData
import Glibc
import StomicsCore

/// Quality-control columns, as `scanpy.pp.calculate_qc_metrics` names them.
enum QualityControl {
  /// Genes of the mitochondrial genome: names that start with "MT-" (human) or "mt-" (mouse).
  static func mitochondrialGenes(_ names: [String]) -> [Bool] {
    names.map { $0.hasPrefix("MT-") || $0.hasPrefix("mt-") }
  }

  /// Per spot: total_counts, n_genes_by_counts and their log1p; total_counts_mt and pct_counts_mt where `mitochondrial`
  /// has any gene.
  /// - Parameters:
  ///   - counts: all genes of the file
  ///   - rows: `[N]`, the rows of the counts that `obs` holds
  static func addSpotColumns(
    _ counts: CSRMatrix, rows: [Int], mitochondrial: [Bool], to obs: inout DataFrame
  ) {
    let all = counts.rowSums()
    let totals = rows.map { all.sums[$0] }
    let genes = rows.map { all.positive[$0] }
    func set(_ key: String, _ values: [Double]) { obs[key] = .numeric(.float32(values.map(Float.init))) }
    obs[Keys.genesByCounts] = .numeric(.int32(genes))
    set(Keys.logGenesByCounts, genes.map { log1p(Double($0)) })
    set(Keys.totalCounts, totals)
    set(Keys.logTotalCounts, totals.map { log1p($0) })
    if mitochondrial.contains(true) {
      let sums = counts.rowSums(included: mitochondrial).sums
      let part = rows.map { sums[$0] }
      set(Keys.mitochondrialCounts, part)
      set(Keys.mitochondrialPercent, zip(part, totals).map { $1 > 0 ? 100 * $0 / $1 : 0 })
    }
  }

  /// Per gene: n_cells_by_counts, mean_counts, total_counts; mt where there are such genes.
  static func addGeneColumns(
    _ sums: ColumnSums, spots: Int, mitochondrial: [Bool], to variables: inout DataFrame
  ) {
    if mitochondrial.contains(true) { variables[Keys.mitochondrial] = .numeric(.bool(mitochondrial)) }
    variables[Keys.cellsByCounts] = .numeric(.int32(sums.positive.map(Int32.init)))
    variables[Keys.meanCounts] = .numeric(.float32(sums.sum.map { spots == 0 ? 0 : Float($0 / Double(spots)) }))
    variables[Keys.totalCounts] = .numeric(.float32(sums.sum.map(Float.init)))
  }
}
