import AnnData
import Models
import StomicsCore
import TestSupport
import Testing

@testable import Perturbation

@Suite("Scans of all genes", .serialized)
struct ScanTests {
  let small: SmallExperiment
  let experiment: PerturbationExperiment

  init() throws {
    small = try SmallExperiment()
    experiment = try PerturbationExperiment(small.predictor, small.slice)
  }

  private func record(_ scan: GeneScan) -> ScanRecord {
    var record = ScanRecord(spotCount: scan.spotCount)
    scan.run(&record) { _ in }
    return record
  }

  @Test(
    "every number equals that of the edit computed anew",
    arguments: [Edit.Kind.knockout, .factor(3), .factor(0.5), .quantile(0.8), .mean], [nil, Array(40..<90)])
  func exact(kind: Edit.Kind, spots: [Int]?) throws {
    let scan = try GeneScan(experiment, kind: kind, spots: spots)
    let record = record(scan)
    #expect(record.effects.count == 120)
    let widest = try small.gene.column
    for effect in record.effects where effect.column % 17 == 3 || effect.column == widest {
      let gene = experiment.geneName(effect.column)
      let whole = try experiment.effect(of: Edit(genes: [gene], kind: kind, spots: spots))
      #expect(effect.expressingSpots == whole.expressingSpots && effect.editedSpots == whole.editedSpots.count, "\(gene)")
      #expect(effect.changedSpots == whole.changedSpots.count, "\(gene)")
      let edited = Set(whole.editedSpots)
      #expect(effect.changedEditedSpots == whole.changedSpots.count { edited.contains($0) }, "\(gene)")
      func close(_ one: Float, _ other: Double, _ name: String) {
        #expect(abs(Double(one) - other) < 1e-6 + 1e-3 * abs(other), "\(gene) \(name): \(one), \(other)")
      }
      close(effect.probabilityChange, whole.meanProbabilityChange, "probability change")
      close(effect.embeddingShift, whole.meanEmbeddingShift, "embedding shift")
      for (c, shift) in whole.meanProbabilityShift.enumerated() {
        close(effect.shift[c], shift, "shift of \(c)")
        let own = whole.before.codes.indices.filter { Int(whole.before.codes[$0]) == c }
        let sum = own.reduce(0.0) {
          $0 + Double(whole.after.probabilities[$1, c]) - Double(whole.before.probabilities[$1, c])
        }
        close(effect.ownShift[c], own.isEmpty ? 0 : sum / Double(own.count), "own shift of \(c)")
      }
      let local = whole.editedSpots.reduce(0.0) { $0 + Double(whole.probabilityChange[$1]) }
      close(effect.localProbabilityChange, edited.isEmpty ? 0 : local / Double(edited.count), "local")
      for k in effect.signature.indices {
        let sum = (0..<200).reduce(0.0) {
          $0 + Double(whole.after.embeddings[$1, k]) - Double(whole.before.embeddings[$1, k])
        }
        close(effect.signature[k], sum / 200, "signature \(k)")
      }
    }
    #expect(record.effects.contains { $0.probabilityChange > 1e-4 })
  }

  @Test("spill-over is what changes at spots that were not edited") func spillover() throws {
    let scan = try GeneScan(experiment, genes: [small.gene.name], spots: [100])
    let effect = try #require(record(scan).effects.first)
    #expect(effect.editedSpots == 1 && effect.reachedSpots > 1)
    #expect(effect.spilloverProbabilityChange > 0 && effect.localProbabilityChange > effect.spilloverProbabilityChange)
  }

  @Test("the spots' numbers are those of the edits") func spots() throws {
    let scan = try GeneScan(experiment)
    let record = record(scan)
    var strongest = [Float](repeating: 0, count: 200)
    var changing = [Int](repeating: 0, count: 200)
    for column in scan.columns {
      let whole = try experiment.effect(of: Edit(genes: [experiment.geneName(column)], kind: .knockout))
      for i in 0..<200 { strongest[i] = max(strongest[i], whole.probabilityChange[i]) }
      for i in whole.changedSpots { changing[i] += 1 }
    }
    expectClose(record.spots.map(\.strongestChange), strongest, relative: 1e-4, "strongest change")
    #expect(record.spots.map(\.changingGenes) == changing)
    #expect(record.spots.allSatisfy { $0.strongestGene >= 0 })
  }

  @Test("the same bytes for one thread and two, and after a stop") func bytes() throws {
    let scan = try GeneScan(experiment)
    let whole = record(scan)
    Threads.count = 1
    defer { Threads.count = 0 }
    let other = record(try GeneScan(experiment))
    #expect(whole == other)

    struct Stop: Error {}
    let few = try GeneScan(experiment, genes: scan.columns.map { experiment.geneName($0) })
    var partial = ScanRecord(spotCount: 200)
    partial.effects = Array(whole.effects.prefix(40))
    for effect in partial.effects { #expect(effect.row.count == GeneEffect.width(classes: 3, embedding: 16)) }
    let folder = try Scratch()
    let path = folder.path + "/scan.safetensors"
    var stopped = ScanRecord(spotCount: 200)
    #expect(throws: Stop.self) {
      try few.run(&stopped) { (_: ScanRecord) throws in throw Stop() }
    }
    try stopped.write(to: path, identity: few.identity, classes: 3)
    var resumed = try #require(try ScanRecord(contentsOf: path, of: few))
    #expect(resumed == stopped)
    few.run(&resumed) { _ in }
    #expect(resumed == whole)
    // Another edit is another scan.
    #expect(try ScanRecord(contentsOf: path, of: GeneScan(experiment, kind: .factor(2))) == nil)
    // A number that cannot be is no record.
    var damaged = stopped
    damaged.effects[0].column = 7
    try damaged.write(to: path, identity: few.identity, classes: 3)
    #expect(try ScanRecord(contentsOf: path, of: few) == nil)
  }

  @Test("first order follows the exact shifts; small steps to the percent") func firstOrder() throws {
    let scan = try GeneScan(experiment, kind: .factor(1.02))
    let result = try ScanResult(scan, record(scan), nullSize: 20)
    for agreement in result.firstOrderAgreement { #expect(agreement.pearson > 0.9999, "\(agreement)") }
    let exact = result.effects.flatMap(\.shift)
    expectClose(result.firstOrder.shifts.values, exact, relative: 0.01, "first order of a small step")
    let knockout = try GeneScan(experiment)
    let ranking = FirstOrderRanking(knockout)
    let check = try ranking.check(genes: 40)
    #expect(check.genes == 40 && check.pearson > 0.85 && check.spearman > 0.85, "\(check)")
  }

  @Test("gradient times input is the derivative by the scale of the gene's normalised input") func gradient() throws {
    // Of all genes together: scaling the input of a linear function by 1 + e changes it by e times gradient times input.
    let scan = try GeneScan(experiment)
    let products = scan.firstOrder().gradientTimesInput
    let weight = "expr_encoder.norm.weight"
    let model = try Model(small.predictor.model.configuration)
    let columns = [3, 50, 119]
    func shift(_ factor: Float, _ column: Int) throws -> [Double] {
      model.parameters.restore(small.predictor.model.parameters.snapshot)
      var gamma = model.parameters[weight]
      gamma[column] *= factor
      model.parameters[weight] = gamma
      let changed = try Predictor(
        Checkpoint(model, classNames: ["a", "b", "c"], recipe: small.recipe))
      let p = changed.predict(try changed.data(small.input)).probabilities
      return (0..<3).map { c in (0..<200).reduce(0.0) { $0 + Double(p[$1, c]) } / 200 }
    }
    for column in columns {
      let up = try shift(1.05, column)
      let down = try shift(0.95, column)
      for c in 0..<3 {
        let numeric = (up[c] - down[c]) / 0.1
        #expect(abs(numeric - Double(products[column, c])) < 2e-6 + 0.02 * abs(numeric), "gene \(column), class \(c)")
      }
    }
  }

  @Test("tables have a line a gene and a line a spot; the signatures are an AnnData of genes") func tables() throws {
    let scan = try GeneScan(experiment)
    let result = try ScanResult(scan, record(scan), nullSize: 30)
    let genes = ScanTables.genes(result).split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
    #expect(genes.count == 121 && genes.allSatisfy { $0.count == genes[0].count })
    let change = try #require(genes[0].firstIndex(of: "mean_probability_change"))
    let changes = genes.dropFirst().compactMap { Double($0[change]) }
    #expect(changes == changes.sorted(by: >) && changes.count == 120)
    let spots = ScanTables.spots(result, names: small.slice.obs.index, domains: [String](repeating: "a", count: 200))
    #expect(spots.split(separator: "\n").count == 201)
    let signatures = ScanTables.signatures(result)
    #expect(signatures.observationCount == 120 && signatures.variableCount == 16)
    #expect(result.p.allSatisfy { $0 > 0 && $0 <= 1 } && result.nullSize == 30)
  }

  @Test("what cannot be scanned says why") func refused() throws {
    let renormalising = try PerturbationExperiment(small.predictor, small.slice, renormalise: true)
    #expect(throws: PerturbationError.scanRenormalises) { try GeneScan(renormalising) }
    #expect(throws: PerturbationError.noSpots) { try GeneScan(experiment, spots: []) }
    #expect(throws: PerturbationError.factor(-1)) { try GeneScan(experiment, kind: .factor(-1)) }
    #expect { try GeneScan(experiment, genes: ["no such gene"]) } throws: { "\($0)".contains("neither among") }
  }
}

@Suite("Genes of like expression")
struct MatchedNullTests {
  @Test("matches are the nearest in expression and detection; p counts those at least as strong") func matches() throws {
    let mean = [0.1, 0.11, 0.12, 5, 5.1, 5.2]
    let null = try MatchedNull(meanExpression: mean, detectionRate: [0.1, 0.1, 0.1, 0.9, 0.9, 0.9], size: 2)
    let matches: [Set<Int>] = [[1, 2], [0, 2], [0, 1], [4, 5], [3, 5], [3, 4]]
    #expect(null.matches.map { Set($0) } == matches)
    let p: [Double] = [1.0 / 3, 1, 2.0 / 3, 1, 1, 1.0 / 3]
    #expect(null.p([3, 1, 2, 1, 1, 9]) == p)
    let z = null.z([3, 1, 2, 0, 0, 0])
    #expect(abs(z[0] - 1.5 / 0.5.squareRoot()) < 1e-12)
    #expect(try MatchedNull(meanExpression: [1], detectionRate: [1], size: 200).p([1])[0].isNaN)
  }
}
