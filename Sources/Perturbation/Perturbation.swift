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
  private let data: ModelData
  let editable: EditableInput

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
    data = try predictor.data(input, input.expression, context)
    before = predictor.predict(data)
  }

  /// Applies an edit to the counts, the recipe to the result, and the model to that.
  /// - Throws: `PerturbationError` for a gene the model does not know, with near names.
  public func effect(of edit: Edit) throws -> Effect {
    try edit.validate()
    var columns: [Int] = []
    for gene in edit.genes {
      let column = try column(gene)
      if !columns.contains(column) { columns.append(column) }
    }
    let expression = editable.expression(editing: columns, edit.kind, at: edit.spots)
    let after = predictor.predict(try predictor.data(input, expression, context))
    let expressing = (0..<input.counts.rows).count { i in columns.contains { input.counts[i, $0] > 0 } }
    let edited = input.expression.rowsThatDiffer(from: expression)
    return Effect(
      edit: edit, before: before, after: after, expressingSpots: expressing, editedSpots: edited,
      hops: context?.hops(from: edited))
  }

  /// The gene's column in the model's input.
  /// - Throws: `PerturbationError` for a gene the model does not know, with near names.
  func column(_ gene: String) throws(PerturbationError) -> Int { try editable.column(gene, slice: slice) }

  /// The gene in a column of the model's input.
  public func geneName(_ column: Int) -> String { editable.recipe.genes[column] }

  /// How many hops away from an edit a prediction can change.
  public var receptiveHops: Int { predictor.model.configuration.receptiveHops }

  /// The model ready for many edits of single genes.
  func incremental() -> IncrementalModel { IncrementalModel(predictor.model, data, input.expression) }

  func firstOrder(_ edits: [GeneEdit]) -> FirstOrderResponse {
    predictor.model.firstOrder(data, input.expression, to: edits)
  }

  /// Adds all that a prediction depends on.
  func addIdentity(to hash: inout ContentHash) {
    let model = predictor.model
    hash.add("\(model.configuration) \(before.classNames) \(predictor.checkpoint.recipe)")
    for value in model.parameters.snapshot { hash.add(UInt64(value.bitPattern)) }
    for value in before.probabilities.values { hash.add(UInt64(value.bitPattern)) }
    for (index, value) in zip(input.counts.indices, input.counts.values) {
      hash.add(UInt64(UInt32(bitPattern: index)) << 32 | UInt64(value.bitPattern))
    }
    for size in input.sizeFactors { hash.add(size.bitPattern) }
  }
}

extension StandardisedMatrix {
  /// Positions of the rows that are not equal, ascending; both have the same shape and one slice.
  func rowsThatDiffer(from other: StandardisedMatrix) -> [Int] {
    precondition(offsets == other.offsets, "matrices of two recipes")
    return (0..<rows).filter { i in
      let (one, two) = (sparse.range(ofRow: i), other.sparse.range(ofRow: i))
      return sparse.indices[one] != other.sparse.indices[two] || sparse.values[one] != other.sparse.values[two]
    }
  }
}
