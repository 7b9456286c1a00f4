import AnnData
import Preprocessing
import StomicsCore
import Testing

@testable import Perturbation

@Suite("Replacing columns of a sparse matrix")
struct ReplacingColumnsTests {
  private let matrix = CSRMatrix(
    rows: 3, columns: 4, indptr: [0, 2, 2, 4], indices: [0, 2, 2, 3], values: [1, 2, 3, 4])

  @Test("equals the dense edit: removed, changed and new entries") func dense() {
    let edited = matrix.replacingColumns([2, 1]) { column, old in column == 2 ? old.map { $0 * 10 } : [5, 6, 0] }
    var expected = matrix.dense()
    for i in 0..<3 {
      expected[i, 2] *= 10
      expected[i, 1] = [5, 6, 0][i]
    }
    #expect(edited.dense() == expected)
    #expect(edited.nonzeroCount == 6)
    for i in 0..<3 {
      let columns = edited.indices[edited.range(ofRow: i)]
      #expect(zip(columns, columns.dropFirst()).allSatisfy { $0 < $1 })
    }
  }

  @Test("zeros are not stored") func removal() {
    let edited = matrix.replacingColumns([2]) { _, old in old.map { _ in 0 } }
    #expect(edited.nonzeroCount == 2)
    #expect(edited.dense()[0, 2] == 0 && edited.dense()[2, 3] == 4)
  }
}

@Suite("Edits of counts")
struct EditTests {
  @Test(
    "a knock-out is a count of 0 under the frozen recipe, not a z-score of 0",
    arguments: [Recipe.Standardisation.stored, .perSlice])
  func knockout(standardisation: Recipe.Standardisation) throws {
    let experiment = try SmallExperiment(standardisation: standardisation)
    let input = try experiment.input
    let column = try experiment.gene.column
    let editable = EditableInput(input, experiment.recipe, renormalise: false)
    let edited = editable.expression(editing: [column], .knockout)
    let before = input.expression
    func z(_ matrix: StandardisedMatrix, _ i: Int, _ g: Int) -> Float { matrix.sparse[i, g] - matrix.offsets[g] }
    let expected = Float(max(-10, -editable.recipe.means[column] / editable.recipe.standardDeviations[column]))
    #expect(expected < -0.1)
    for i in 0..<before.rows {
      #expect(abs(z(edited, i, column) - expected) < 1e-5)
      for g in [0, 5, 60, 119] where g != column { #expect(abs(z(edited, i, g) - z(before, i, g)) < 1e-5) }
    }
    let baseline = editable.expression(editing: [column], .mean)
    for i in 0..<before.rows { #expect(z(baseline, i, column) == 0) }
  }

  @Test("renormalising lets the other genes rise where the gene was") func renormalise() throws {
    let experiment = try SmallExperiment()
    let input = try experiment.input
    let column = try experiment.gene.column
    let kept = EditableInput(input, experiment.recipe, renormalise: false).expression(editing: [column], .knockout)
    let renormalised = EditableInput(input, experiment.recipe, renormalise: true)
      .expression(editing: [column], .knockout)
    var risen = 0
    for i in 0..<input.counts.rows where input.counts[i, column] > 0 {
      for k in kept.sparse.range(ofRow: i) {
        #expect(renormalised.sparse.values[k] >= kept.sparse.values[k] - 1e-5)
        if renormalised.sparse.values[k] > kept.sparse.values[k] + 1e-5 { risen += 1 }
      }
    }
    #expect(risen > 0)
  }

  @Test("a gene named twice is edited once") func namedTwice() throws {
    let experiment = try SmallExperiment()
    let run = try PerturbationExperiment(experiment.predictor, experiment.slice, renormalise: true)
    let name = try experiment.gene.name
    let once = try run.effect(of: Edit(genes: [name], kind: .knockout))
    let twice = try run.effect(of: Edit(genes: [name, name], kind: .knockout))
    #expect(once.after == twice.after && once.expressingSpots == twice.expressingSpots)
  }

  @Test("a factor multiplies, a quantile raises the low spots only") func overexpression() throws {
    let experiment = try SmallExperiment()
    let input = try experiment.input
    let column = try experiment.gene.column
    let editable = EditableInput(input, experiment.recipe, renormalise: false)
    #expect(editable.expression(editing: [column], .factor(1)) == input.expression)
    let doubled = editable.expression(editing: [column], .factor(2))
    let raised = editable.expression(editing: [column], .quantile(0.5))
    for i in 0..<input.counts.rows {
      let old = input.expression.sparse[i, column]
      if input.counts[i, column] > 0 {
        #expect(doubled.sparse[i, column] >= old)
      } else {
        #expect(doubled.sparse[i, column] == old)
        #expect(raised.sparse[i, column] > old)
      }
      #expect(raised.sparse[i, column] >= old)
    }
  }

  @Test("an unknown gene is named with near ones; one outside the model says so") func unknown() throws {
    let experiment = try SmallExperiment()
    let run = try PerturbationExperiment(experiment.predictor, experiment.slice)
    let name = try experiment.gene.name
    #expect {
      try run.effect(of: Edit(genes: [name + "X"], kind: .knockout))
    } throws: {
      "\($0)".contains(name) && "\($0)".contains("Did you mean")
    }
    let other = try #require(experiment.slice.var.index.first { !experiment.recipe.genes.contains($0) })
    #expect {
      try run.effect(of: Edit(genes: [other], kind: .knockout))
    } throws: {
      "\($0)".contains("highly variable")
    }
    #expect(throws: PerturbationError.factor(-1)) { try run.effect(of: Edit(genes: [name], kind: .factor(-1))) }
    #expect(throws: PerturbationError.factor(1e300)) { try run.effect(of: Edit(genes: [name], kind: .factor(1e300))) }
    #expect(throws: PerturbationError.quantile(2)) { try run.effect(of: Edit(genes: [name], kind: .quantile(2))) }
    #expect(throws: PerturbationError.noGenes) { try run.effect(of: Edit(genes: [], kind: .knockout)) }
  }
}
