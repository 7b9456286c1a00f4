import AnnData
import Models
import Preprocessing
import SparseGraph
import StomicsCore
import Training

/// A mode of the published system, trained on a fold from its counts.
///
/// Genes are chosen on the fold's fitting spots; each slice is standardised by itself; slices have no edges between them.
/// Test slices that are not learned from are predicted afterwards, so they cost nothing while training.
public struct TrainedModel: Classifier {
  public let name: String
  /// Settings of the training; seed, mode and neighbours among them.
  public let configuration: TrainingConfiguration
  private let geneCount: Int

  /// - Parameters:
  ///   - configuration: with the mode's fusion and neighbours set
  ///   - name: in tables
  public init(_ configuration: TrainingConfiguration, name: String) {
    self.configuration = configuration
    self.name = name
    geneCount = configuration.topGeneCount ?? 3000
  }

  /// Settings were validated when the model was made: what they leave open is as preprocess has it.
  private func recipe() throws -> GraphRecipe {
    GraphRecipe(try configuration.graph.resolved() ?? GraphRecipe().kind, direction: configuration.graphDirection)
  }

  private func graph(_ coordinates: [SIMD2<Double>], slices: [Range<Int>]) throws -> Graph {
    let recipe = try recipe()
    guard let method = recipe.kind.method else { preconditionFailure("settings name no graph of none") }
    return try Graph.build(
      coordinates, with: method, direction: recipe.direction.graphDirection,
      slices: slices.enumerated().flatMap { number, range in range.map { _ in number } })
  }

  public func reach(_ coordinates: [SIMD2<Double>]) throws -> Reach {
    let hops = configuration.mode.hops(configuration)
    guard hops > 0 else { return .within(rings: 0) }
    let kind = try recipe().kind
    return .hops(
      hops, of: try graph(coordinates, slices: [0..<coordinates.count]),
      named: kind.neighbours.map { "k = \($0)" } ?? kind.words)
  }

  public func predict(_ fold: FoldData, seed: Int) throws -> ClassifierOutput {
    let expression = try log(fold)
    let learned = fold.trainedSlices
    let others = fold.slices.indices.filter { !learned.contains($0) }
    let (part, input) = try input(fold, expression, slices: learned)
    let classCount = fold.classCount
    let configuration = withSeed(seed)
    let shape = configuration.model(
      geneCount: expression?.genes.count ?? 0, classCount: classCount, embeddingColumns: fold.embedding?.columns,
      imageColumns: fold.image?.columns)
    let model = try Model(shape, seed: UInt64(bitPattern: Int64(seed)))
    let data = try input.data(for: shape)
    let trainer = try Trainer(
      model, data: data, labels: part.labels, training: part.training, validation: part.validation,
      configuration: configuration)
    while !trainer.isFinished { try trainer.runEpoch() }
    trainer.restoreBest()

    var logits = Matrix(rows: fold.spotCount, columns: classCount)
    func place(_ result: Matrix, of slices: [Int]) {
      var row = 0
      for number in slices {
        let range = fold.slices[number]
        logits.values.replaceSubrange(
          range.lowerBound * classCount..<range.upperBound * classCount,
          with: result.values[row * classCount..<(row + range.count) * classCount])
        row += range.count
      }
    }
    place(model.predict(data).logits, of: learned)
    for number in others {
      let other = try self.input(fold, expression, slices: [number]).input
      place(model.predict(try other.data(for: shape)).logits, of: [number])
    }
    return ClassifierOutput(
      logits: logits, graph: configuration.mode.usesGraph ? try graph(fold.coordinates, slices: fold.slices) : nil,
      parameterCount: model.parameters.layout.count, epochs: trainer.progress.history.count)
  }

  /// Log-normalised values of the chosen genes; nil where the mode reads none.
  private func log(_ fold: FoldData) throws -> LogNormalised? {
    guard configuration.mode.readsGenes else { return nil }
    return try LogNormalised(fold).highlyVariable(geneCount, fold)
  }

  private func withSeed(_ seed: Int) -> TrainingConfiguration {
    var configuration = configuration
    configuration.seed = seed
    return configuration
  }

  /// What a model takes in of some slices.
  private struct Input {
    var expression: StandardisedMatrix
    var embedding: Matrix?
    var image: Matrix?
    var context: SpatialContext?

    func data(for shape: ModelConfiguration) throws -> ModelData {
      try ModelData(expression, embedding: embedding, image: image, context: context, for: shape)
    }
  }

  private func input(
    _ fold: FoldData, _ expression: LogNormalised?, slices: [Int]
  ) throws -> (part: FoldData, input: Input) {
    let spots = slices.flatMap { Array(fold.slices[$0]) }
    let part = slices.elementsEqual(fold.slices.indices) ? fold : fold.restricted(toSlices: slices)
    let none = CSRMatrix(
      rows: spots.count, columns: 0, indptr: [Int](repeating: 0, count: spots.count + 1), indices: [], values: [])
    let input = Input(
      expression: expression?.gathering(spots).standardised(part) ?? StandardisedMatrix(sparse: none, offsets: []),
      embedding: part.embedding, image: part.image,
      context: configuration.mode.usesGraph
        ? SpatialContext(try graph(part.coordinates, slices: part.slices)) : nil)
    return (part, input)
  }
}

extension ModelConfiguration.Mode {
  /// How many hops away a spot's prediction looks: one a layer of the graph encoder, and one more for cross-attention,
  /// which mixes the spatial embeddings of neighbours.
  func hops(_ configuration: TrainingConfiguration) -> Int {
    guard usesGraph else { return 0 }
    return configuration.spatialLayers + (usesFusion && configuration.fusion == .crossAttention ? 1 : 0)
  }
}
