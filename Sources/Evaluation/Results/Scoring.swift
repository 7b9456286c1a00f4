import Metrics
import SparseGraph
import StomicsCore
import Training

/// Gathers what a classifier says of the test spots of a unit's folds, and scores it slice by slice.
struct Scoring {
  private struct Slice {
    var calibrated: Matrix
    var plain: Matrix
    var tested: [Int] = []
    var temperatures: [Double] = []
    var incoming: NeighbourLists?
    var training = 0
    var validation = 0
  }

  private let set: SliceSet
  private var parts: [Int: Slice] = [:]

  init(_ set: SliceSet) { self.set = set }

  /// Takes a fold's answer: calibrated on its validation spots.
  mutating func add(_ output: ClassifierOutput, _ fold: FoldPlan, _ data: FoldData) {
    let truth = data.validation.map { data.labels[$0] }
    let scaling =
      output.temperature.map(TemperatureScaling.init(temperature:))
      ?? TemperatureScaling(logits: output.logits.gatheringRows(data.validation), truth: truth)
    let calibrated = scaling.probabilities(output.logits)
    let plain = TemperatureScaling.none.probabilities(output.logits)
    for (place, number) in fold.slices.enumerated() {
      let range = data.slices[place]
      let tested = fold.roles[place].indices.filter { fold.roles[place][$0] == .test }
      if tested.isEmpty { continue }
      var part =
        parts[number]
        ?? Slice(
          calibrated: Matrix(rows: range.count, columns: data.classCount),
          plain: Matrix(rows: range.count, columns: data.classCount))
      for i in tested {
        for c in 0..<data.classCount {
          part.calibrated[i, c] = calibrated[range.lowerBound + i, c]
          part.plain[i, c] = plain[range.lowerBound + i, c]
        }
      }
      part.tested += tested
      part.temperatures.append(scaling.temperature)
      part.incoming = output.graph.map { NeighbourLists($0.slice(range)) }
      part.training += data.training.count
      part.validation += data.validation.count
      parts[number] = part
    }
  }

  /// The scores of every tested slice.
  /// - Throws: `SparseGraphError`
  func results() throws -> [SliceResult] {
    try parts.keys.sorted().compactMap { number in
      guard let part = parts[number] else { return nil }
      let slice = set.slices[number]
      let labels = set.labels[number]
      let tested = part.tested.sorted()
      let nearest = try NeighbourLists.nearest(of: slice.coordinates)
      func scores(_ probabilities: Matrix) -> DomainScores {
        DomainScores(
          spots: tested, labels: labels, probabilities: probabilities, classNames: set.classNames, nearest: nearest,
          incoming: part.incoming)
      }
      let plain = scores(part.plain)
      let predicted = mostProbableClasses(part.calibrated)
      func confidence(right: Bool) -> Double? {
        let chosen = tested.filter { labels[$0] >= 0 && (predicted[$0] == labels[$0]) == right }
        if chosen.isEmpty { return nil }
        return chosen.reduce(0.0) { $0 + Double(part.calibrated[$1, Int(predicted[$1])]) } / Double(chosen.count)
      }
      return SliceResult(
        slice: slice.name, scores: scores(part.calibrated), temperatures: part.temperatures,
        uncalibratedECE: plain.ece, uncalibratedLogLoss: plain.logLoss, confidenceRight: confidence(right: true),
        confidenceWrong: confidence(right: false), trainingSpots: part.training, validationSpots: part.validation)
    }
  }
}

extension Graph {
  /// The edges among the spots of a slice that no edge leaves.
  fileprivate func slice(_ range: Range<Int>) -> Graph {
    let start = indptr[range.lowerBound]
    return Graph(
      targetCount: range.count, sourceCount: range.count,
      indptr: (range.lowerBound...range.upperBound).map { indptr[$0] - start },
      sources: sources[start..<indptr[range.upperBound]].map { $0 - Int32(range.lowerBound) })
  }
}
