import Glibc
import StomicsCore

/// The files of a training run.
public struct RunFolder: Sendable, Equatable {
  public let path: String

  public init(_ path: String) {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  /// The settings as resolved.
  public var configuration: String { path + "/config.yaml" }
  public var metrics: String { path + "/metrics.json" }
  public var history: String { path + "/history.csv" }
  public var predictions: String { path + "/predictions.csv" }
  public var model: String { path + "/model.safetensors" }
  /// What `--resume` goes on from.
  public var state: String { path + "/state.safetensors" }
  /// Labels, prediction, embedding and graph of the slice as an h5ad that scanpy opens.
  public var results: String { path + "/results.h5ad" }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Whether a training was begun here.
  public var holdsRun: Bool { Self.exists(configuration) || Self.exists(state) || Self.exists(model) }

  /// Removes the files of an earlier run, and nothing else.
  func clear() {
    for file in [configuration, metrics, history, predictions, model, state, results] { unlink(file) }
  }
}
