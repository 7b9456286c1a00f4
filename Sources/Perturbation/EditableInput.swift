import AnnData
import Models
import Preprocessing
import StomicsCore

/// A slice before any edit, and how edits of its counts become the model's input.
///
/// Means, deviations and gene set are frozen at what they were before the edit, also where the recipe standardises each
/// slice by itself. Size factors stay as measured (sequencing depth is a property of the capture, not of the gene)
/// unless they are asked to follow the counts.
struct EditableInput {
  let counts: CSRMatrix
  let sizeFactors: [Double]
  let recipe: Recipe
  /// Whether size factors follow the edited counts.
  let renormalise: Bool
  private let columnOf: [String: Int]

  init(_ input: ModelInput, _ recipe: Recipe, renormalise: Bool) {
    counts = input.counts
    sizeFactors = input.sizeFactors
    self.renormalise = renormalise
    var frozen = recipe
    if recipe.standardisation == .perSlice {
      let values = Normalise.logNormalised(input.counts, sizes: input.sizeFactors, targetSum: recipe.targetSum)
      (frozen.means, frozen.standardDeviations) = Standardise.parameters(values)
      frozen.standardisation = .stored
    }
    self.recipe = frozen
    columnOf = Dictionary(recipe.genes.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The gene's column in the model's input.
  func column(_ gene: String, slice: AnnData) throws(PerturbationError) -> Int {
    if let column = columnOf[gene] { return column }
    if slice.var.index.contains(gene) {
      throw .notModelled(gene, file: slice.source, modelled: recipe.genes.count)
    }
    throw .unknownGene(gene, near: nearNames(gene, among: recipe.genes), modelled: recipe.genes.count)
  }

  /// The model's input after the edit of the given columns at the given spots, or at all.
  func expression(editing columns: [Int], _ kind: Edit.Kind, at spots: [Int]? = nil) -> StandardisedMatrix {
    if kind == .mean {
      var result = recipe.standardise(counts: counts, sizeFactors: sizeFactors)
      // Z = S - c is 0 where S is c.
      let offsets = result.offsets
      result.sparse = result.sparse.replacingColumns(columns) { column, values in
        editing(values, at: spots) { [Float](repeating: offsets[column], count: $0.count) }
      }
      return result
    }
    let edited = counts.replacingColumns(columns) { _, values in
      editing(values, at: spots) { new($0, kind) }
    }
    return recipe.standardise(
      counts: edited, sizeFactors: renormalise ? sizes(after: edited, editing: columns) : sizeFactors)
  }

  /// One gene's edit with size factors as measured, from its counts at every spot.
  func geneEdit(_ column: Int, counts old: [Float], _ kind: Edit.Kind, at spots: [Int]? = nil) -> GeneEdit {
    let isMean = kind == .mean
    let edited = isMean ? old : editing(old, at: spots) { new($0, kind) }
    let candidates = isMean ? spots ?? Array(old.indices) : old.indices.filter { edited[$0] != old[$0] }
    var places: [Int32] = []
    var before: [Float] = []
    var after: [Float] = []
    for i in candidates {
      let z = recipe.standardise(count: old[i], size: sizeFactors[i], gene: column)
      let changed = isMean ? 0 : recipe.standardise(count: edited[i], size: sizeFactors[i], gene: column)
      if changed == z { continue }
      places.append(Int32(i))
      before.append(z)
      after.append(changed)
    }
    return GeneEdit(column: column, spots: places, old: before, new: after)
  }

  /// The values after a change that counts at some spots alone.
  private func editing(_ old: [Float], at spots: [Int]?, _ change: ([Float]) -> [Float]) -> [Float] {
    let all = change(old)
    guard let spots else { return all }
    var result = old
    for i in spots { result[i] = all[i] }
    return result
  }

  /// One gene's counts of all spots after the edit.
  private func new(_ old: [Float], _ kind: Edit.Kind) -> [Float] {
    switch kind {
    case .knockout, .mean: return [Float](repeating: 0, count: old.count)
    case .factor(let factor): return old.map { Float(Double($0) * factor) }
    case .quantile(let share):
      let shares = old.indices.filter { old[$0] > 0 && sizeFactors[$0] > 0 }.map { Double(old[$0]) / sizeFactors[$0] }
        .sorted()
      guard !shares.isEmpty else { return old }
      let level = quantile(shares, share)
      return old.indices.map { Float(max(Double(old[$0]), level * sizeFactors[$0])) }
    }
  }

  private func sizes(after edited: CSRMatrix, editing columns: [Int]) -> [Double] {
    sizeFactors.indices.map { i in
      columns.reduce(sizeFactors[i]) { $0 + Double(edited[i, $1]) - Double(counts[i, $1]) }
    }
  }
}

extension CSRMatrix {
  /// The matrix with some columns' values replaced by `body(column, all old values of it)`; zeros are not stored.
  func replacingColumns(_ columns: [Int], _ body: (Int, [Float]) -> [Float]) -> CSRMatrix {
    let order = Array(Set(columns)).sorted()
    var old = [[Float]](repeating: [Float](repeating: 0, count: rows), count: order.count)
    for i in 0..<rows {
      for (k, column) in order.enumerated() { old[k][i] = self[i, column] }
    }
    let new = order.enumerated().map { body($1, old[$0]) }
    var pointers = [0]
    pointers.reserveCapacity(rows + 1)
    var newIndices: [Int32] = []
    var newValues: [Float] = []
    newIndices.reserveCapacity(nonzeroCount)
    newValues.reserveCapacity(nonzeroCount)
    for i in 0..<rows {
      var k = indptr[i]
      for (place, column) in order.enumerated() {
        while k < indptr[i + 1], indices[k] < Int32(column) {
          newIndices.append(indices[k])
          newValues.append(values[k])
          k += 1
        }
        if k < indptr[i + 1], indices[k] == Int32(column) { k += 1 }
        if new[place][i] != 0 {
          newIndices.append(Int32(column))
          newValues.append(new[place][i])
        }
      }
      while k < indptr[i + 1] {
        newIndices.append(indices[k])
        newValues.append(values[k])
        k += 1
      }
      pointers.append(newIndices.count)
    }
    return CSRMatrix(rows: rows, columns: self.columns, indptr: pointers, indices: newIndices, values: newValues)
  }
}
