#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import Autodiff
import Metrics
import Models
import SparseGraph
import StomicsCore

/// What metrics.json of a run folder holds.
public struct RunMetrics: Sendable, Codable {
  public var test: DomainScores
  public var validation: DomainScores
  public var train: DomainScores
  /// Classifiers that see no gene, on the same test spots; nil for a slice without coordinates.
  public var controls: CoordinateControls?
  public var bestValidationARI: Double?
  public var bestEpoch: Int
  public var epochs: Int
  public var mode: String
  public var fusion: String?
  public var parameterCount: Int
  public var classes: [String]
  public var genes: Int
  public var spots: Int
  public var seed: Int
  public var splitSeed: Int
  /// Whether genes and scaling were fitted on test spots too, as the published protocol does.
  public var protocolNote: String
  public var timing: Timing
  public var notes: [String]
  public var version: String

  /// Speed of this machine; the only part of a run that differs between two equal runs.
  public struct Timing: Sendable, Codable {
    public var epochSecondsMinimum: Double?
    public var epochSecondsMedian: Double?
    /// The share of an epoch that the first layer over the genes took.
    public var firstLayerShare: Double?
    /// Floating-point operations of an epoch's matrix products and sums over edges, in 10^9.
    public var gigaflopPerEpoch: Double?
    public var threads: Int

    enum CodingKeys: String, CodingKey {
      case epochSecondsMinimum = "epoch_seconds_min"
      case epochSecondsMedian = "epoch_seconds_median"
      case firstLayerShare = "first_layer_share"
      case gigaflopPerEpoch = "gflop_per_epoch"
      case threads
    }

    init(_ trainer: Trainer) {
      let sorted = trainer.epochSeconds.sorted()
      epochSecondsMinimum = sorted.first
      epochSecondsMedian = sorted.isEmpty ? nil : sorted[sorted.count / 2]
      let total = trainer.costs.values.reduce(0) { $0 + $1.seconds }
      if total > 0 {
        firstLayerShare = (trainer.costs[.standardisedLinear]?.seconds ?? 0) / total
        gigaflopPerEpoch = trainer.costs.values.reduce(0) { $0 + $1.flops } / 1e9
      }
      threads = Threads.count
    }
  }

  enum CodingKeys: String, CodingKey {
    case test, validation, train, controls, epochs, mode, fusion, classes, genes, spots, seed, timing, notes, version
    case bestValidationARI = "best_val_ari"
    case bestEpoch = "best_epoch"
    case parameterCount = "parameters"
    case splitSeed = "split_seed"
    case protocolNote = "protocol"
  }

  init(_ run: TrainingRun, _ prediction: Prediction) throws {
    let set = run.set
    let incoming = set.recipe.graph.hasGraph ? NeighbourLists(set.input.graph) : nil
    let nearest = try set.input.coordinates.map { try NeighbourLists.nearest(of: $0) }
    func score(_ spots: [Int], _ probabilities: Matrix) -> DomainScores {
      DomainScores(
        spots: spots, labels: set.labels, probabilities: probabilities, classNames: set.classNames, nearest: nearest,
        incoming: incoming)
    }
    test = score(set.split.test, prediction.probabilities)
    validation = score(set.split.validation, prediction.probabilities)
    train = score(set.split.train, prediction.probabilities)
    controls = try set.input.coordinates.map {
      try CoordinateControls(
        spots: set.split.test, coordinates: $0, labels: set.labels, training: set.split.train,
        classNames: set.classNames, nearest: nearest, incoming: incoming)
    }
    let progress = run.trainer.progress
    bestValidationARI = progress.bestValidationARI
    bestEpoch = progress.bestEpoch
    epochs = progress.history.count
    mode = set.model.mode.rawValue
    fusion = set.model.usedFusion?.rawValue
    parameterCount = run.trainer.model.parameters.layout.count
    classes = set.classNames
    genes = set.recipe.genes.count
    spots = set.labels.count
    seed = run.configuration.seed
    splitSeed = run.configuration.splitSeed
    protocolNote =
      "random split inside one slice; genes and scaling were fitted on all spots, as published"
      + (controls == nil
        ? "; without coordinates there are no controls to compare with" : ": compare with the controls")
    timing = Timing(run.trainer)
    notes = set.notes
    version = stomicsVersion
  }

  func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }

  /// Reads the file of a run folder.
  public init(contentsOf path: String) throws {
    do {
      self = try JSONDecoder().decode(RunMetrics.self, from: Data(try readFile(path)))
    } catch let error as DecodingError {
      throw TrainingError.runFolder(folder: path, problem: "is not a metrics.json of this program: \(error)")
    }
  }
}
