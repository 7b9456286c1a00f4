import AnnData
import Metrics
import Preprocessing
import SparseGraph
import StomicsCore

/// What a model says of every spot of a slice.
public struct Prediction: Sendable, Equatable {
  /// `[C]`
  public let classNames: [String]
  /// `[N, C]`
  public let probabilities: Matrix
  /// What the classifier sees, `[N, D]`.
  public let embeddings: Matrix
  /// The most probable class of every spot, `[N]`.
  public let codes: [Int32]

  public init(classNames: [String], probabilities: Matrix, embeddings: Matrix) {
    self.classNames = classNames
    self.probabilities = probabilities
    self.embeddings = embeddings
    codes = mostProbableClasses(probabilities)
  }

  /// The probability of each spot's most probable class, `[N]`.
  public var confidences: [Float] { codes.indices.map { probabilities[$0, Int(codes[$0])] } }

  /// Writes the prediction where scanpy's users look: `obs/domain`, `obs/domain_confidence`,
  /// `obsm/domain_probabilities`, `obsm/X_stomics`.
  public func annotate(_ adata: inout AnnData) {
    precondition(adata.observationCount == codes.count, "the prediction is of another slice")
    adata.setDomains(probabilities, classNames: classNames)
    adata.obsm[Keys.embedding] = .array(DenseArray(embeddings))
  }
}

extension AnnData {
  /// Writes `obs/domain`, `obs/domain_confidence` and `obsm/domain_probabilities`.
  /// - Parameter probabilities: `[N, C]`; a spot whose row is NaN has no domain
  public mutating func setDomains(_ probabilities: Matrix, classNames: [String]) {
    var codes = mostProbableClasses(probabilities)
    var confidences = codes.indices.map { probabilities[$0, Int(codes[$0])] }
    for i in codes.indices where probabilities[i, 0].isNaN {
      codes[i] = -1
      confidences[i] = .nan
    }
    obs[Keys.predictedDomain] = .categorical(Categorical(codes: codes, categories: classNames))
    obs[Keys.predictedConfidence] = .numeric(.float32(confidences))
    obsm[Keys.domainProbabilities] = .array(DenseArray(probabilities))
  }
}

/// A trained model ready to be asked about slices.
public struct Predictor {
  public let checkpoint: Checkpoint
  public let model: Model

  /// Reads a checkpoint file.
  /// - Throws: `FileError`, `ModelError`
  public init(contentsOf path: String) throws {
    checkpoint = try Checkpoint(contentsOf: path)
    model = try checkpoint.model(file: path)
  }

  public init(_ checkpoint: Checkpoint) throws {
    self.checkpoint = checkpoint
    model = try checkpoint.model(file: "in memory")
  }

  /// The slice's graph as the model takes it in; nil where the recipe has none.
  public func context(_ input: ModelInput) -> SpatialContext? {
    checkpoint.recipe.graph.hasGraph ? SpatialContext(input.graph) : nil
  }

  /// What of a slice the model reads.
  public var inputParts: InputParts { model.configuration.inputParts }

  /// The slice as the model takes it in, by the checkpoint's recipe.
  public func data(_ input: ModelInput) throws -> ModelData { try data(input, input.expression, context(input)) }

  /// The same with another expression in the slice's place; one graph serves several.
  public func data(
    _ input: ModelInput, _ expression: StandardisedMatrix, _ context: SpatialContext?
  ) throws -> ModelData {
    try ModelData(
      expression, embedding: input.embedding, image: input.image, context: context, for: model.configuration)
  }

  /// Predicts every spot.
  public func predict(_ data: ModelData) -> Prediction {
    let result = model.predict(data)
    return Prediction(
      classNames: checkpoint.classNames, probabilities: result.probabilities, embeddings: result.embeddings)
  }
}
