import AnnData
import Models
import Preprocessing
import StomicsCore

/// A trained model and a slice, ready for "what would change if". Image features stay as they are.
public struct PerturbationExperiment {
  public let predictor: Predictor
  /// The prediction of the slice as it is.
  public let before: Prediction
  /// What a user should know about the slice.
  public let notes: [String]
  private let slice: AnnData
  private let input: ModelInput
  private let context: SpatialContext?
  private let editable: EditableInput

  /// - Parameters:
  ///   - slice: one with counts; the model's recipe is applied to it
  ///   - renormalise: whether size factors follow the edited counts
  ///   - spatialKey: the coordinates' key in obsm
  ///   - missingShare: the largest share of the model's genes that the slice may lack
  public init(
    _ predictor: Predictor, _ slice: AnnData, renormalise: Bool = false, spatialKey: String = Keys.spatial,
    missingShare: Double = 0.2
  ) throws {
    self.predictor = predictor
    self.slice = slice
    let recipe = predictor.checkpoint.recipe
    let model = predictor.model.configuration
    guard model.mode.readsGenes else {
      throw PerturbationError.countsDoNotEnter(mode: model.mode.rawValue, key: model.embedding?.key ?? "")
    }
    input = try ModelInput.load(
      from: slice, recipe: recipe, parts: predictor.inputParts, spatialKey: spatialKey, missingShare: missingShare)
    editable = EditableInput(input, recipe, renormalise: renormalise)
    notes = input.notes(on: slice, recipe, usesGraph: model.mode.usesGraph)
    context = predictor.context(input)
    before = predictor.predict(try predictor.data(input, input.expression, context))
  }

  /// Applies an edit to the counts, the recipe to the result, and the model to that.
  /// - Throws: `PerturbationError` for a gene the model does not know, with near names.
  public func effect(of edit: Edit) throws -> Effect {
    try edit.validate()
    var columns: [Int] = []
    for gene in edit.genes {
      let column = try editable.column(gene, slice: slice)
      if !columns.contains(column) { columns.append(column) }
    }
    let edited = editable.expression(editing: columns, edit.kind)
    let after = predictor.predict(try predictor.data(input, edited, context))
    let expressing = (0..<input.counts.rows).reduce(0) { sum, i in
      sum + (columns.contains { input.counts[i, $0] > 0 } ? 1 : 0)
    }
    return Effect(edit: edit, before: before, after: after, expressingSpots: expressing)
  }
}
