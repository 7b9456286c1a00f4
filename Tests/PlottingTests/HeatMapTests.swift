import Images
import Plotting
import TestSupport
import Testing

@Suite struct HeatMapTests {
  private let groups = Labels(
    codes: [0, 0, 0, 1, 1, -1], names: ["a", "b"], colors: [Color(hex: 0xE41A1C), Color(hex: 0x377EB8)])

  private func map(_ rows: [HeatMap.Row]) -> HeatMap {
    HeatMap(rows, groups: groups, scale: ValueScale(label: "counts"), title: "Genes", legendTitle: "domain")
  }

  @Test("Genes are rows, spots columns, in their order; the strip and the legend have the groups' colours")
  func places() throws {
    let first = HeatMap.Row("MOBP", [0, 0, 0, 5, 5, 5], group: "b")
    let second = HeatMap.Row("RELN", [5, 5, 5, 0, 0, 0], group: "a")
    let colors = ColorMap.viridis.colors
    func ends(_ rows: [HeatMap.Row]) throws -> (high: Point, low: Point) {
      let picture = try Picture(map(rows), dotsPerInch: 100)
      return (try #require(picture.center(of: colors[255])), try #require(picture.center(of: colors[0])))
    }
    // Columns lie from left to right, rows from top to bottom.
    #expect(try ends([first]).high.x > ends([first]).low.x + 50)
    #expect(try ends([second]).high.x < ends([second]).low.x - 50)
    let (all, none) = (HeatMap.Row("x", [5, 5, 5, 5, 5, 5]), HeatMap.Row("y", [0, 0, 0, 0, 0, 0]))
    #expect(try ends([all, none]).high.y < ends([all, none]).low.y - 5)
    #expect(try ends([none, all]).high.y > ends([none, all]).low.y + 5)
    let picture = try Picture(map([first, second]), dotsPerInch: 100)
    #expect(picture.count(of: groups.colors![0]) > 100 && picture.count(of: groups.colors![1]) > 100)
    let texts = try map([first, second]).draw().texts.map(\.string)
    #expect(texts.prefix(3) == ["Genes", "MOBP", "RELN"])
    #expect(texts.contains("counts") && texts.suffix(4) == ["domain", "a", "b", "missing"])
  }

  @Test("Of more spots than dots each dot is their mean; numbers that are missing are grey and named") func many()
    throws
  {
    let codes = (0..<20_000).map { $0 / 10_000 }
    let values = (0..<20_000).map { Double($0 % 2) }
    let rows = [HeatMap.Row("even", values), HeatMap.Row("none", [Double](repeating: .nan, count: 20_000))]
    let map = HeatMap(
      rows, groups: Labels(codes: codes, names: ["a", "b"]),
      scale: ValueScale(.viridis, lower: .value(0), upper: .value(1)))
    let picture = try Picture(map, dotsPerInch: 150)
    #expect(picture.count(of: .missing) > 1000)
    // Every dot of the first row is a mean of about ten spots, half of them 0: mid-scale, never an end.
    #expect(picture.count(of: ColorMap.viridis.colors[0]) < 40)
    #expect(try map.draw().texts.map(\.string).contains("missing"))
    for format in FigureFormat.allCases { #expect(try !map.bytes(format).isEmpty) }
  }

  @Test("What cannot be drawn is an error") func errors() throws {
    #expect(throws: PlotError.self) { try map([]).draw() }
    #expect(throws: PlotError.lengthMismatch(what: "Row 'x'", count: 1, expected: 6)) {
      try map([HeatMap.Row("x", [1])]).draw()
    }
    var narrow = map([HeatMap.Row("x", [1, 2, 3, 4, 5, 6])])
    narrow.width = 100
    #expect(throws: PlotError.self) { try narrow.draw() }
  }
}
