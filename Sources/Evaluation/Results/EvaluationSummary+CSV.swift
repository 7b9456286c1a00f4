import StomicsCore

extension EvaluationSummary {
  /// A row for every method, slice and seed; RFC 4180, empty where a value is not defined.
  public var csv: String {
    var lines = [
      (["method", "kind", "reach", "unit", "slice", "seed", "n_test", "n_train"] + Measure.allCases.map(\.rawValue)
        + ["temperature", "epochs", "parameters", "choice", "failure"]).joined(separator: ",")
    ]
    for result in results {
      let tail = [
        result.epochs.map(String.init).joined(separator: ";"), result.parameterCount.map(String.init) ?? "",
        result.choices.joined(separator: "; "), result.failure ?? "",
      ]
      let head = [result.method, result.kind.rawValue, result.reach, result.unit]
      if result.slices.isEmpty {
        let empty = [String](repeating: "", count: Measure.allCases.count)
        lines.append(
          (head + ["", "\(result.seed)", "", ""] + empty + [""] + tail).map(csvField).joined(separator: ","))
      }
      for slice in result.slices {
        let values = Measure.allCases.map { $0.value(slice).map { "\($0)" } ?? "" }
        lines.append(
          (head + [slice.slice, "\(result.seed)", "\(slice.scores.spotCount)", "\(slice.trainingSpots)"] + values
            + [slice.temperatures.map { "\($0)" }.joined(separator: ";")] + tail)
            .map(csvField).joined(separator: ","))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
