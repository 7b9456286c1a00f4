import StomicsCore

extension EvaluationTask {
  /// Trains on every fold and scores all of them together. What a fold cannot give becomes the result's `failure`.
  func run(_ grid: EvaluationGrid, _ set: SliceSet) -> EvaluationResult {
    let start = ContinuousClock.now
    var scoring = Scoring(set)
    var parameterCount: Int?
    var epochs = [Int]()
    var choices = [String]()
    var slices = [SliceResult]()
    var failure: String?
    do {
      let splitSeed = grid.splitSeed ?? seed
      for plan in try grid.division.folds(unit, of: set, seed: splitSeed, reach: folds.reach) {
        let data = try plan.data(
          set, fitsOnAllSpots: grid.division.fitsOnAllSpots, learnsFromValidation: grid.division.kind != .random,
          shuffling: kind == .shuffled ? seed : nil)
        try data.checkLearnable()
        let output = try classifier.predict(data, seed: seed)
        scoring.add(output, plan, data)
        parameterCount = output.parameterCount ?? parameterCount
        if let count = output.epochs { epochs.append(count) }
        if let choice = output.choice { choices.append(choice) }
      }
      slices = try scoring.results()
    } catch {
      failure = "\(error)"
      slices = []
    }
    let duration = ContinuousClock.now - start
    return EvaluationResult(
      method: classifier.name, kind: kind, unit: unit.name, seed: seed, reach: reach, slices: slices,
      parameterCount: parameterCount, epochs: epochs, choices: choices, failure: failure,
      seconds: Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18)
  }
}
