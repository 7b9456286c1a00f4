import AnnData
import StomicsCore

/// The spots and genes that preprocessing keeps, with their counts.
struct Filter {
  /// Kept spots, as positions in the file, ascending.
  let spots: [Int]
  /// Kept genes, as positions in the file, ascending.
  let genes: [Int]
  /// `[N, G]`: counts of the kept spots and genes.
  let counts: CSRMatrix
  /// The file's own parts for the kept spots and genes, with quality-control columns; X is not yet set.
  let adata: AnnData

  /// Off-tissue spots out, then unlabelled ones, then genes found in too few spots, then spots of too few counts.
  init(
    _ input: AnnData, _ all: CSRMatrix, _ options: PreprocessingOptions, _ report: inout PreprocessingReport
  ) throws {
    var source = input
    report.renamedGenes = makeUnique(&source.var.index)
    var steps: [String] = []
    var kept = try Filter.onTissue(input, &report)
    if report.offTissue > 0 { steps.append("\(report.offTissue) off the tissue") }
    if let key = options.labelKey {
      kept = try Filter.labelled(input, key, kept, keepUnlabelled: options.keepUnlabelled, &report)
      if report.unlabelled > 0 { steps.append("\(report.unlabelled) without a label in '\(key)'") }
    }
    if kept.isEmpty { throw PreprocessingError.noSpotsLeft(steps: steps) }

    let everyGene = (0..<Int32(all.columns)).map { $0 }
    let ofSpots =
      kept.count == all.rows ? all : all.selecting(rows: kept, newColumn: everyGene, columnCount: all.columns)
    let sums = ColumnSums(ofSpots) { Identity() }
    genes = sums.positive.indices.filter { sums.positive[$0] >= options.minimumSpots }
    if genes.isEmpty {
      throw PreprocessingError.noGenesLeft(minimumSpots: options.minimumSpots, genes: all.columns)
    }
    var newColumn = [Int32](repeating: -1, count: all.columns)
    for (new, old) in genes.enumerated() { newColumn[old] = Int32(new) }
    let totals = ofSpots.rowSums(included: newColumn.map { $0 >= 0 }).sums
    let rows = totals.indices.filter { totals[$0] >= options.minimumCounts }
    report.lowCounts = totals.count - rows.count
    if rows.isEmpty {
      throw PreprocessingError.noSpotsLeft(
        steps: steps + ["\(report.lowCounts) with fewer than \(options.minimumCounts) counts"])
    }
    report.emptySpots = rows.count { totals[$0] == 0 }

    let mitochondrial = QualityControl.mitochondrialGenes(source.var.index)
    report.mitochondrialGenes = mitochondrial.count { $0 }
    spots = rows.map { kept[$0] }
    counts = ofSpots.selecting(rows: rows, newColumn: newColumn, columnCount: genes.count)
    QualityControl.addGeneColumns(sums, spots: kept.count, mitochondrial: mitochondrial, to: &source.var)
    var cut = Filter.cut(source, spots, genes, &report)
    QualityControl.addSpotColumns(ofSpots, rows: rows, mitochondrial: mitochondrial, to: &cut.obs)
    adata = cut
    report.spotsKept = spots.count
    report.genesKept = genes.count
  }

  private static func onTissue(_ adata: AnnData, _ report: inout PreprocessingReport) throws -> [Int] {
    if adata.obs[Keys.inTissue] == nil { return Array(0..<adata.observationCount) }
    let flags = try adata.numbers(Keys.inTissue)
    // NaN: a spot without a position.
    let kept = flags.indices.filter { flags[$0] != 0 && !flags[$0].isNaN }
    report.offTissue = flags.count - kept.count
    return kept
  }

  private static func labelled(
    _ adata: AnnData, _ key: String, _ spots: [Int], keepUnlabelled: Bool, _ report: inout PreprocessingReport
  ) throws -> [Int] {
    let labels = try adata.labels(key).labels
    let kept = spots.filter { labels[$0] != nil }
    if keepUnlabelled {
      report.unlabelledKept = spots.count - kept.count
    } else {
      report.unlabelled = spots.count - kept.count
    }
    return keepUnlabelled ? spots : kept
  }

  /// The file's parts for the kept spots and genes. The matrix that held the counts is left out: it is set anew.
  private static func cut(
    _ source: AnnData, _ spots: [Int], _ genes: [Int], _ report: inout PreprocessingReport
  ) -> AnnData {
    var rest = source
    rest.x = nil
    rest.layers[Keys.counts] = nil
    var dropped: [String] = []
    let result = rest.subset(
      observations: spots.count == source.observationCount ? nil : spots,
      variables: genes.count == source.variableCount ? nil : genes, dropped: &dropped)
    if !dropped.isEmpty {
      report.notes.append(
        "Left out, because they cannot be cut to the kept spots and genes: \(dropped.joined(separator: ", ")).")
    }
    return result
  }
}
