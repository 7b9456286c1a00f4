import Evaluation
import Glibc
import Metrics
import Plotting
import StomicsCore

/// The pictures of an evaluation: methods side by side, reliability, confusion, and the sweep over k where there is one.
struct EvaluationFigures {
  private let summary: EvaluationSummary

  private static let modelColor = Color(hex: 0x0072B2)
  private static let floorColor = Color(hex: 0xE69F00)
  private static let controlColor = Color(hex: 0x999999)
  private static let shuffledColor = Color(hex: 0xCC79A7)

  init(_ summary: EvaluationSummary) { self.summary = summary }

  private static let names = ["ari", "reliability", "confusion", "k"]

  /// Writes `ari.png`, `reliability.png`, `confusion.png` and, of modes with several k, `k.png`, in place of older ones.
  func write(to folder: String) throws {
    for name in Self.names { unlink("\(folder)/\(name).png") }
    let scored = summary.methods.filter { $0.values[Measure.ari.rawValue] != nil }
    if scored.isEmpty { return }
    func write(_ figure: some Figure, _ name: String) throws {
      try figure.write(
        to: "\(folder)/\(name).png",
        provenance: Provenance(title: "\(name), \(protocolName)", source: "stomics evaluate \(stomicsVersion)"))
    }
    try write(bars(scored, .ari), "ari")
    try write(reliability(scored), "reliability")
    if let best = best(scored) {
      try write(confusion(best), "confusion")
    }
    if let sweep = sweep(scored) { try write(sweep, "k") }
  }

  /// The model of the highest ARI, else the reference of the highest.
  private func best(_ methods: [EvaluationSummary.Method]) -> EvaluationSummary.Method? {
    func ari(_ method: EvaluationSummary.Method) -> Double { method.values[Measure.ari.rawValue]?.mean ?? -1 }
    let models = methods.filter { $0.kind == .model }
    return (models.isEmpty ? methods : models).max { ari($0) < ari($1) }
  }

  private var protocolName: String { String(summary.settings.division.prefix { $0 != "," }) }

  /// One bar a method that has the measure.
  func bars(_ methods: [EvaluationSummary.Method], _ measure: Measure) -> BarPlot {
    let bars = methods.map { method in
      let value = method.values[measure.rawValue]
      let color: Color =
        switch method.kind {
        case .model: Self.modelColor
        case .floor: Self.floorColor
        case .control: Self.controlColor
        case .shuffled: Self.shuffledColor
        }
      return BarPlot.Bar(
        summary.title(method), value: value?.mean ?? .nan, spread: value?.slicesDeviation ?? value?.seedsDeviation,
        points: summary.results(of: method).flatMap(\.slices).compactMap { measure.value($0) }, color: color)
    }
    let kinds = Set(methods.map(\.kind))
    let names: [(EvaluationResult.Kind, String, Color)] = [
      (.model, "model", Self.modelColor), (.shuffled, "labels shuffled", Self.shuffledColor),
      (.floor, "linear floor", Self.floorColor), (.control, "control", Self.controlColor),
    ]
    return BarPlot(
      bars,
      label:
        "\(measure.title) (bar: mean; whisker: sd between \(summary.slices.count > 1 ? "slices" : "seeds"); dots: slices and seeds)",
      title: "\(protocolName): \(counted(summary.slices.count, "slice")), \(counted(summary.seeds.count, "seed"))",
      legend: names.filter { kinds.contains($0.0) }.map { ($0.1, $0.2) })
  }

  private func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }

  /// Accuracy by confidence of the calibrated probabilities, spots of all slices and seeds together.
  private func reliability(_ methods: [EvaluationSummary.Method]) -> XYPlot {
    let panels = methods.map { method in
      var counts: [Double] = []
      var confidences: [Double] = []
      var rights: [Double] = []
      for curve in summary.results(of: method).flatMap(\.slices).map(\.scores.reliability) {
        if counts.isEmpty {
          counts = [Double](repeating: 0, count: curve.bins.count)
          confidences = counts
          rights = counts
        }
        for (b, bin) in curve.bins.enumerated() {
          guard let confidence = bin.confidence, let accuracy = bin.accuracy else { continue }
          counts[b] += Double(bin.count)
          confidences[b] += Double(bin.count) * confidence
          rights[b] += Double(bin.count) * accuracy
        }
      }
      // A bin of a few spots says nothing.
      let used = counts.indices.filter { counts[$0] >= 20 }
      let x = used.map { confidences[$0] / counts[$0] }
      let y = used.map { rights[$0] / counts[$0] }
      let ece = method.values[Measure.ece.rawValue].map { ", ECE \($0.mean.formatted(decimals: 3))" } ?? ""
      return XYPlot.Panel(
        summary.title(method) + ece, x: XYPlot.Axis("confidence", lower: 0, upper: 1),
        y: XYPlot.Axis("accuracy", lower: 0, upper: 1),
        series: [
          XYPlot.Series("", x: x, y: y, .line(), color: Self.modelColor),
          XYPlot.Series("", x: x, y: y, .points(radius: 2.2), color: Self.modelColor),
        ], references: [XYPlot.Reference(.diagonal)])
    }
    return XYPlot(panels, title: "Reliability: bins of at least 20 spots", columns: min(4, panels.count))
  }

  private func confusion(_ method: EvaluationSummary.Method) -> ConfusionPlot {
    let names = summary.classes
    var counts = [[Int]](repeating: [Int](repeating: 0, count: names.count), count: names.count)
    for scores in summary.results(of: method).flatMap(\.slices).map(\.scores) {
      for (t, row) in scores.confusion.enumerated() {
        for (p, count) in row.enumerated() { counts[t][p] += count }
      }
    }
    return ConfusionPlot(names: names, counts: counts, title: "\(summary.title(method)), all slices and seeds")
  }

  /// ARI by neighbours of the modes that were run with at least two k.
  private func sweep(_ methods: [EvaluationSummary.Method]) -> XYPlot? {
    var series = [(name: String, points: [(k: Double, ari: Double)])]()
    for method in methods where method.kind == .model {
      let words = method.name.split(separator: " ")
      guard let last = words.last, last.hasPrefix("k="), let k = Double(last.dropFirst(2)),
        let ari = method.values[Measure.ari.rawValue]?.mean
      else { continue }
      let name = words.dropLast().joined(separator: " ")
      if let place = series.firstIndex(where: { $0.name == name }) {
        series[place].points.append((k, ari))
      } else {
        series.append((name, [(k, ari)]))
      }
    }
    let swept = series.filter { $0.points.count > 1 }
    if swept.isEmpty { return nil }
    let lines = swept.map { name, points in
      let sorted = points.sorted { $0.k < $1.k }
      return XYPlot.Series(name, x: sorted.map(\.k), y: sorted.map(\.ari))
    }
    let controls = methods.filter { $0.kind == .control || $0.kind == .floor }
    let single = Set(controls.map(\.reach)).count == 1
    let references = (single ? controls : []).enumerated().compactMap { number, control in
      control.values[Measure.ari.rawValue].map {
        XYPlot.Reference(
          .horizontal, at: $0.mean, name: control.name,
          stroke: Stroke(
            control.kind == .floor ? Self.floorColor : .softInk, width: 0.9, dash: number == 0 ? [3, 2.5] : [1, 1.5]))
      }
    }
    return XYPlot(
      [
        XYPlot.Panel(
          x: XYPlot.Axis("neighbours k", .logarithmic), y: XYPlot.Axis("ARI"), series: lines, references: references)
      ],
      title: "ARI by number of neighbours")
  }
}
