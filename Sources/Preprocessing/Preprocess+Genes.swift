import AnnData
import OrderedCollections
import StomicsCore

/// Chooses the genes that a model will see.
/// - Throws: `PreprocessingError.noVariableGenes` where no gene varies or none is chosen.
func variableGenes(
  _ filtered: Filter, _ expression: CSRMatrix, _ options: PreprocessingOptions
) throws -> HighlyVariableGenes {
  let batches = try options.batchColumn.map { try Batches($0, of: filtered.adata) }
  if !options.flavor.hasCutoffs {
    // These rank genes of no variance too.
    let moments = ColumnSums(filtered.counts) { Identity() }.moments(rows: filtered.counts.rows)
    if !moments.variances.contains(where: { $0 > 0 }) {
      throw PreprocessingError.noVariableGenes(genes: filtered.genes.count)
    }
  }
  let genes = try HighlyVariableGenes(
    counts: filtered.counts, logNormalised: expression, names: filtered.adata.var.index, choice: options.genes,
    flavor: options.flavor, batches: batches)
  if !genes.selected.contains(true) { throw PreprocessingError.noVariableGenes(genes: filtered.genes.count) }
  return genes
}

/// What the summary says of the choice.
/// - Parameter chosen: positions of the chosen genes
func describeGenes(
  _ variable: HighlyVariableGenes, _ chosen: [Int], _ options: PreprocessingOptions,
  _ report: inout PreprocessingReport
) {
  report.highlyVariable = chosen.count
  report.scoreCutoff = variable.cutoff
  report.nextScore = variable.next
  if let batches = variable.batches, let count = variable.batchCount {
    report.batches = count
    report.variableEverywhere = chosen.count { batches[$0] == count }
  }
  if variable.hasDegenerateTrend {
    report.notes.append(
      "Too few distinct mean counts for seurat_v3's curve of the variance in places, where scanpy stops: the fit of least norm stands there. Drop rare genes with a higher --min-cells."
    )
  }
  guard case .top(let count) = options.genes else { return }
  if chosen.count < count {
    let genes = variable.flavor.hasCutoffs ? "\(chosen.count) genes vary" : "there are \(chosen.count)"
    report.notes.append("\(count) highly variable genes were asked for and \(genes): all of those are taken.")
  } else if chosen.count > count {
    report.notes.append("\(chosen.count - count) more genes are tied at the cut-off and taken too.")
  }
}

/// Writes the columns of `var` and `uns/hvg` as scanpy does, with each gene's mean and standard deviation. Columns that an
/// earlier choice left go.
func storeGeneColumns(
  _ variable: HighlyVariableGenes, _ means: [Double], _ deviations: [Double], in adata: inout AnnData
) {
  if adata.uns[Keys.highlyVariableRecord] != nil {
    for key in HighlyVariableGenes.columnNames { adata.var[key] = nil }
  }
  for column in variable.columns { adata.var[column.name] = .numeric(column.values) }
  adata.var[Keys.mean] = .numeric(.float64(means))
  adata.var[Keys.std] = .numeric(.float64(deviations))
  var record: OrderedDictionary<String, Element> = ["flavor": .string(variable.flavor.rawValue)]
  // scanpy names the matrix for this flavour alone.
  if variable.flavor == .pearsonResiduals { record["computed_on"] = .string(Keys.counts) }
  adata.uns[Keys.highlyVariableRecord] = .dictionary(record)
}
