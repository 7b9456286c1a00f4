import StomicsCore

/// The dispersions of several batches in one: means over the batches, and in how many of them a gene is highly variable.
struct BatchedDispersions {
  /// The mean over the batches, 0 for a batch without the gene; NaN is left out. `[G]` each.
  let means: [Double]
  let dispersions: [Double]
  let normalised: [Double]
  /// In how many batches each gene is highly variable, `[G]`.
  let batches: [Int]
  /// By rank, genes of more batches come first, then those of higher normalised dispersion, then those whose name sorts
  /// first; by cut-offs, the means over the batches are held against them. `[G]`
  let selected: [Bool]

  /// - Parameters:
  ///   - parts: each batch's dispersions with the genes that it has, as positions
  ///   - names: the genes' names, `[G]`
  init(_ parts: [(genes: [Int], values: GeneDispersions)], names: [String], choice: PreprocessingOptions.GeneChoice) {
    var means = Average(count: names.count)
    var dispersions = means
    var normalised = means
    var batches = [Int](repeating: 0, count: names.count)
    for (genes, values) in parts {
      means.add(values.means, at: genes)
      dispersions.add(values.dispersions, at: genes)
      normalised.add(values.normalised, at: genes)
      for (place, gene) in genes.enumerated() where values.selected[place] { batches[gene] += 1 }
    }
    self.means = means.result
    self.dispersions = dispersions.result
    self.batches = batches
    switch choice {
    case .top(let count):
      let scores = normalised.result
      self.normalised = scores
      var chosen = [Bool](repeating: false, count: names.count)
      let order = names.indices.sorted { a, b in
        if batches[a] != batches[b] { return batches[a] > batches[b] }
        if scores[a].isNaN != scores[b].isNaN { return scores[b].isNaN }
        if scores[a] != scores[b] && !scores[a].isNaN { return scores[a] > scores[b] }
        return names[a].utf8.lexicographicallyPrecedes(names[b].utf8)
      }
      for gene in order.prefix(count) { chosen[gene] = true }
      selected = chosen
    case .cutoffs:
      self.normalised = normalised.result.map { $0.isNaN ? 0 : $0 }
      selected = GeneDispersions.withinCutoffs(self.means, self.normalised)
    }
  }

  /// Means over batches that leave NaN out.
  private struct Average {
    private var sums: [Double]
    private var counts: [Double]

    init(count: Int) {
      sums = [Double](repeating: 0, count: count)
      counts = sums
    }

    /// Adds a batch: its values at its genes, 0 at the others.
    mutating func add(_ values: [Double], at genes: [Int]) {
      for gene in counts.indices { counts[gene] += 1 }
      for (place, gene) in genes.enumerated() {
        if values[place].isNaN { counts[gene] -= 1 } else { sums[gene] += values[place] }
      }
    }

    var result: [Double] { zip(sums, counts).map { $1 == 0 ? .nan : $0 / $1 } }
  }
}
