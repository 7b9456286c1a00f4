import AnnData
import ArgumentParser
import Models
import Preprocessing
import StomicsCore
import Training

/// A trained model and a slice as it takes it in: what commands that look inside a model are given.
struct ModelSlice: ParsableArguments {
  @Argument(help: "The run folder of a training, or its model.safetensors.")
  var run: String

  @Argument(help: "A slice (h5ad) with counts and coordinates.")
  var input: String

  @Option(help: "Where the slice keeps the embedding the model reads, obsm:KEY. (default: as in training)")
  var embedding: String?

  @Option(help: "Where the slice keeps the image features the model reads, obsm:KEY. (default: as in training)")
  var imageFeatures: String?

  @Option(help: "The share of the model's genes that the slice may lack; counted as 0.")
  var missingShare = 0.2

  func validate() throws {
    guard (0...1).contains(missingShare) else {
      throw ValidationError("--missing-share is \(missingShare); it is a share, 0 to 1.")
    }
  }

  /// The trained model.
  func predictor() throws -> Predictor { try RunFolder(run).predictor() }

  /// Reads the slice and applies the model's recipe.
  func load(_ predictor: Predictor, spatialKey: String, console: Console) throws -> (adata: AnnData, data: ModelData) {
    let recipe = predictor.checkpoint.recipe
    let parts = try predictor.inputParts(embedding: embedding, imageFeatures: imageFeatures)
    let adata = try console.step("reading \(input)") { try AnnData.read(input) }
    let modelInput = try console.step("applying the recipe") {
      try ModelInput.load(
        from: adata, recipe: recipe, parts: parts, spatialKey: spatialKey, missingShare: missingShare)
    }
    for note in modelInput.notes(on: adata, recipe, usesGraph: predictor.model.configuration.mode.usesGraph) {
      console.warning(note)
    }
    return (adata, try predictor.data(modelInput))
  }
}

extension Predictor {
  /// What the model reads of a slice, under the keys that flags name.
  func inputParts(embedding: String?, imageFeatures: String?) throws -> InputParts {
    var parts = inputParts
    let mode = model.configuration.mode.rawValue
    if let embedding {
      guard parts.embedding != nil else {
        throw ValidationError("--embedding is not for this model: its mode, \(mode), reads none.")
      }
      parts.embedding?.key = InputParts.Features(text: embedding).key
    }
    if let imageFeatures {
      guard parts.image != nil else {
        throw ValidationError("--image-features is not for this model: its mode, \(mode), reads none.")
      }
      parts.image?.key = InputParts.Features(text: imageFeatures).key
    }
    return parts
  }
}
