import AnnData
import Models
import Preprocessing
import Simulation

@testable import Perturbation

/// A small simulated slice, and a model of it with drawn weights: enough to see what an edit does.
struct SmallExperiment {
  let slice: AnnData
  let recipe: Recipe
  let predictor: Predictor

  init(standardisation: Recipe.Standardisation = .stored) throws {
    var options = PreprocessingOptions()
    options.genes = .top(120)
    options.components = 0
    options.standardisation = standardisation
    options.labelKey = "layer"
    slice = try preprocess(simulateCortex(SimulationOptions(spots: 200, genes: 300, seed: 4)), options).0
    recipe = try slice.recipe()
    let model = try Model(
      ModelConfiguration(
        mode: .full, fusion: .gated, geneCount: recipe.genes.count, classCount: 3, embeddingWidth: 16, hiddenWidth: 24,
        spatialHeads: 2, fusionHeads: 2))
    predictor = try Predictor(Checkpoint(model, classNames: ["a", "b", "c"], recipe: recipe))
  }

  var input: ModelInput { get throws { try ModelInput.load(from: slice, recipe: recipe) } }

  /// The most widely expressed modelled gene.
  var gene: (name: String, column: Int) {
    get throws {
      let counts = try input.counts.transposed()
      let column = (0..<counts.rows).max { counts.range(ofRow: $0).count < counts.range(ofRow: $1).count } ?? 0
      return (recipe.genes[column], column)
    }
  }
}
