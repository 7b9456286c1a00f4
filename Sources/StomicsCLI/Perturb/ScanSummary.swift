import Perturbation
import StomicsCore

/// What a scan found: printed, and kept as scan.json.
struct ScanSummary: Encodable {
  struct Gene: Encodable {
    let gene: String
    let expressingSpots: Int
    let changedSpots: Int
    let meanProbabilityChange: Double
    let meanEmbeddingShift: Double
    let towards: String?
    let awayFrom: String?
    let pValue: Double?
    let qValue: Double?
  }

  struct FirstOrder: Encodable {
    let domain: String
    let pearson: Double
    let spearman: Double
  }

  let version: String
  let folder: String
  let type: String
  let amount: Double?
  let genes: Int
  let spots: Int
  let nullGenes: Int
  /// Genes with q below 0.05.
  let significant: Int
  let flops: Double
  let firstOrder: [FirstOrder]
  /// The strongest first.
  let ranking: [Gene]

  init(_ result: ScanResult, spots: Int, flops: Double, folder: String) {
    version = stomicsVersion
    self.folder = folder
    type = result.kind.name
    amount = result.kind.amount
    genes = result.genes.count
    self.spots = spots
    nullGenes = result.nullSize
    significant = result.q.count { $0 < 0.05 }
    self.flops = flops
    firstOrder = zip(result.classNames, result.firstOrderAgreement).map {
      FirstOrder(domain: $0, pearson: $1.pearson, spearman: $1.spearman)
    }
    ranking = result.ranking.map { g in
      let effect = result.effects[g]
      return Gene(
        gene: result.genes[g], expressingSpots: effect.expressingSpots, changedSpots: effect.changedSpots,
        meanProbabilityChange: Double(effect.probabilityChange), meanEmbeddingShift: Double(effect.embeddingShift),
        towards: effect.direction.map { result.classNames[$0.towards] },
        awayFrom: effect.direction.map { result.classNames[$0.awayFrom] },
        pValue: result.p[g].isNaN ? nil : result.p[g], qValue: result.q[g].isNaN ? nil : result.q[g])
    }
  }

  func write(to path: String) throws {
    try AtomicFile.write(Array(try Console.json(self)) + [0x0A], to: path)
  }

  func text(top: Int, duration: Duration) -> String {
    var table = TextTable([
      "gene", "expressed in", "changed domain", "probability change", "embedding shift", "p", "q", "moves to",
    ])
    for gene in ranking.prefix(top) {
      table.rows.append([
        gene.gene, "\(gene.expressingSpots.grouped) spots", gene.changedSpots.grouped,
        gene.meanProbabilityChange.formatted(significantDigits: 3),
        gene.meanEmbeddingShift.formatted(significantDigits: 3),
        gene.pValue?.formatted(significantDigits: 2) ?? "-", gene.qValue?.formatted(significantDigits: 2) ?? "-",
        gene.towards.map { "\($0) (from \(gene.awayFrom ?? "?"))" } ?? "-",
      ])
    }
    let agreement = firstOrder.map { "\($0.domain) \($0.pearson.formatted(decimals: 3))" }.joined(separator: ", ")
    let teraflops = (flops / 1e12).formatted(significantDigits: 3)
    return (top > 0 ? table.text + "\n" : "") + """
      \(genes.grouped) genes, each edited by itself (\(type)) over \(spots.grouped) spots, in \(duration.readable): \(teraflops) TFLOP.
      p: among \(nullGenes) genes of like expression; q: corrected for \(genes.grouped) genes; q below 0.05: \(significant.grouped).
      First order against exact, correlation over genes: \(agreement).
      The model's responses, not causal claims. genes.tsv, spots.tsv, signatures.h5ad and scan.json are in \(folder).
      """
  }
}

/// What `--first-order` found.
struct FirstOrderSummary: Encodable {
  struct Gene: Encodable {
    let gene: String
    let size: Double
    let towards: String
    let awayFrom: String
  }

  let folder: String
  let genes: Int
  /// What the estimates took, without reading and checking.
  let seconds: Double
  let checkedGenes: Int
  let pearson: Double
  let spearman: Double
  let ranking: [Gene]

  init(_ estimates: FirstOrderRanking, _ check: FirstOrderRanking.Check, duration: Duration, folder: String) {
    self.folder = folder
    genes = estimates.genes.count
    seconds = duration.inSeconds
    checkedGenes = check.genes
    pearson = check.pearson
    spearman = check.spearman
    let sizes = estimates.sizes
    ranking = estimates.ranking.map { g in
      let shifts = Array(estimates.response.shifts.row(g))
      let most = shifts.indices.max { shifts[$0] < shifts[$1] } ?? 0
      let least = shifts.indices.min { shifts[$0] < shifts[$1] } ?? 0
      return Gene(
        gene: estimates.genes[g], size: sizes[g], towards: estimates.classNames[most],
        awayFrom: estimates.classNames[least])
    }
  }

  func text(top: Int) -> String {
    var table = TextTable(["gene", "probability change", "moves to"])
    for gene in ranking.prefix(top) {
      table.rows.append([
        gene.gene, gene.size.formatted(significantDigits: 3), "\(gene.towards) (from \(gene.awayFrom))",
      ])
    }
    return (top > 0 ? table.text + "\n" : "") + """
      First-order estimates of \(genes.grouped) genes in \(seconds.formatted(significantDigits: 2)) s. Of \(checkedGenes) of them, evenly over the ranking, the exact answers correlate with \(pearson.formatted(decimals: 3)) (Pearson), \(spearman.formatted(decimals: 3)) (Spearman).
      Estimates of the model's responses, not causal claims. first_order.tsv is in \(folder).
      """
  }
}
