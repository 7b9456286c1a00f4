/// The results of an evaluation, gathered by method.
public struct EvaluationSummary: Sendable, Codable {
  /// One number of one method.
  public struct Value: Sendable, Codable {
    /// The mean over slices of each slice's mean over seeds.
    public let mean: Double
    /// Standard deviation (ddof 1) between slices; nil of one slice.
    public let slicesDeviation: Double?
    /// Standard deviation between the seeds of a slice, averaged over slices; nil of one seed.
    public let seedsDeviation: Double?
    public let worst: Double
    public let worstSlice: String

    enum CodingKeys: String, CodingKey {
      case mean, worst
      case slicesDeviation = "sd_slices"
      case seedsDeviation = "sd_seeds"
      case worstSlice = "worst_slice"
    }
  }

  /// A model's ARI less that of the better reference of the same slice and seed.
  public struct Difference: Sendable, Codable {
    public let slice: String
    public let mean: Double
    /// Half the width of the 95 % interval of the mean over seeds (Student's t); nil of one seed.
    public let halfInterval: Double?
    /// In how many of the seeds it is above 0, and of how many.
    public let above: Int
    public let seeds: Int

    enum CodingKeys: String, CodingKey {
      case slice, mean, above, seeds
      case halfInterval = "half_interval_95"
    }
  }

  /// A method with all its results.
  public struct Method: Sendable, Codable {
    public let name: String
    public let kind: EvaluationResult.Kind
    public let reach: String
    public let parameterCount: Int?
    /// Results with scores, and why others have none.
    public let runs: Int
    public let failures: [String]
    public let values: [String: Value]
    /// Of a model: against the better of the coordinates-only controls; empty across slices.
    public let aboveControl: [Difference]
    /// Of a model: against the linear floor.
    public let aboveFloor: [Difference]
    /// Mean epochs of a training.
    public let epochs: Double?

    enum CodingKeys: String, CodingKey {
      case name, kind, reach, runs, failures, values, epochs
      case parameterCount = "parameters"
      case aboveControl = "ari_above_better_control"
      case aboveFloor = "ari_above_linear_floor"
    }
  }

  public let settings: EvaluationSettings
  public let classes: [String]
  public let seeds: [Int]
  /// Models first, then floors and controls.
  public let methods: [Method]
  /// Every result, in the order of the grid, without times.
  public let results: [EvaluationResult]

  /// - Parameter results: in the order of the grid
  public init(_ settings: EvaluationSettings, classes: [String], seeds: [Int], results: [EvaluationResult]) {
    self.settings = settings
    self.classes = classes
    self.seeds = seeds
    self.results = results.map { result in
      var result = result
      result.seconds = 0
      return result
    }
    var order = [MethodKey]()
    var groups: [MethodKey: [EvaluationResult]] = [:]
    for result in results {
      let key = MethodKey(result)
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(result)
    }
    let scores = ScoreTable(results)
    methods = (order.filter(\.isModel) + order.filter { !$0.isModel }).map { key in
      let own = groups[key] ?? []
      return Method(
        name: key.name, kind: key.kind, reach: key.reach, parameterCount: own.compactMap(\.parameterCount).first,
        runs: own.count { $0.failure == nil }, failures: Self.distinct(own.compactMap(\.failure)),
        values: Self.values(own),
        aboveControl: key.isModel ? scores.differences(own, from: .control) : [],
        aboveFloor: key.isModel ? scores.differences(own, from: .floor) : [],
        epochs: Spread(own.flatMap(\.epochs).map(Double.init))?.mean)
    }
  }

  private static func values(_ results: [EvaluationResult]) -> [String: Value] {
    var values: [String: Value] = [:]
    for measure in Measure.allCases {
      var bySlice: [(slice: String, values: [Double])] = []
      for slice in results.flatMap(\.slices) {
        guard let value = measure.value(slice) else { continue }
        if let place = bySlice.firstIndex(where: { $0.slice == slice.slice }) {
          bySlice[place].values.append(value)
        } else {
          bySlice.append((slice.slice, [value]))
        }
      }
      let spreads = bySlice.compactMap { slice, values in Spread(values).map { (slice: slice, spread: $0) } }
      guard let all = Spread(spreads.map(\.spread.mean)),
        let worst = spreads.min(by: { a, b in
          measure.higherIsBetter ? a.spread.mean < b.spread.mean : a.spread.mean > b.spread.mean
        })
      else { continue }
      values[measure.rawValue] = Value(
        mean: all.mean, slicesDeviation: all.deviation,
        seedsDeviation: Spread(spreads.compactMap(\.spread.deviation))?.mean, worst: worst.spread.mean,
        worstSlice: worst.slice)
    }
    return values
  }

  private static func distinct(_ texts: [String]) -> [String] {
    var seen = Set<String>()
    return texts.filter { seen.insert($0).inserted }
  }
}

/// What makes results one row of a table.
private struct MethodKey: Hashable {
  let name: String
  let kind: EvaluationResult.Kind
  let reach: String

  init(_ result: EvaluationResult) {
    name = result.method
    kind = result.kind
    reach = result.reach
  }

  var isModel: Bool { kind == .model || kind == .shuffled }
}

/// The ARI of every reference, looked up by reach, slice and seed.
private struct ScoreTable {
  private struct Key: Hashable {
    let kind: EvaluationResult.Kind
    let reach: String
    let slice: String
    let seed: Int
  }

  /// The best reference of a kind.
  private var best: [Key: Double] = [:]

  init(_ results: [EvaluationResult]) {
    for result in results where result.kind == .control || result.kind == .floor {
      for slice in result.slices {
        guard let ari = slice.scores.ari else { continue }
        let key = Key(kind: result.kind, reach: result.reach, slice: slice.slice, seed: result.seed)
        best[key] = max(best[key] ?? -.infinity, ari)
      }
    }
  }

  func differences(
    _ results: [EvaluationResult], from kind: EvaluationResult.Kind
  ) -> [EvaluationSummary.Difference] {
    var bySlice: [(slice: String, values: [Double])] = []
    for result in results {
      for slice in result.slices {
        let key = Key(kind: kind, reach: result.reach, slice: slice.slice, seed: result.seed)
        guard let ari = slice.scores.ari, let reference = best[key] else { continue }
        if let place = bySlice.firstIndex(where: { $0.slice == slice.slice }) {
          bySlice[place].values.append(ari - reference)
        } else {
          bySlice.append((slice.slice, [ari - reference]))
        }
      }
    }
    return bySlice.compactMap { slice, values in
      Spread(values).map {
        EvaluationSummary.Difference(
          slice: slice, mean: $0.mean, halfInterval: $0.halfInterval, above: values.count { $0 > 0 },
          seeds: values.count)
      }
    }
  }
}
