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

  /// Makes the folder and those above it.
  public func create() throws {
    var made = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false) {
      made += made.isEmpty && !part.isEmpty ? String(part) : (part.isEmpty ? "" : "/" + part)
      if part.isEmpty { continue }
      let place = path.hasPrefix("/") && !made.hasPrefix("/") ? "/" + made : made
      if mkdir(place, 0o777) != 0 && errno != EEXIST {
        throw TrainingError.runFolder(
          folder: path, problem: "cannot make the folder \(place): \(String(cString: strerror(errno)))")
      }
      made = place
    }
    var status = stat()
    guard stat(path, &status) == 0, (status.st_mode & S_IFMT) == S_IFDIR else {
      throw TrainingError.runFolder(folder: path, problem: "is not a folder; give -o the name of one")
    }
    guard access(path, W_OK) == 0 else {
      throw TrainingError.runFolder(folder: path, problem: "you may not write there; give -o another folder")
    }
  }

  /// Removes the files of an earlier run, and nothing else.
  func clear() {
    for file in [configuration, metrics, history, predictions, model, state, results] { unlink(file) }
  }
}
