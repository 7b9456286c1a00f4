import AnnData
import Testing

@testable import Perturbation

@Suite("Effects")
struct EffectTests {
  @Test("an edit that changes nothing has no effect") func nothing() throws {
    let experiment = try SmallExperiment()
    let run = try PerturbationExperiment(experiment.predictor, experiment.slice)
    let effect = try run.effect(of: Edit(genes: [experiment.gene.name], kind: .factor(1)))
    #expect(effect.changedSpots.isEmpty && effect.meanEmbeddingShift == 0 && effect.direction == nil)
  }

  @Test("a knock-out's tables add up") func knockout() throws {
    let experiment = try SmallExperiment()
    let run = try PerturbationExperiment(experiment.predictor, experiment.slice)
    let (name, column) = try experiment.gene
    let effect = try run.effect(of: Edit(genes: [name], kind: .knockout))
    #expect(effect.meanProbabilityChange > 0 && effect.meanEmbeddingShift > 0)
    #expect(effect.transitions.joined().reduce(0, +) == 200)
    let moved = effect.transitions.enumerated().flatMap { from, row in
      row.enumerated().filter { $0.offset != from }.map(\.element)
    }
    #expect(moved.reduce(0, +) == effect.changedSpots.count)
    #expect(abs(effect.meanProbabilityShift.reduce(0, +)) < 1e-6)
    let counts = try experiment.input.counts
    #expect(effect.expressingSpots == (0..<200).reduce(0) { $0 + (counts[$1, column] > 0 ? 1 : 0) })

    let summary = EffectTables.summary([effect]).split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
    #expect(summary.count == 2 && summary[0].count == summary[1].count && summary[1][0] == name)
    let spots = EffectTables.spots([effect], names: experiment.slice.obs.index).split(separator: "\n")
    #expect(spots.count == 201)
    let changed = spots.dropFirst().filter { $0.split(separator: "\t", omittingEmptySubsequences: false)[7] == "1" }
    #expect(changed.count == effect.changedSpots.count)
    var annotated = experiment.slice
    EffectTables.annotate(&annotated, [effect])
    #expect(annotated.obs["domain_after_\(name)"] != nil && annotated.obs[Keys.predictedDomain] != nil)
  }

  @Test("names for files and columns hold no slash, are all different, and short") func plainNames() throws {
    let experiment = try SmallExperiment()
    let run = try PerturbationExperiment(experiment.predictor, experiment.slice)
    let template = try run.effect(of: Edit(genes: [experiment.gene.name], kind: .knockout))
    let effects = [["A/B"], ["A_B"], ["A_B", "C"], (0..<90).map { "GENE\($0)" }].map {
      Effect(
        edit: Edit(genes: $0, kind: .knockout), before: template.before, after: template.before, expressingSpots: 0,
        editedSpots: [], hops: nil)
    }
    #expect(EffectTables.plainNames(effects) == ["A_B", "A_B_2", "A_B+C", "GENE0+89_more"])
  }

  @Test("genes edited together are one effect") func together() throws {
    let experiment = try SmallExperiment()
    let run = try PerturbationExperiment(experiment.predictor, experiment.slice)
    let genes = Array(experiment.recipe.genes.prefix(3))
    let effect = try run.effect(of: Edit(genes: genes, kind: .knockout))
    #expect(effect.edit.name == genes.joined(separator: "+"))
    #expect(effect.meanEmbeddingShift > 0)
  }
}
