// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import AnnData
import SparseGraph
import StomicsCore

/// What a model sees of one slice, made by a recipe.
public struct ModelInput: Sendable, Equatable {
  /// Standardised expression of the recipe's genes in the recipe's order, `[N, G]`; `[N, 0]` where none was asked for.
  public var expression: StandardisedMatrix
  /// The graph in the recipe's direction, N spots; without edges where the recipe has no graph.
  public var graph: Graph
  /// The spots' places, `[N]`; nil where the file has none and the recipe has no graph.
  public var coordinates: [SIMD2<Double>]?
  /// Counts of the recipe's genes, `[N, G]`: what a perturbation edits.
  public var counts: CSRMatrix
  /// What each spot's counts are divided by, `[N]`.
  public var sizeFactors: [Double]
  /// Genes of the recipe that the slice lacks: their counts are taken as 0.
  public var missingGenes: [String]
  /// The embedding that was asked for, `[N, F]`.
  public var embedding: Matrix?
  /// The image features that were asked for, `[N, F]`.
  public var image: Matrix?

  /// Applies a recipe to a slice: one that `preprocess` wrote, or one with raw counts.
  ///
  /// Genes are matched by identifier (`gene_ids`) where recipe and file have them, and by name. Size factors come from
  /// `obs/size_factor` of a preprocessed slice, else from the recipe's column, else from the sums over the file's genes.
  /// - Parameters:
  ///   - parts: what of the slice the model reads: without genes, the slice needs no counts
  ///   - missingShare: the largest share of the recipe's genes that may be missing
  /// - Throws: `AnnDataError`, `PreprocessingError`, `SparseGraphError`.
  public static func load(
    from adata: AnnData, recipe: Recipe, parts: InputParts = InputParts(), spatialKey: String = Keys.spatial,
    missingShare: Double = 0.2
  ) throws -> ModelInput {
    let embedding = try parts.embedding.map { try adata.features($0, as: .embedding) }
    let image = try parts.image.map { try adata.features($0, as: .image) }
    let coordinates =
      adata.obsm[spatialKey] == nil && !recipe.graph.hasGraph
      ? nil : try adata.coordinates(key: spatialKey)
    let graph = try graph(of: adata, recipe: recipe.graph, coordinates)
    guard parts.genes else {
      let n = adata.observationCount
      let none = CSRMatrix(rows: n, columns: 0, indptr: [Int](repeating: 0, count: n + 1), indices: [], values: [])
      return ModelInput(
        expression: StandardisedMatrix(sparse: none, offsets: []), graph: graph, coordinates: coordinates,
        counts: none, sizeFactors: [], missingGenes: [], embedding: embedding, image: image)
    }
    let (all, sizeFactors) = try countsAndSizes(of: adata, recipe: recipe)
    let (counts, missing) = try recipe.selectGenes(of: adata, counts: all, missingShare: missingShare)
    return ModelInput(
      expression: recipe.standardise(counts: counts, sizeFactors: sizeFactors), graph: graph,
      coordinates: coordinates, counts: counts, sizeFactors: sizeFactors, missingGenes: missing,
      embedding: embedding, image: image)
  }

  /// What a user should know of the slice: genes that it lacks, spots off the tissue, spots without neighbours or
  /// counts.
  /// - Parameter usesGraph: whether the model looks along the graph
  public func notes(on slice: AnnData, _ recipe: Recipe, usesGraph: Bool) -> [String] {
    var notes: [String] = []
    if !missingGenes.isEmpty {
      notes.append(
        "\(missingGenes.count) of the model's \(recipe.genes.count) genes are not in \(slice.source); "
          + "their counts are taken as 0: \(missingGenes.prefix(5).joined(separator: ", "))"
          + (missingGenes.count > 5 ? ", …" : ""))
    }
    if let flags = slice.obs[Keys.inTissue] == nil ? nil : try? slice.numbers(Keys.inTissue) {
      let off = flags.count { $0 == 0 }
      if off > 0 {
        notes.append(
          "\(off) of \(flags.count) spots lie off the tissue (obs/\(Keys.inTissue)) and are predicted like the others, "
            + "and neighbours of the others; stomics preprocess leaves them out.")
      }
    }
    let alone = usesGraph && recipe.graph.hasGraph ? graph.inDegrees.isolated : 0
    if alone > 0 {
      notes.append(
        "Without neighbours in the graph (\(recipe.graph.kind.words)): \(alone) of \(graph.targetCount) spots; the model "
          + "sees nothing around them.")
    }
    guard counts.columns > 0 else { return notes }
    let empty = (0..<counts.rows).count { counts.range(ofRow: $0).isEmpty }
    if empty > 0 {
      notes.append(
        "\(empty) of \(counts.rows) spots hold no count of the model's genes: no more than a guess is made there.")
    }
    return notes
  }

  /// `layers/counts` with `obs/size_factor` of a preprocessed slice, else X or `layers/counts` with sizes made anew.
  private static func countsAndSizes(of adata: AnnData, recipe: Recipe) throws -> (CSRMatrix, [Double]) {
    let hasLayer = adata.layers[Keys.counts] != nil
    let layer = hasLayer ? Keys.counts : nil
    let counts = try Counts.read(adata, layer: layer)
    let sums = Normalise.sizes(of: counts)
    if case .dictionary(let own) = adata.uns[Keys.stomics], own[Keys.recipe] != nil, adata.obs[Keys.sizeFactor] != nil,
      try adata.recipe().sizeFactorColumn == recipe.sizeFactorColumn
    {
      return (counts, try checkedSizeFactors(Keys.sizeFactor, of: adata, sums: sums))
    }
    if let column = recipe.sizeFactorColumn {
      return (counts, try checkedSizeFactors(column, of: adata, sums: sums))
    }
    return (counts, sums)
  }

  private static func graph(
    of adata: AnnData, recipe: GraphRecipe, _ coordinates: [SIMD2<Double>]?
  ) throws -> Graph {
    let direction = recipe.direction.graphDirection
    guard let method = recipe.kind.method, let coordinates else {
      let n = adata.observationCount
      return Graph(targetCount: n, sourceCount: n, indptr: [Int](repeating: 0, count: n + 1), sources: [])
    }
    if let count = recipe.neighbours, let stored = SpatialGraph.stored(in: adata, count: count) {
      return stored.oriented(direction)
    }
    return try SparseGraphError.naming(adata.source) {
      try Graph.build(coordinates, with: method, direction: direction)
    }
  }
}

extension Recipe {
  /// The counts of the recipe's genes in the recipe's order, `[N, G]`; genes the slice lacks have counts of 0.
  /// - Returns: the counts, and the names of the missing genes.
  /// - Throws: `PreprocessingError.missingGenes` where more than `missingShare` of them are missing.
  func selectGenes(
    of adata: AnnData, counts: CSRMatrix, missingShare: Double
  ) throws -> (counts: CSRMatrix, missing: [String]) {
    var names = adata.var.index
    _ = makeUnique(&names)
    if names == genes { return (counts, []) }
    let byName = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
    let fileIDs = adata.geneTexts(Keys.geneIDs)
    let byID = Dictionary(
      zip(fileIDs ?? [], names.indices).filter { !$0.0.isEmpty }, uniquingKeysWith: { first, _ in first })
    var missing: [String] = []
    var newColumn = [Int32](repeating: -1, count: counts.columns)
    for (g, gene) in genes.enumerated() {
      // A column serves one gene only, the first that asks for it.
      let found = geneIDs.flatMap { byID[$0[g]] } ?? byName[gene]
      if let column = found, newColumn[column] < 0 {
        newColumn[column] = Int32(g)
      } else {
        missing.append(gene)
      }
    }
    if Double(missing.count) > missingShare * Double(genes.count) {
      throw PreprocessingError.missingGenes(
        missing: missing.count, total: genes.count, allowedShare: missingShare,
        examples: Array(missing.prefix(5)), file: adata.source)
    }
    return (counts.placingColumns(newColumn, count: genes.count), missing)
  }
}

extension CSRMatrix {
  /// The columns that `newColumn` maps to 0 or more, at their new places in any order; each row is sorted again.
  fileprivate func placingColumns(_ newColumn: [Int32], count: Int) -> CSRMatrix {
    let kept = newColumn.filter { $0 >= 0 }
    if zip(kept, kept.dropFirst()).allSatisfy({ $0 < $1 }) {
      return selecting(rows: Array(0..<rows), newColumn: newColumn, columnCount: count)
    }
    var pointers = [0]
    pointers.reserveCapacity(rows + 1)
    var newIndices: [Int32] = []
    var newValues: [Float] = []
    for i in 0..<rows {
      for k in range(ofRow: i) where newColumn[Int(indices[k])] >= 0 && values[k] != 0 {
        newIndices.append(newColumn[Int(indices[k])])
        newValues.append(values[k])
      }
      pointers.append(newIndices.count)
    }
    // Transposing twice sorts the rows in linear time.
    return CSRMatrix(rows: rows, columns: count, indptr: pointers, indices: newIndices, values: newValues)
      .transposed().transposed()
  }
}
