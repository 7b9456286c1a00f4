import Images
import Testing

@testable import Plotting

@Suite struct AxesTests {
  @Test("Ticks are round, inside the axis, and written with as many digits as they need") func linear() {
    let cases: [(Double, Double, Int, [String])] = [
      (0, 1, 5, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
      (-0.04, 2.1, 5, ["0", "0.5", "1.0", "1.5", "2.0"]),
      (0, 1, 4, ["0", "0.25", "0.50", "0.75", "1.00"]),
      (-3, 3, 3, ["−2", "0", "2"]),
      (0, 30_000, 3, ["0", "10,000", "20,000", "30,000"]),
      (1e-7, 3e-7, 2, ["10⁻⁷", "2×10⁻⁷", "3×10⁻⁷"]),
      (0, 5e7, 5, ["0", "10⁷", "2×10⁷", "3×10⁷", "4×10⁷", "5×10⁷"]),
    ]
    for (lower, upper, count, labels) in cases {
      let ticks = Ticks.linear(lower, upper, count: count)
      #expect(ticks.labels == labels)
      #expect(ticks.values.allSatisfy { $0 >= lower - 1e-9 * upper && $0 <= upper * (1 + 1e-9) })
    }
    #expect(Ticks.whole(0.97, 3.03, count: 8).labels == ["1", "2", "3"])
    #expect(Ticks.whole(0, 120, count: 5).labels == ["0", "50", "100"])
    for (lower, upper) in [(1.0, 1.0), (.nan, 1), (0, .infinity), (1e300, 1.0000000001e300), (2, 1)] {
      #expect(Ticks.linear(lower, upper, count: 5).values.count <= 7)
    }
  }

  @Test("A logarithmic axis has powers of ten, or round numbers where it spans less than two") func logarithmic() {
    #expect(Ticks.logarithmic(0.005, 200, count: 8).labels == ["10⁻²", "10⁻¹", "1", "10", "10²"])
    #expect(Ticks.logarithmic(1e-12, 1, count: 4).labels == ["10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "1"])
    #expect(Ticks.logarithmic(0.9, 6, count: 5).labels == ["1", "2", "5"])
    #expect(Ticks.logarithmic(5.1, 5.9, count: 4).labels == ["5.2", "5.4", "5.6", "5.8"])
    #expect(Ticks.logarithmic(0, 10, count: 5).values.isEmpty)
    #expect(Ticks.logarithmic(1, 100, count: 5).minor.count == 16)
  }

  @Test(
    "Points stand where their numbers say, y pointing up, on linear and logarithmic axes",
    arguments: [
      XYPlot.Axis.Kind.linear, .logarithmic,
    ])
  func places(kind: XYPlot.Axis.Kind) throws {
    let colors = [Color(hex: 0xFF0000), Color(hex: 0x00FF00), Color(hex: 0x0000FF)]
    let numbers: [Double] = kind == .linear ? [1, 2, 3] : [1, 10, 100]
    let series = zip(numbers, colors).map { number, color in
      XYPlot.Series("", x: [number, .nan, -1], y: [number, 3, -1], .points(radius: 4), color: color)
    }
    let lower = kind == .linear ? 0.0 : 0.1
    let axis = XYPlot.Axis("", kind, lower: lower, upper: numbers[2] * 2)
    let plot = XYPlot([XYPlot.Panel("", x: axis, y: axis, series: series)])
    let picture = try Picture(plot)
    let centers = try colors.map { try #require(picture.center(of: $0)) }
    #expect(centers[0].x < centers[1].x && centers[0].y > centers[1].y)
    #expect(abs((centers[0].x + centers[2].x) / 2 - centers[1].x) < 1.5)
    #expect(abs((centers[0].y + centers[2].y) / 2 - centers[1].y) < 1.5)
  }

  @Test("A line breaks where a number is missing, and shows a single point") func lines() throws {
    let red = Color(hex: 0xFF0000)
    let plot = XYPlot([
      XYPlot.Panel(
        x: XYPlot.Axis("", .whole), y: XYPlot.Axis("", lower: 0, upper: 2),
        series: [
          XYPlot.Series(
            "", x: [0, 1, 2, 3, 4, 5], y: [1, 1, .nan, 1, .nan, 1], .line(width: 3), color: red)
        ])
    ])
    let image = try Picture(plot).image
    let row = try #require(
      (0..<image.height).max { a, b in
        func count(_ y: Int) -> Int { (0..<image.width).count { image[$0, y] == SIMD4(255, 0, 0, 255) } }
        return count(a) < count(b)
      })
    let reds = (0..<image.width).filter { image[$0, row] == SIMD4(255, 0, 0, 255) }
    let runs = zip(reds, reds.dropFirst()).count { $1 != $0 + 1 } + 1
    #expect(runs == 3)
  }

  @Test("The history marks the best epoch and the drops of the learning rate") func history() throws {
    let epochs = (1...40).map(Double.init)
    var plot = HistoryPlot(
      epochs: epochs, losses: [HistoryPlot.Curve("training", epochs.map { 1 / $0 })],
      scores: [
        HistoryPlot.Curve("ARI", epochs.map { 1 - 1 / $0 }), HistoryPlot.Curve("none", epochs.map { _ in .nan }),
      ],
      learningRates: epochs.map { $0 < 20 ? 1e-3 : 5e-4 }, bestEpoch: 33)
    var texts = try plot.draw().texts.map(\.string)
    #expect(texts.filter { $0 == "best epoch (33)" }.count == 2)
    #expect(texts.filter { $0 == "learning rate lowered" }.count == 2)
    #expect(texts.contains("training") && texts.contains("ARI") && !texts.contains("none"))
    // A smooth schedule is no series of drops.
    plot.learningRates = epochs.map { 1 / $0 }
    plot.bestEpoch = nil
    texts = try plot.draw().texts.map(\.string)
    #expect(!texts.contains("learning rate lowered") && !texts.contains { $0.hasPrefix("best") })
    #expect(throws: PlotError.self) { try HistoryPlot(epochs: [], losses: [], scores: []).draw() }
    #expect(throws: PlotError.self) { try HistoryPlot(epochs: [1], losses: [], scores: []).draw() }
  }

  @Test("Confusion shows counts and shares of the row") func confusion() throws {
    let plot = ConfusionPlot(names: ["a", "b"], counts: [[5, 1], [0, 1234]])
    let texts = try plot.draw().texts.map(\.string)
    for word in ["a", "b", "truth", "prediction", "5", "83 %", "1", "17 %", "1,234", "100 %"] {
      #expect(texts.contains(word), "\(word)")
    }
    #expect(!texts.contains("0 %"))
    #expect(throws: PlotError.self) { try ConfusionPlot(names: ["a"], counts: [[1, 2]]).draw() }
    #expect(throws: PlotError.self) { try ConfusionPlot(names: [], counts: []).draw() }
  }

  @Test("Scales end at numbers, percentiles or equally far from 0") func scales() {
    let values = [-1, 0, 1, 2, 4, .nan, .infinity]
    let automatic = ValueScale().resolved(over: values)
    #expect(automatic.lower == -1 && automatic.upper == 4 && !automatic.extendsAbove)
    let cut = ValueScale(lower: .value(0), upper: .percentile(75)).resolved(over: values)
    #expect(cut.lower == 0 && cut.upper == 2 && cut.extendsAbove && cut.extendsBelow)
    let symmetric = ValueScale.difference().resolved(over: values)
    #expect(symmetric.lower == -4 && symmetric.upper == 4 && symmetric.share(0) == 0.5)
    for flat in [ValueScale().resolved(over: [3, 3]), ValueScale.difference().resolved(over: [0, 0])] {
      #expect(flat.upper > flat.lower)
    }
    #expect(ValueScale.difference().resolved(over: [0, 0]).share(0) == 0.5)
    #expect(ValueScale().resolved(over: [.nan]).upper == 1)
  }

  @Test("Numbers are written without Foundation") func numbers() {
    #expect(fixed(1.005, 1) == "1.0" && fixed(-0.04, 1) == "0.0" && fixed(-2.25, 1) == "-2.3" && fixed(7, 0) == "7")
    #expect(fixed(.nan, 2) == "nan" && fixed(-.infinity, 2) == "-inf")
    #expect(trimmed(1.50, 2) == "1.5" && trimmed(3, 2) == "3" && trimmed(0.004, 2) == "0")
    #expect(
      grouped(0) == "0" && grouped(999) == "999" && grouped(1_234_567) == "1,234,567" && grouped(-1000) == "−1,000")
    #expect(escaped("a<b>&\"c\"\u{0}\u{8}\nd") == "a&lt;b&gt;&amp;&quot;c&quot; d")
  }

  @Test("Spacing and direction of a grid are found, whatever its turn") func grid() {
    for angle in [0.0, 0.2, 0.5] {
      var hexagonal = [Point]()
      var square = [Point]()
      for row in 0..<30 {
        for column in 0..<30 {
          let x = Double(column) + (row % 2 == 0 ? 0 : 0.5)
          let y = Double(row) * 0.75.squareRoot()
          func turn(_ x: Double, _ y: Double) -> Point {
            Point(7 * (x * cosine(angle) - y * sine(angle)), 7 * (x * sine(angle) + y * cosine(angle)))
          }
          hexagonal.append(turn(x, y))
          square.append(turn(Double(column), Double(row)))
        }
      }
      let grid = SpotGrid(hexagonal + [Point(.nan, 1)])
      #expect(abs((grid.spacing ?? 0) - 7) < 1e-9)
      #expect(abs(grid.diameter - 5.6) < 1e-9)
      #expect(abs(sine(3 * (grid.hexagonalAngle - angle))) < 1e-6)
      #expect(abs(sine(2 * (SpotGrid(square).squareAngle - angle))) < 1e-6)
    }
    #expect(SpotGrid([Point(1, 1), Point(1, 1)]).spacing == nil)
    #expect(SpotGrid([Point(0, 0), Point(0, 1), Point(0, 3), Point(0, 6)]).spacing == 1.5)
  }
}
