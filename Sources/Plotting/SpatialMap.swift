import StomicsCore

/// Maps of one slice side by side: labels, differences between labels, numbers.
///
/// Spots stand at their true size and place, y down as the tissue lies, both axes on one scale; missing spots are grey.
/// Panels of labels share one legend and one colour a name.
public struct SpatialMap: Figure {
  /// One map of the slice.
  public struct Panel: Sendable {
    public enum Content: Sendable {
      case labels(Labels)
      /// Where two labels of a spot differ; spots that lack one of them are missing.
      case difference(Labels, Labels, style: DifferenceStyle)
      /// `[N]` numbers; those that are not finite are missing.
      case values([Double], ValueScale)
      /// Weights between spots, `[N, N]`: row i holds those of the spots that spot i listens to. They are coloured by
      /// how many times an equal share they are (1 where a spot listens to all alike).
      case edges(CSRMatrix, ValueScale)
      /// One spot and those it listens to, enlarged, in the colours of `edges`, with their labels' colours.
      case neighbourhood(of: Int, CSRMatrix, Labels?, ValueScale)
      /// The edges of a graph `[N, N]` in grey, whatever their weights, under small spots in the colours of something
      /// else.
      indirect case graph(CSRMatrix, under: Content)

      /// What the spots' colours say.
      var ofSpots: Content {
        if case .graph(_, let content) = self { content.ofSpots } else { self }
      }
    }

    public var title: String
    /// A second, smaller line, such as metrics. A panel of differences without one says how many spots differ.
    public var subtitle: String
    public var content: Content
    /// Where this panel's spots lie; nil: as the map's. For panels of whole slices, which should be of one shape.
    public var tissue: Tissue?

    public init(_ title: String, subtitle: String = "", _ content: Content, tissue: Tissue? = nil) {
      self.title = title
      self.subtitle = subtitle
      self.content = content
      self.tissue = tissue
    }
  }

  /// How differences are coloured and called.
  public struct DifferenceStyle: Sendable, Equatable {
    /// Words for spots that agree and that differ.
    public var same: String
    public var different: String
    /// Whether differing spots take the colour of their second label instead of red.
    public var showsSecond: Bool

    public init(same: String, different: String, showsSecond: Bool = false) {
      self.same = same
      self.different = different
      self.showsSecond = showsSecond
    }

    public static let errors = DifferenceStyle(same: "correct", different: "wrong")
    public static let changes = DifferenceStyle(same: "unchanged", different: "changed")
  }

  public var tissue: Tissue
  public var panels: [Panel]
  /// Stands over the whole figure.
  public var title: String
  /// Stands over the names of the labels.
  public var legendTitle: String
  /// Panels in a row; nil: up to four.
  public var columns: Int?
  /// The figure's width in points; nil: panels about three inches wide.
  public var width: Double?
  /// Spots are drawn this many times their size.
  public var spotScale: Double
  /// 0 to 1.
  public var spotOpacity: Double
  /// For names without a colour of their own.
  public var palette: [Color]
  /// What the two coordinates are, where the map is no slice but an embedding: panels get frames with these names.
  public var axisNames: [String]

  public init(
    _ tissue: Tissue, panels: [Panel], title: String = "", legendTitle: String = "", columns: Int? = nil,
    width: Double? = nil, spotScale: Double = 1, spotOpacity: Double = 1, palette: [Color] = Palette.colorBlindSafe,
    axisNames: [String] = []
  ) {
    self.tissue = tissue
    self.panels = panels
    self.title = title
    self.legendTitle = legendTitle
    self.columns = columns
    self.width = width
    self.spotScale = spotScale
    self.spotOpacity = spotOpacity
    self.palette = palette
    self.axisNames = axisNames
  }

  /// Truth, prediction and errors of a slice, or as many of them as asked for.
  public static func domains(
    _ tissue: Tissue, truth: Labels, prediction: Labels, predictionSubtitle: String = "",
    style: DifferenceStyle = .errors
  ) -> SpatialMap {
    SpatialMap(
      tissue,
      panels: [
        Panel("Truth", .labels(truth)), Panel("Prediction", subtitle: predictionSubtitle, .labels(prediction)),
        Panel("Errors", .difference(truth, prediction, style: style)),
      ])
  }

  /// Numbers before and after on one scale, and their difference (after minus before) around white.
  public static func beforeAfter(
    _ tissue: Tissue, before: [Double], after: [Double], scale: ValueScale, titles: [String] = ["Before", "After"]
  ) -> SpatialMap {
    let difference = zip(before, after).map { $1 - $0 }
    return SpatialMap(
      tissue,
      panels: [
        Panel(titles.first ?? "Before", .values(before, scale)),
        Panel(titles.last ?? "After", .values(after, scale)),
        Panel("Difference", .values(difference, .difference(label: "change of " + scale.label))),
      ])
  }

  public func draw() throws -> Canvas {
    try checkCounts()
    return try SpatialMapLayout(self).draw()
  }

  private func checkCounts() throws {
    guard !panels.isEmpty else { throw PlotError.nothingToDraw(what: "no panel was asked for") }
    func check(_ count: Int, _ title: String) throws {
      guard count == tissue.coordinates.count else {
        throw PlotError.lengthMismatch(what: "Panel '\(title)'", count: count, expected: tissue.coordinates.count)
      }
    }
    for panel in panels {
      if let own = panel.tissue { try check(own.coordinates.count, panel.title) }
      if case .graph(let edges, _) = panel.content {
        try check(edges.rows, panel.title)
        try check(edges.columns, panel.title)
      }
      switch panel.content.ofSpots {
      case .labels(let labels): try check(labels.codes.count, panel.title)
      case .difference(let first, let second, _):
        try check(first.codes.count, panel.title)
        try check(second.codes.count, panel.title)
      case .values(let values, _): try check(values.count, panel.title)
      case .edges(let weights, _):
        try check(weights.rows, panel.title)
        try check(weights.columns, panel.title)
      case .neighbourhood(let spot, let weights, let labels, _):
        try check(weights.rows, panel.title)
        try check(weights.columns, panel.title)
        if let labels { try check(labels.codes.count, panel.title) }
        let place = tissue.coordinates.indices.contains(spot) ? tissue.coordinates[spot] : Point(.nan, .nan)
        guard place.x.isFinite, place.y.isFinite else {
          throw PlotError.nothingToDraw(what: "the spot of panel '\(panel.title)' has no finite coordinates")
        }
      case .graph: break
      }
    }
  }

  // MARK: Colours

  /// One colour for every name of any panel: the first panel that brings its own colour for a name decides.
  var colorsOfNames: [String: Color] {
    var known = [String: Color]()
    var names = [String]()
    for labels in allLabels {
      for (i, name) in labels.names.enumerated() {
        if let colors = labels.colors, i < colors.count, known[name] == nil { known[name] = colors[i] }
        if !names.contains(name) { names.append(name) }
      }
    }
    return Palette.bind(names, known: known, palette: palette)
  }

  private var allLabels: [Labels] {
    panels.flatMap { panel -> [Labels] in
      switch panel.content.ofSpots {
      case .labels(let labels): [labels]
      case .difference(let first, let second, _): [first, second]
      case .neighbourhood(_, _, let labels, _): labels.map { [$0] } ?? []
      case .values, .edges, .graph: []
      }
    }
  }

  /// Whether a spot of any panel lacks a label or a number.
  var hasMissing: Bool {
    panels.contains { panel in
      switch panel.content.ofSpots {
      case .labels(let labels): labels.codes.contains { !labels.names.indices.contains($0) }
      case .difference(let first, let second, _):
        first.codes.indices.contains { first.name(of: $0) == nil || second.name(of: $0) == nil }
      case .values(let values, _): values.contains { !$0.isFinite }
      case .neighbourhood(_, _, let labels, _): labels?.codes.indices.contains { labels?.name(of: $0) == nil } ?? false
      case .edges, .graph: false
      }
    }
  }

  var hasOnlyValues: Bool { allLabels.isEmpty }

  /// What stands in the legend: names in the order of their categories, then what differences mean, missing last.
  var legendBlocks: [Legend.Block] {
    if hasOnlyValues { return [] }
    let colors = colorsOfNames
    var names = [String]()
    var words: [(name: String, color: Color)] = []
    func add(_ name: String, _ color: Color) {
      if !words.contains(where: { $0.name == name }) { words.append((name, color)) }
    }
    func addUsed(_ labels: Labels) {
      let used = Set(labels.codes).filter { labels.names.indices.contains($0) }.sorted()
      for code in used where !names.contains(labels.names[code]) { names.append(labels.names[code]) }
    }
    for panel in panels {
      switch panel.content.ofSpots {
      case .labels(let labels): addUsed(labels)
      case .difference(_, let second, let style):
        add(style.same, .unchanged)
        if style.showsSecond { addUsed(second) } else { add(style.different, .changed) }
      case .neighbourhood(_, _, let labels, _): if let labels { addUsed(labels) }
      case .values, .edges, .graph: break
      }
    }
    return [
      Legend.Block(title: legendTitle, entries: names.map { ($0, colors[$0] ?? .missing) }),
      Legend.Block(title: "", entries: words),
      Legend.Block(title: "", entries: hasMissing ? [("missing", .missing)] : []),
    ]
  }
}

extension SpatialMap.Panel {
  /// The scale that the panel's colours come from; nil for labels.
  var scale: ValueScale? {
    switch content.ofSpots {
    case .values(_, let scale), .edges(_, let scale), .neighbourhood(_, _, _, let scale): scale
    case .labels, .difference, .graph: nil
    }
  }

  /// What lies on the scale.
  var numbers: [Double] {
    switch content.ofSpots {
    case .values(let values, _): values
    case .edges(let weights, _), .neighbourhood(_, let weights, _, _): weights.multiplesOfEqualShare
    case .labels, .difference, .graph: []
    }
  }
}
