/// A panel made ready: for every spot the place of its colour, and what its second line says.
struct PreparedPanel {
  var subtitle: String
  var colorIndices: [Int32]
  var palette: [Color]
  var scale: ResolvedScale?
  /// Spots are drawn this many times the map's size.
  var spotScale = 1.0
  var edges: PreparedEdges?
  /// What is drawn in the place of spots and edges.
  var neighbourhood: Neighbourhood?
}

extension SpatialMap {
  func prepare(_ panel: Panel, colors: [String: Color], scale: ResolvedScale?) -> PreparedPanel {
    switch panel.content {
    case .graph(let edges, let content):
      var inner = panel
      inner.content = content
      return prepareGraph(prepare(inner, colors: colors, scale: scale), edges)
    case .labels(let labels):
      return PreparedPanel(
        subtitle: panel.subtitle,
        colorIndices: labels.codes.map { labels.names.indices.contains($0) ? Int32($0 + 1) : 0 },
        palette: [.missing] + labels.names.map { colors[$0] ?? .missing })
    case .difference(let first, let second, let style):
      return prepareDifference(panel, first, second, style, colors)
    case .values(let values, _):
      guard let scale else { return PreparedPanel(subtitle: panel.subtitle, colorIndices: [], palette: []) }
      return PreparedPanel(
        subtitle: panel.subtitle,
        colorIndices: values.map { $0.isFinite ? Int32(scale.scale.map.index(of: scale.share($0)) + 1) : 0 },
        palette: [.missing] + scale.scale.map.colors, scale: scale)
    case .edges(let weights, _):
      guard let scale else { return PreparedPanel(subtitle: panel.subtitle, colorIndices: [], palette: []) }
      return prepareEdges(panel, weights, scale)
    case .neighbourhood(let spot, let weights, let labels, _):
      guard let scale else { return PreparedPanel(subtitle: panel.subtitle, colorIndices: [], palette: []) }
      let names = (0..<weights.rows).map { labels?.name(of: $0) }
      return PreparedPanel(
        subtitle: panel.subtitle, colorIndices: [], palette: [], scale: scale,
        neighbourhood: Neighbourhood(
          spot: spot, weights: weights, scale: scale,
          domainColors: names.map { $0.flatMap { colors[$0] } ?? .missing }))
    }
  }

  /// Palette: missing, same, then one colour for all that differ or one a name.
  private func prepareDifference(
    _ panel: Panel, _ first: Labels, _ second: Labels, _ style: DifferenceStyle, _ colors: [String: Color]
  ) -> PreparedPanel {
    // Names are compared, not codes: the two columns may list their categories in another order.
    let places = Dictionary(first.names.enumerated().map { ($1, $0) }, uniquingKeysWith: { a, _ in a })
    let codeInFirst = second.names.map { places[$0] ?? -1 }
    var different = 0
    var compared = 0
    let indices = zip(first.codes, second.codes).map { one, other -> Int32 in
      guard first.names.indices.contains(one), second.names.indices.contains(other) else { return 0 }
      compared += 1
      if codeInFirst[other] == one { return 1 }
      different += 1
      return style.showsSecond ? Int32(other + 2) : 2
    }
    let share = compared == 0 ? 0 : 100 * Double(different) / Double(compared)
    let count = "\(grouped(different)) of \(grouped(compared)) spots \(style.different) (\(fixed(share, 1)) %)"
    let marked = style.showsSecond ? second.names.map { colors[$0] ?? .missing } : [.changed]
    return PreparedPanel(
      subtitle: panel.subtitle.isEmpty ? count : panel.subtitle, colorIndices: indices,
      palette: [.missing, .unchanged] + marked)
  }
}
