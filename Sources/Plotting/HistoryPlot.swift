/// How training went: losses and scores by epoch, the best epoch and the drops of the learning rate marked.
public struct HistoryPlot: Figure {
  /// A score such as the ARI of the validation spots, `[epochs]`.
  public struct Curve: Sendable {
    public var name: String
    public var values: [Double]

    public init(_ name: String, _ values: [Double]) {
      self.name = name
      self.values = values
    }
  }

  /// The epochs' numbers, `[epochs]`.
  public var epochs: [Double]
  public var losses: [Curve]
  public var scores: [Curve]
  /// `[epochs]`, empty where it is not known.
  public var learningRates: [Double]
  public var bestEpoch: Double?
  public var title: String
  public var width: Double?

  public init(
    epochs: [Double], losses: [Curve], scores: [Curve], learningRates: [Double] = [], bestEpoch: Double? = nil,
    title: String = "", width: Double? = nil
  ) {
    self.epochs = epochs
    self.losses = losses
    self.scores = scores
    self.learningRates = learningRates
    self.bestEpoch = bestEpoch
    self.title = title
    self.width = width
  }

  public func draw() throws -> Canvas {
    guard !epochs.isEmpty else { throw PlotError.nothingToDraw(what: "the history has no epoch") }
    let losses = losses.filter { $0.values.contains(where: \.isFinite) }
    let scores = scores.filter { $0.values.contains(where: \.isFinite) }
    var panels = [XYPlot.Panel]()
    if !losses.isEmpty { panels.append(panel("Loss", axis: XYPlot.Axis("loss"), losses)) }
    if !scores.isEmpty {
      // Scores have 1 as their best; a curve near it should not touch the frame.
      let most = scores.flatMap(\.values).filter(\.isFinite).max() ?? 1
      let least = scores.flatMap(\.values).filter(\.isFinite).min() ?? 0
      let axis = XYPlot.Axis("score", lower: min(0, least), upper: most <= 1 ? 1.02 : nil)
      panels.append(panel("Validation", axis: axis, scores))
    }
    guard !panels.isEmpty else { throw PlotError.nothingToDraw(what: "the history has no losses and no scores") }
    return try XYPlot(panels, title: title, width: width).draw()
  }

  private func panel(_ title: String, axis: XYPlot.Axis, _ curves: [Curve]) -> XYPlot.Panel {
    var references = drops.map { epoch in
      XYPlot.Reference(
        .vertical, at: epoch, name: epoch == drops.first ? "learning rate lowered" : "",
        stroke: Stroke(Color(hex: 0x9A9A9A), width: 0.7, dash: [1, 2]))
    }
    if let bestEpoch {
      references.append(
        XYPlot.Reference(
          .vertical, at: bestEpoch, name: "best epoch (\(trimmed(bestEpoch, 0)))",
          stroke: Stroke(.ink, width: 0.9, dash: [4, 2.5])))
    }
    return XYPlot.Panel(
      title, x: XYPlot.Axis("epoch", .whole), y: axis,
      series: curves.map { XYPlot.Series($0.name, x: epochs, y: $0.values) }, references: references)
  }

  /// The first epochs with a lower learning rate, where it falls in few steps; a smooth schedule has none.
  private var drops: [Double] {
    guard learningRates.count == epochs.count else { return [] }
    let places = epochs.indices.dropFirst().filter { learningRates[$0] < learningRates[$0 - 1] * 0.999 }
    return places.count <= 12 ? places.map { epochs[$0] } : []
  }
}
