#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import AnnData
import StomicsCore

/// A trained model on disk: parameters under the published system's keys, and in the metadata all that a prediction
/// needs besides (settings, class names, recipe).
public struct Checkpoint: Sendable, Equatable {
  public var configuration: ModelConfiguration
  /// Names of the classes in the order of the logits, `[C]`.
  public var classNames: [String]
  public var recipe: Recipe
  public var parameters: [String: Safetensors.Tensor]

  public init(_ model: Model, classNames: [String], recipe: Recipe) {
    configuration = model.configuration
    self.classNames = classNames
    self.recipe = recipe
    parameters = [:]
    for entry in model.parameters.layout.entries {
      parameters[entry.key] = Safetensors.Tensor(shape: entry.shape, values: model.parameters[entry.key])
    }
  }

  private enum Field {
    static let format = "stomics_format"
    static let version = "stomics_version"
    static let configuration = "stomics_model"
    static let classNames = "stomics_classes"
    static let recipe = "stomics_recipe"
  }

  /// The layout of the metadata this version writes and reads.
  private static let format = "1"

  /// Writes the checkpoint as a safetensors file, the old one staying until the new one is whole.
  /// - Throws: `FileError`
  public func write(to path: String) throws {
    var file = Safetensors()
    file.tensors = parameters
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    func json(_ value: some Encodable) throws -> String { String(decoding: try encoder.encode(value), as: UTF8.self) }
    file.metadata = [
      Field.format: Self.format,
      Field.version: stomicsVersion,
      Field.configuration: try json(configuration),
      Field.classNames: try json(classNames),
      Field.recipe: try json(recipe),
    ]
    try file.write(to: path)
  }

  /// Reads a checkpoint and makes sure that its parts fit together.
  /// - Throws: `FileError`, or `ModelError.checkpoint` naming what is wrong
  public init(contentsOf path: String) throws {
    let file = try Safetensors(contentsOf: path)
    func decode<Value: Decodable>(_ field: String, as type: Value.Type) throws -> Value {
      guard let text = file.metadata[field] else {
        throw ModelError.checkpoint(
          file: path, problem: "its metadata has no '\(field)'; this is not a checkpoint that `stomics train` wrote")
      }
      do {
        return try JSONDecoder().decode(type, from: Data(text.utf8))
      } catch {
        throw ModelError.checkpoint(file: path, problem: "its metadata '\(field)' cannot be understood: \(error)")
      }
    }
    if let format = file.metadata[Field.format], format != Self.format {
      throw ModelError.checkpoint(
        file: path,
        problem:
          "it has format \(format), written by stomics \(file.metadata[Field.version] ?? "unknown"); this program reads format \(Self.format)"
      )
    }
    configuration = try decode(Field.configuration, as: ModelConfiguration.self)
    classNames = try decode(Field.classNames, as: [String].self)
    recipe = try decode(Field.recipe, as: Recipe.self)
    parameters = file.tensors
    guard classNames.count == configuration.classCount, recipe.genes.count == configuration.geneCount else {
      throw ModelError.checkpoint(
        file: path,
        problem:
          "it has \(classNames.count) class names and \(recipe.genes.count) genes for a model of \(configuration.classCount) classes and \(configuration.geneCount) genes"
      )
    }
    if let problem = recipe.problem {
      throw ModelError.checkpoint(file: path, problem: "its recipe cannot be applied: \(problem)")
    }
  }

  /// The model with this checkpoint's parameters.
  public func model(file: String) throws -> Model {
    let model = try Model(configuration)
    try model.load(parameters, file: file)
    return model
  }
}

extension Model {
  /// Sets every parameter from named tensors; all must be there, finite, with the model's shapes, and no other.
  public func load(_ tensors: [String: Safetensors.Tensor], file: String) throws(ModelError) {
    for entry in parameters.layout.entries {
      guard let tensor = tensors[entry.key] else {
        throw .mismatch(file: file, key: entry.key, found: "missing", expected: "shape \(entry.shape)")
      }
      guard tensor.shape == entry.shape else {
        throw .mismatch(
          file: file, key: entry.key, found: "of shape \(tensor.shape)", expected: "shape \(entry.shape)")
      }
      guard tensor.values.allSatisfy(\.isFinite) else {
        throw .checkpoint(file: file, problem: "'\(entry.key)' holds values that are not finite numbers")
      }
      parameters[entry.key] = tensor.values
    }
    if let extra = tensors.keys.sorted().first(where: { !parameters.layout.contains($0) }) {
      throw .mismatch(file: file, key: extra, found: "there", expected: "no such parameter")
    }
  }
}
