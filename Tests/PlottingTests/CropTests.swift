import Images
import Plotting
import StomicsCore
import TestSupport
import Testing

@Suite struct CropTests {
  let colors = LetterF.colors

  @Test("A crop shows its part alone, at a larger scale, whichever way the slice lies", arguments: [0, 1, 2, 3])
  func part(turns: Int) throws {
    var tissue = LetterF.tissue
    tissue.orientation = Orientation(mirrored: false, quarterTurns: turns)
    let whole = try Picture(LetterF.labelled(tissue), dotsPerInch: 100)
    // The arm's right end and nothing else: Layer1 alone.
    tissue.crop = Rect(x: 1.5, y: -0.5, width: 2, height: 1)
    let part = try Picture(LetterF.labelled(tissue), dotsPerInch: 100)
    #expect(part.center(of: colors[0]) != nil)
    for color in colors.dropFirst() { #expect(part.center(of: color) == nil) }
    let area = { (picture: Picture) in
      Double(picture.count(of: self.colors[0]))
    }
    // Two of four spots, each more than twice as large.
    #expect(area(part) > area(whole))
    let svg = String(decoding: try LetterF.labelled(tissue).bytes(.svg), as: UTF8.self)
    #expect(svg.split(separator: "<circle").count - 1 < 10)
  }

  @Test("A crop without a spot says where the spots are") func empty() throws {
    var tissue = LetterF.tissue
    tissue.crop = Rect(x: 100, y: 100, width: 5, height: 5)
    let error = #expect(throws: PlotError.self) { try LetterF.labelled(tissue).draw() }
    #expect(error?.description.contains("from (0, 0) to (3, 4)") == true)
  }

  @Test("A Visium slide has its micrometres from the distance of its spots; other grids have none") func microns() {
    func grid(_ row: (Int) -> Double, height: Double) -> [Point] {
      (0..<20).flatMap { r in (0..<20).map { Point(137 * (Double($0) + row(r)), 137 * height * Double(r)) } }
    }
    let hexagonal = grid({ Double($0 % 2) / 2 }, height: 0.75.squareRoot())
    let square = grid({ _ in 0 }, height: 1)
    let scale = Tissue(coordinates: hexagonal, spotDiameter: 96).visiumMicronsPerUnit
    #expect(abs((scale ?? 0) - 100 / 137) < 1e-6)
    #expect(Tissue(coordinates: hexagonal, spotDiameter: 130).visiumMicronsPerUnit == nil)
    #expect(Tissue(coordinates: hexagonal).visiumMicronsPerUnit == nil)
    #expect(Tissue(coordinates: square, spotDiameter: 96).visiumMicronsPerUnit == nil)
    #expect(LetterF.tissue.visiumMicronsPerUnit == nil)
  }

  @Test("A graph's edges lie under small spots, each once, in grey") func graph() throws {
    let edges = CSRMatrix(
      rows: 10, columns: 10, indptr: [0, 1, 2, 3] + [Int](repeating: 3, count: 7), indices: [1, 0, 3],
      values: [1, 1, 1])
    let map = SpatialMap(
      LetterF.tissue, panels: [SpatialMap.Panel("", .graph(edges, under: .labels(LetterF.truth)))])
    let segments = try map.draw().elements.flatMap { element -> [Segments] in
      guard case .group(_, _, let members) = element else { return [] }
      return members.compactMap { if case .segments(let segments) = $0 { segments } else { nil } }
    }
    // 0-1 in both directions is one line, 2-3 another.
    #expect(segments.map(\.starts.count) == [2])
    // A crop keeps the edge that reaches into it, although neither end lies inside, and drops the other.
    var part = map
    part.tissue.crop = Rect(x: 2.4, y: -0.1, width: 0.2, height: 0.2)
    part.tissue.spotDiameter = 1.2
    let kept = try part.draw().elements.flatMap { element -> [Segments] in
      guard case .group(_, _, let members) = element else { return [] }
      return members.compactMap { if case .segments(let segments) = $0 { segments } else { nil } }
    }
    #expect(kept.map(\.starts.count) == [1])
    let plain = try Picture(LetterF.labelled())
    let small = try Picture(map)
    // 0.45 of the size in a panel 1.7 times as wide.
    #expect(Double(small.count(of: colors[1])) < 0.65 * Double(plain.count(of: colors[1])))
    var wrong = map
    wrong.panels[0].content = .graph(
      CSRMatrix(rows: 2, columns: 2, indptr: [0, 0, 0], indices: [], values: []), under: .labels(LetterF.truth))
    #expect(throws: PlotError.self) { try wrong.draw() }
  }

  @Test("Panels with places of their own stand beside each other, framed, with the names of the axes") func embedding()
    throws
  {
    let mirrored = Tissue(coordinates: LetterF.coordinates.map { Point(3 - $0.x, $0.y) }, spotDiameter: 0.8)
    let map = SpatialMap(
      LetterF.tissue,
      panels: [
        SpatialMap.Panel("a", .labels(LetterF.truth)), SpatialMap.Panel("b", .labels(LetterF.truth), tissue: mirrored),
      ], columns: 2, axisNames: ["UMAP 1", "UMAP 2"])
    let texts = try map.draw().texts.map(\.string)
    #expect(texts.filter { $0 == "UMAP 1" }.count == 2 && texts.filter { $0 == "UMAP 2" }.count == 2)
    // The stem stands left in the first and right in the second: its middle is the middle of both.
    let picture = try Picture(map)
    let stem = try #require(picture.center(of: colors[1]))
    let arm = try #require(picture.center(of: colors[0]))
    #expect(abs(stem.x - arm.x) < 1.5)
    var wrong = map
    wrong.panels[1].tissue?.coordinates.removeLast()
    #expect(throws: PlotError.self) { try wrong.draw() }
  }

  @Test("Figures under each other keep their words and shapes") func stack() throws {
    let bars = BarPlot(
      [BarPlot.Bar("Layer1", value: 4, color: colors[0], text: "4 (40 %)")], label: "spots", title: "Bars")
    let histogram = XYPlot([
      XYPlot.Panel(
        "Histogram", x: XYPlot.Axis("x"), y: XYPlot.Axis("spots", lower: 0),
        series: [XYPlot.Series("", x: [1, 2, 3], y: [5, 0, 2], .columns(width: 1), color: colors[1])])
    ])
    let stack = FigureStack([bars, LetterF.labelled(), histogram])
    let parts = [try bars.draw(), try LetterF.labelled().draw(), try histogram.draw()]
    let canvas = try stack.draw()
    #expect(canvas.height == parts.reduce(0) { $0 + $1.height })
    #expect(canvas.width == parts.map(\.width).max())
    #expect(canvas.texts.map(\.string) == parts.flatMap { $0.texts.map(\.string) })
    #expect(canvas.texts.map(\.string).contains("4 (40 %)"))
    // Columns of 5 and 2 units: seven times the area of one unit of the map's second spot series colour.
    let alone = try Picture(histogram)
    let together = try Picture(stack)
    #expect(together.count(of: colors[1]) >= alone.count(of: colors[1]))
    #expect(alone.count(of: colors[1]) > 1000)
    for format in FigureFormat.allCases { #expect(try !stack.bytes(format).isEmpty) }
    #expect(throws: PlotError.self) { try FigureStack([]).draw() }
  }
}
