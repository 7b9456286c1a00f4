import AnnData
import Models
import SparseGraph
import StomicsCore
import Training

/// Everything an evaluation trains: models, seeds, and the floors and controls that stand beside them.
public struct EvaluationGrid: Sendable {
  public let division: EvaluationProtocol
  public let models: [any Classifier]
  /// Floors and controls, always there: of each reach of the models once.
  public let references: [(classifier: any Classifier, kind: EvaluationResult.Kind)]
  /// Seeds of splits and weights.
  public let seeds: [Int]
  /// The seed of all splits; nil: each repeat's own.
  public let splitSeed: Int?
  /// Whether every model is also trained on exchanged labels.
  public let shufflesLabels: Bool

  /// - Throws: `EvaluationError` where two models have one name or a seed is given twice.
  public init(
    _ division: EvaluationProtocol, models: [any Classifier], seeds: [Int], splitSeed: Int? = nil,
    shufflesLabels: Bool = false
  ) throws {
    try division.validate()
    var names = Set<String>()
    for model in models where !names.insert(model.name).inserted {
      throw EvaluationError.mode(model.name, problem: "is there twice.")
    }
    if seeds.isEmpty || Set(seeds).count != seeds.count {
      throw EvaluationError.setting("the seeds \(seeds) are none, or one is there twice.")
    }
    self.division = division
    self.models = models
    self.seeds = seeds
    self.splitSeed = splitSeed
    self.shufflesLabels = shufflesLabels
    let controls: [any Classifier] =
      division.crossesSlices
      ? [RegistrationControl()]
      : CoordinateControl.allCases.map { CoordinateClassifier($0) }
    let floor = LinearFloor(
      rings: division.kind == .blocks ? Array(0...max(0, Int(division.bufferRings))) : [0, 1, 2, 3])
    references = controls.map { ($0, .control) } + [(floor, .floor)]
  }
}

/// One piece of work: a classifier on a unit with a seed.
public struct EvaluationTask: Sendable {
  public let unit: EvaluationUnit
  public let seed: Int
  public let classifier: any Classifier
  public let kind: EvaluationResult.Kind
  /// The classifier whose reach makes the folds: the model's own, or that of a model that a reference stands beside.
  let folds: any Classifier
  let reach: String

  /// A name for its result's file.
  public var key: String {
    let text = [unit.name, "seed \(seed)", classifier.name, kind == .shuffled ? "shuffled" : "", reach].filter {
      !$0.isEmpty
    }
    .joined(separator: " ")
    var hash = ContentHash()
    hash.add(text)
    let plain = text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
    return String(plain.prefix(80)) + "-" + String(hash.value, radix: 16)
  }
}

extension EvaluationGrid {
  /// All tasks, repeat by repeat, so that what is done first is a whole small evaluation.
  /// - Throws: `EvaluationError` where the slices do not suit the protocol, `SparseGraphError` where one does not suit a
  ///   model's graph.
  /// - Parameter noting: called with a sentence for every slice and graph that leaves spots without neighbours
  public func tasks(
    _ set: SliceSet, only: [String]? = nil, noting: (String) -> Void = { _ in }
  ) throws -> [EvaluationTask] {
    for note in try graphNotes(set) { noting(note) }
    let units = try division.units(set, only: only).map { unit in
      (unit: unit, reaches: try models.map { try reachName($0, unit, set) })
    }
    var tasks = [EvaluationTask]()
    for seed in seeds {
      for (unit, reachNames) in units {
        func add(_ classifier: any Classifier, _ kind: EvaluationResult.Kind, folds: any Classifier, _ reach: String) {
          tasks.append(
            EvaluationTask(
              unit: unit, seed: seed, classifier: classifier, kind: kind, folds: folds, reach: reach))
        }
        var reaches = [String]()
        for (model, reach) in zip(models, reachNames) {
          if !reaches.contains(reach) {
            reaches.append(reach)
            for reference in references {
              add(reference.classifier, reference.kind, folds: model, reach)
            }
          }
          add(model, .model, folds: model, reach)
          if shufflesLabels { add(model, .shuffled, folds: model, reach) }
        }
      }
    }
    return tasks
  }

  /// Which spots have no neighbours in which models' graphs: a sentence a slice and graph.
  /// - Throws: `SparseGraphError` where a slice does not suit a model's graph.
  private func graphNotes(_ set: SliceSet) throws -> [String] {
    try set.slices.flatMap { slice in
      try SparseGraphError.naming(slice.file) {
        var names: [Int: [String]] = [:]
        for model in models {
          guard let alone = try model.reach(slice.coordinates).graph?.inDegrees.isolated, alone > 0 else { continue }
          names[alone, default: []].append(model.name)
        }
        return names.sorted { $0.key < $1.key }.map { alone, models in
          "\(slice.name): \(alone) of \(slice.coordinates.count) spots have no neighbours in the graph of "
            + "\(models.joined(separator: ", ")), which \(models.count == 1 ? "sees" : "see") nothing around them."
        }
      }
    }
  }

  /// What the folds of a model are called; folds of one name are the same. Only blocks have a buffer.
  private func reachName(_ model: any Classifier, _ unit: EvaluationUnit, _ set: SliceSet) throws -> String {
    guard division.kind == .blocks else { return "" }
    let reach = try model.reach(set.slices[unit.tested[0]].coordinates)
    if reach.graph == nil && reach.rings <= division.bufferRings { return division.bufferName }
    return reach.name
  }
}
