import Glibc
import StomicsCore

/// Draws the counts of all genes in all spots, `[N, G]`.
///
/// Genes are drawn in blocks, in parallel, each gene from its own stream of random numbers and only its nonzero counts
/// kept; then the columns are put together to rows. The dense matrix never exists.
func sampleCounts(plans: [GenePlan], spots: SpotTable, seed: UInt64) -> CSRMatrix {
  let blockSize = 32
  let blocks = (plans.count + blockSize - 1) / blockSize
  var columns = [GeneColumns](repeating: GeneColumns(), count: blocks)
  columns.withUnsafeMutableBufferPointer { columns in
    // Every block writes its own element.
    nonisolated(unsafe) let columns = columns
    parallelFor(blocks) { block in
      columns[block] = GeneColumns(
        genes: block * blockSize..<min(plans.count, (block + 1) * blockSize), plans: plans, spots: spots, seed: seed)
    }
  }
  return assemble(columns, spots: spots.depths.count, genes: plans.count)
}

/// The nonzero counts of some neighbouring genes, gene after gene, spots ascending.
private struct GeneColumns: Sendable {
  var genes = 0..<0
  /// Where each gene's entries end.
  var ends: [Int] = []
  var spots: [Int32] = []
  var counts: [Float] = []

  init() {}

  init(genes: Range<Int>, plans: [GenePlan], spots table: SpotTable, seed: UInt64) {
    self.genes = genes
    var means = [Double](repeating: 0, count: table.depths.count)
    for gene in genes {
      let plan = plans[gene]
      fillMeans(&means, plan: plan, spots: table)
      var generator = SeededGenerator(seed: seed, stream: CortexModel.Stream.counts + UInt64(gene))
      for i in means.indices {
        let count = generator.negativeBinomial(mean: means[i], shape: plan.shape)
        if count > 0 {
          spots.append(Int32(i))
          counts.append(Float(count))
        }
      }
      ends.append(spots.count)
    }
  }

  /// The gene's expected count in every spot, `[N]`.
  private func fillMeans(_ means: inout [Double], plan: GenePlan, spots: SpotTable) {
    let n = means.count
    if plan.isLaminar {
      for i in 0..<n { means[i] = 0 }
      for layer in plan.profile.indices {
        let level = plan.mean * plan.profile[layer]
        for i in 0..<n { means[i] += level * spots.weights[layer * n + i] }
      }
      for i in 0..<n { means[i] *= spots.depths[i] }
    } else {
      for i in 0..<n { means[i] = plan.mean * spots.depths[i] }
    }
    if let program = plan.program {
      // E exp(s z) = exp(s² / 2) for the standard normal z that a program is like: the gene keeps its mean.
      let correction = -0.5 * program.logFold * program.logFold
      let start = program.index * n
      for i in 0..<n { means[i] *= exp(program.logFold * spots.programs[start + i] + correction) }
    }
  }
}

/// Turns columns of ascending genes into compressed rows, by counting.
private func assemble(_ columns: [GeneColumns], spots: Int, genes: Int) -> CSRMatrix {
  var pointers = [Int](repeating: 0, count: spots + 1)
  for block in columns {
    for spot in block.spots { pointers[Int(spot) + 1] += 1 }
  }
  for i in 0..<spots { pointers[i + 1] += pointers[i] }
  var next = pointers
  var indices = [Int32](repeating: 0, count: pointers[spots])
  var values = [Float](repeating: 0, count: pointers[spots])
  for block in columns {
    var start = 0
    for (gene, end) in zip(block.genes, block.ends) {
      for k in start..<end {
        let spot = Int(block.spots[k])
        indices[next[spot]] = Int32(gene)
        values[next[spot]] = block.counts[k]
        next[spot] += 1
      }
      start = end
    }
  }
  return CSRMatrix(rows: spots, columns: genes, indptr: pointers, indices: indices, values: values)
}
