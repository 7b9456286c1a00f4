import AnnData
import SparseGraph
import StomicsCore

/// Takes a slice of raw counts to the form models are trained on.
///
/// In order: off-tissue spots out; unlabelled spots out (with a label key); genes found in too few spots out; spots of too
/// few counts out; quality-control columns; counts divided by the size factor, times the target sum; ln(1 + x); highly
/// variable genes; mean and standard deviation of every gene; principal components; spatial graph.
///
/// The result holds X (log-normalised, all kept genes), `layers/counts`, the columns, `obsm/X_pca`, `varm/PCs`, the graph
/// under squidpy's keys and the recipe in `uns/stomics/recipe`. The standardised matrix is never stored.
/// - Throws: `PreprocessingError` and `SparseGraphError` for data that cannot be used.
public func preprocess(_ input: AnnData, _ options: PreprocessingOptions = PreprocessingOptions()) throws -> (
  adata: AnnData, report: PreprocessingReport
) {
  try options.validate()
  var report = PreprocessingReport()
  report.spotsRead = input.observationCount
  report.genesRead = input.variableCount
  let all = try Counts.read(input, layer: options.layer)
  let everywhere = try options.graph.map { _ in try coordinates(of: input, options.spatialKey) }

  let filtered = try Filter(input, all, options, &report)
  var adata = filtered.adata
  try describeLabels(adata, options, &report)
  let sizes = try sizeFactors(filtered, options)
  let targetSum = try targetSum(sizes, options)
  report.medianSize = Normalise.medianSize(sizes)
  report.targetSum = targetSum
  let expression = Normalise.logNormalised(filtered.counts, sizes: sizes, targetSum: targetSum)
  let (means, deviations) = Standardise.parameters(expression)
  let variable = try variableGenes(filtered, expression, options)
  let chosen = variable.selected.indices.filter { variable.selected[$0] }
  describeGenes(variable, chosen, options, &report)

  let geneIDs = adata.geneTexts(Keys.geneIDs)
  let recipe = Recipe(
    targetSum: targetSum, sizeFactorColumn: options.sizeFactorColumn, genes: chosen.map { adata.var.index[$0] },
    geneIDs: geneIDs.map { ids in chosen.map { ids[$0] } }, means: chosen.map { means[$0] },
    standardDeviations: chosen.map { deviations[$0] }, clip: options.clip, standardisation: options.standardisation,
    highlyVariableFlavor: options.flavor.rawValue, highlyVariableBatchColumn: options.batchColumn,
    graph: options.graph ?? GraphRecipe(.none), labelKey: options.labelKey, version: stomicsVersion)

  adata.x = .sparse(SparseArray(expression))
  adata.layers[Keys.counts] = .sparse(SparseArray(filtered.counts))
  adata.obs[Keys.sizeFactor] = .numeric(.float64(sizes))
  storeGeneColumns(variable, means, deviations, in: &adata)
  // Natural logarithm: scanpy's `base` would be null, which anndata before 0.12 cannot open; scanpy takes its absence for it.
  adata.uns[Keys.log1p] = .dictionary([:])
  if let graph = options.graph, let method = graph.kind.method, let everywhere {
    let neighbours = try SparseGraphError.naming(input.source) {
      try NeighbourGraph.build(filtered.spots.map { everywhere[$0] }, with: method)
    }
    let oriented = neighbours.graph.oriented(graph.direction.graphDirection)
    report.degrees = oriented.inDegrees
    report.pieces = oriented.connectedComponentCount
    SpatialGraph.store(neighbours, graph.kind, in: &adata)
    storeCoordinates(options.spatialKey, in: &adata, &report)
  }
  if options.components > 0 {
    var newColumn = [Int32](repeating: -1, count: expression.columns)
    for (new, old) in chosen.enumerated() { newColumn[old] = Int32(new) }
    let modelled = expression.selecting(
      rows: Array(0..<expression.rows), newColumn: newColumn, columnCount: chosen.count)
    let components = try PrincipalComponents(
      recipe.standardise(logNormalised: modelled), count: options.components)
    store(components, of: chosen, options, in: &adata, &report)
  }
  adata.setRecipe(recipe)
  return (adata, report)
}

private func coordinates(of adata: AnnData, _ key: String) throws -> [SIMD2<Double>] {
  if adata.obsm[key] == nil {
    throw PreprocessingError.noCoordinates(key: key, available: Array(adata.obsm.keys), file: adata.source)
  }
  return try adata.coordinates(key: key)
}

private func sizeFactors(_ filtered: Filter, _ options: PreprocessingOptions) throws -> [Double] {
  let sums = Normalise.sizes(of: filtered.counts)
  guard let column = options.sizeFactorColumn else { return sums }
  return try checkedSizeFactors(column, of: filtered.adata, sums: sums)
}

/// The size factors in an obs column.
///
/// A size below 1e-12 of a spot's counts would make normalised values too large for Float.
/// - Parameter sums: each spot's counts; a spot without any may have size 0.
func checkedSizeFactors(_ column: String, of adata: AnnData, sums: [Double]) throws -> [Double] {
  let sizes = try adata.numbers(column)
  for i in sizes.indices where !(sizes[i].isFinite && sizes[i] >= 0) || sizes[i] < 1e-12 * sums[i] {
    throw PreprocessingError.sizeFactor(column: column, spot: adata.obs.index[i], value: sizes[i])
  }
  return sizes
}

private func targetSum(_ sizes: [Double], _ options: PreprocessingOptions) throws -> Double {
  switch options.targetSum {
  case .counts(let sum): return sum
  case .median:
    let median = Normalise.medianSize(sizes)
    if median == 0 { throw PreprocessingError.noSpotsLeft(steps: ["all spots have zero counts"]) }
    return median
  }
}

private func describeLabels(
  _ adata: AnnData, _ options: PreprocessingOptions, _ report: inout PreprocessingReport
) throws {
  guard let key = options.labelKey else { return }
  let labels = try adata.labels(key)
  var counts = [Int](repeating: 0, count: labels.categories.count)
  for code in labels.codes where code >= 0 { counts[Int(code)] += 1 }
  report.classes = zip(labels.categories, counts).filter { $1 > 0 }.map { ($0, $1) }
  if report.classes.count == 1 {
    report.notes.append(
      "All labelled spots have one label, '\(report.classes[0].name)': there is nothing for a model to tell apart.")
  }
}

/// Writes `obsm/X_pca`, `varm/PCs` (0 for genes that were not chosen) and `uns/pca`.
private func store(
  _ components: PrincipalComponents, of chosen: [Int], _ options: PreprocessingOptions, in adata: inout AnnData,
  _ report: inout PreprocessingReport
) {
  let count = components.variances.count
  report.components = count
  report.explainedVariance = components.varianceRatios.reduce(0, +)
  if count < options.components {
    report.notes.append("\(options.components) principal components were asked for and the data have \(count).")
  }
  var loadings = Matrix(rows: adata.variableCount, columns: count)
  for (row, gene) in chosen.enumerated() {
    for c in 0..<count { loadings[gene, c] = components.loadings[row, c] }
  }
  func vector(_ values: [Double]) -> Element { .array(DenseArray(shape: [values.count], values: .float64(values))) }
  adata.obsm[Keys.pca] = .array(DenseArray(components.scores))
  adata.varm[Keys.principalComponents] = .array(DenseArray(loadings))
  adata.uns["pca"] = .dictionary([
    "params": .dictionary([
      "zero_center": .scalar(.bool([true])), "use_highly_variable": .scalar(.bool([true])),
      "mask_var": .string(Keys.highlyVariable),
    ]),
    "variance": vector(components.variances), "variance_ratio": vector(components.varianceRatios),
  ])
}

/// Coordinates from another key go to `obsm/spatial` too, where models, squidpy and plots look for them.
private func storeCoordinates(_ key: String, in adata: inout AnnData, _ report: inout PreprocessingReport) {
  guard key != Keys.spatial, let element = adata.obsm[key] else { return }
  if let old = adata.obsm[Keys.spatial], old != element {
    report.notes.append("obsm/\(Keys.spatial) of the output holds the coordinates of obsm/\(key).")
  }
  adata.obsm[Keys.spatial] = element
}
