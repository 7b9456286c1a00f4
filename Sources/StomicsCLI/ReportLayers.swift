import AnnData
import Report
import StomicsCore

extension ReportInput {
  /// Counts of the spots: from the run's results, where preprocessing put them.
  func qualityLayers() throws -> [SpotLayer] {
    try [
      (Keys.totalCounts, "Total counts", "counts a spot"), (Keys.genesByCounts, "Genes per spot", "genes with counts"),
      (Keys.mitochondrialPercent, "Mitochondrial share", "per cent of the counts"),
    ].compactMap { key, name, label in
      guard results.obs[key] != nil else { return nil }
      return SpotLayer(name, group: .quality, label: label, values: try results.numbers(key).map(Float.init))
    }
  }

  /// Maps of genes: those asked for or, for each predicted domain, the one that marks it; and of a scan's foremost.
  /// - Throws: `PlotCommandError.unknownGene`
  func geneLayers(_ wanted: [String]) throws -> [SpotLayer] {
    guard let slice, slice.x != nil || !wanted.isEmpty else { return [] }
    let matrix = try slice.matrix()
    let label = (try? slice.recipe()) == nil ? "expression (X)" : "log-normalised counts"
    let names = slice.var.index
    let places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var chosen = [Int]()
    for name in wanted {
      guard let column = places[name] else {
        throw PlotCommandError.unknownGene(name, file: slice.source, near: didYouMean(name, among: names))
      }
      if !chosen.contains(column) { chosen.append(column) }
    }
    if wanted.isEmpty { chosen = markers(matrix) }
    let extras = (scan?.foremost(60) ?? []).compactMap { places[$0] }.filter { !chosen.contains($0) }
    func layer(_ column: Int, isExtra: Bool) -> SpotLayer {
      SpotLayer(
        names[column], group: .genes, label: label, values: sliceRows.map { matrix[$0, column] }, isExtra: isExtra)
    }
    return chosen.map { layer($0, isExtra: false) } + extras.map { layer($0, isExtra: true) }
  }

  /// For each predicted domain the gene whose mean there stands out most from that elsewhere, in standard deviations of
  /// all spots; no gene twice, and none that fewer than a tenth of the domain's spots express.
  private func markers(_ matrix: CSRMatrix) -> [Int] {
    let classCount = predictions.classNames.count
    let genes = matrix.columns
    var sums = [Double](repeating: 0, count: classCount * genes)
    var expressed = [Int](repeating: 0, count: classCount * genes)
    var squares = [Double](repeating: 0, count: genes)
    var sizes = [Int](repeating: 0, count: classCount)
    for (spot, row) in sliceRows.enumerated() {
      let c = predictions.predicted[spot]
      sizes[c] += 1
      for k in matrix.range(ofRow: row) where matrix.values[k].isFinite {
        let g = Int(matrix.indices[k])
        let value = Double(matrix.values[k])
        sums[c * genes + g] += value
        squares[g] += value * value
        if value != 0 { expressed[c * genes + g] += 1 }
      }
    }
    let n = Double(sliceRows.count)
    let totals = (0..<genes).map { g in (0..<classCount).reduce(0) { $0 + sums[$1 * genes + g] } }
    var chosen = [Int]()
    for c in 0..<classCount where sizes[c] > 0 && sizes[c] < sliceRows.count {
      var best: (gene: Int, score: Double)?
      for g in 0..<genes where 10 * expressed[c * genes + g] >= sizes[c] && !chosen.contains(g) {
        let variance = squares[g] / n - (totals[g] / n) * (totals[g] / n)
        guard variance > 1e-12 else { continue }
        let inside = sums[c * genes + g] / Double(sizes[c])
        let outside = (totals[g] - sums[c * genes + g]) / (n - Double(sizes[c]))
        let score = (inside - outside) / variance.squareRoot()
        if score > (best?.score ?? 0) { best = (g, score) }
      }
      if let best { chosen.append(best.gene) }
    }
    return Array(chosen.prefix(12))
  }
}
