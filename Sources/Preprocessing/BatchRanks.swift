/// The ranks of genes by a score within each batch, and what they come to over all batches.
struct BatchRanks {
  /// The median of the gene's ranks over the batches where it is among the best, from 0; NaN where it is in none. `[G]`
  let medians: [Float]
  /// In how many batches the gene is among the best, `[G]`.
  let batches: [Int]

  /// - Parameters:
  ///   - scores: `[G]` for each batch; equal scores rank in the genes' order
  ///   - top: how many genes of a batch are its best
  init(_ scores: [[Double]], top: Int) {
    let genes = scores.first?.count ?? 0
    var ranks = [[Int32]](repeating: [], count: genes)
    for score in scores {
      let order = score.indices.sorted { score[$0] != score[$1] ? score[$0] > score[$1] : $0 < $1 }
      for (rank, gene) in order.prefix(top).enumerated() { ranks[gene].append(Int32(rank)) }
    }
    batches = ranks.map(\.count)
    medians = ranks.map { ranks in
      if ranks.isEmpty { return .nan }
      let sorted = ranks.sorted()
      let middle = sorted.count / 2
      return sorted.count % 2 == 1 ? Float(sorted[middle]) : (Float(sorted[middle - 1]) + Float(sorted[middle])) / 2
    }
  }

  /// Which of the two sorts genes first; the other decides among equals, then the genes' order.
  enum Precedence {
    case median
    case batches
  }

  /// The first `top` genes in the order of median (ascending, NaN last) and of batches (descending), `[G]`.
  func selected(top: Int, first: Precedence) -> [Bool] {
    func precedes(_ a: Int, _ b: Int) -> Bool {
      let ranks = (medians[a].isNaN ? .infinity : medians[a], medians[b].isNaN ? .infinity : medians[b])
      let byMedian = ranks.0 == ranks.1 ? nil : ranks.0 < ranks.1
      let byBatches = batches[a] == batches[b] ? nil : batches[a] > batches[b]
      return (first == .median ? byMedian ?? byBatches : byBatches ?? byMedian) ?? (a < b)
    }
    var chosen = [Bool](repeating: false, count: medians.count)
    for gene in medians.indices.sorted(by: precedes).prefix(top) { chosen[gene] = true }
    return chosen
  }
}
