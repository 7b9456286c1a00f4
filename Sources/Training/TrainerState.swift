#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import Models
import StomicsCore

/// Everything a training is at the end of an epoch: written down, it goes on to the same bytes.
public struct TrainerState: Sendable, Equatable {
  /// Flat, in the model's layout.
  public var parameters: [Float]
  /// AdamW's first and second moments, in the same layout.
  public var firstMoments: [Float]
  public var secondMoments: [Float]
  /// The parameters of the best epoch so far.
  public var best: [Float]
  public var progress: Progress

  /// What is no array of parameters: history, schedule, the best epoch, and what the run was begun with.
  public struct Progress: Sendable, Equatable, Codable {
    public var history: [EpochRecord] = []
    public var schedule: PlateauSchedule
    /// The best epoch so far, 0 before the first.
    public var bestEpoch = 0
    public var bestValidationARI: Double?
    public var epochsSinceBest = 0
    /// Names the settings and the data, so that a run is not continued with others.
    public var fingerprint: String
  }

  private enum Field {
    static let parameters = "parameters"
    static let firstMoments = "first_moments"
    static let secondMoments = "second_moments"
    static let best = "best"
    static let progress = "progress"
  }

  init(
    parameters: [Float], firstMoments: [Float], secondMoments: [Float], best: [Float], progress: Progress
  ) {
    self.parameters = parameters
    self.firstMoments = firstMoments
    self.secondMoments = secondMoments
    self.best = best
    self.progress = progress
  }

  func write(to path: String) throws {
    var file = Safetensors()
    func put(_ name: String, _ values: [Float]) {
      file.tensors[name] = Safetensors.Tensor(shape: [values.count], values: values)
    }
    put(Field.parameters, parameters)
    put(Field.firstMoments, firstMoments)
    put(Field.secondMoments, secondMoments)
    put(Field.best, best)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    file.metadata[Field.progress] = String(decoding: try encoder.encode(progress), as: UTF8.self)
    try file.write(to: path)
  }

  init(contentsOf path: String, parameterCount: Int) throws {
    let file = try Safetensors(contentsOf: path)
    func take(_ name: String) throws -> [Float] {
      guard let tensor = file.tensors[name], tensor.values.count == parameterCount else {
        throw TrainingError.cannotResume(
          folder: path,
          problem: "its '\(name)' is missing or of another model (\(parameterCount) parameters expected)")
      }
      return tensor.values
    }
    parameters = try take(Field.parameters)
    firstMoments = try take(Field.firstMoments)
    secondMoments = try take(Field.secondMoments)
    best = try take(Field.best)
    guard let text = file.metadata[Field.progress],
      let progress = try? JSONDecoder().decode(Progress.self, from: Data(text.utf8))
    else { throw TrainingError.cannotResume(folder: path, problem: "its record of progress cannot be read") }
    self.progress = progress
  }
}
