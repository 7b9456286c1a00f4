import Testing

@testable import Plotting

@Suite("Bars") struct BarPlotTests {
  private let plot = BarPlot(
    [
      BarPlot.Bar("long", value: 0.8, spread: 0.1, points: [0.7, 0.9], color: Color(hex: 0x0072B2)),
      BarPlot.Bar("short", value: 0.2, color: Color(hex: 0x999999)),
      BarPlot.Bar("below", value: -0.1, color: Color(hex: 0x999999)),
    ], label: "ARI", title: "a title", legend: [("model", Color(hex: 0x0072B2))])

  @Test("names, values, legend and label are written, bars are as long as their values, in their colours")
  func drawn() throws {
    let canvas = try plot.draw()
    let texts = canvas.texts.map(\.string)
    for text in ["long", "short", "below", "0.800 ± 0.100", "0.200", "ARI", "a title", "model"] {
      #expect(texts.contains(text), "\(text)")
    }
    let bars = canvas.elements.compactMap { element -> (Rect, Color)? in
      if case .rectangle(let rect, let fill?, _) = element { (rect, fill) } else { nil }
    }
    #expect(bars.map(\.1) == [Color(hex: 0x0072B2), Color(hex: 0x999999), Color(hex: 0x999999)])
    #expect(abs(bars[0].0.width - 4 * bars[1].0.width) < 1e-9)
    #expect(abs(bars[1].0.width - 2 * bars[2].0.width) < 1e-9)
    // Bars above and below 0 meet at 0, from top to bottom in order.
    #expect(abs(bars[0].0.x - bars[2].0.maxX) < 1e-9 && abs(bars[0].0.x - bars[1].0.x) < 1e-9)
    #expect(bars[0].0.y < bars[1].0.y && bars[1].0.y < bars[2].0.y)
  }

  @Test("nothing to draw, and no room to draw it in, are errors")
  func refused() {
    #expect(throws: PlotError.self) { try BarPlot([], label: "").draw() }
    var narrow = plot
    narrow.width = 120
    #expect(throws: PlotError.self) { try narrow.draw() }
  }
}
