import Glibc
import Images
import Plotting
import TestSupport
import Testing

@Suite struct SpatialMapTests {
  let colors = LetterF.colors

  @Test("The letter F stands upright: y points down, x to the right") func axes() throws {
    let picture = try Picture(LetterF.labelled())
    // The arm (Layer1), the stem's second spot (Layer2), the short arm (Layer3), the stem's fourth spot (WM).
    let arm = try #require(picture.center(of: colors[0]))
    let stem = try #require(picture.center(of: colors[1]))
    let shortArm = try #require(picture.center(of: colors[2]))
    let foot = try #require(picture.center(of: colors[3]))
    let missing = try #require(picture.center(of: .missing))
    #expect(arm.y < stem.y && stem.y < shortArm.y && shortArm.y < foot.y && foot.y < missing.y)
    #expect(abs(stem.x - foot.x) < 1 && abs(stem.x - missing.x) < 1)
    // One unit is the same length down and to the right: the arm's middle lies 1.5 units right of the stem, and the foot
    // 3 units below the arm.
    let unit = (foot.y - arm.y) / 3
    #expect(abs(arm.x - stem.x - 1.5 * unit) < 1)
    #expect(abs(shortArm.x - stem.x - unit) < 1)
    #expect(abs(missing.y - arm.y - 4 * unit) < 1)
  }

  @Test("Spots have exactly their label's colour, the area of their diameter, and grey where the label is missing")
  func coloursAndSizes() throws {
    let picture = try Picture(LetterF.labelled(), dotsPerInch: 300)
    let stem = try #require(picture.center(of: colors[1]))
    let foot = try #require(picture.center(of: colors[3]))
    let unit = (foot.y - stem.y) / 2
    let radius = 0.4 * unit
    for (offset, expected) in [(0.0, colors[1]), (0.9, colors[1]), (1.15, Color.white)] {
      let x = Int(stem.x + offset * radius)
      #expect(picture.image[x, Int(stem.y)] == SIMD4(expected.red, expected.green, expected.blue, 255))
    }
    // Four spots and one legend dot of Layer1; the edges are mixed colours.
    let legendDot = 3.4 * 300 / 72
    let area = Double.pi * (4 * radius * radius + legendDot * legendDot)
    let count = Double(picture.count(of: colors[0]))
    #expect(count > 0.93 * area && count < 1.001 * area)
    #expect(picture.count(of: .missing) > 0)
  }

  @Test("Without colours of its own a label takes the palette's; two panels give one name one colour")
  func boundColours() throws {
    var truth = LetterF.truth
    truth.colors = nil
    let both = SpatialMap(
      LetterF.tissue,
      panels: [
        SpatialMap.Panel("a", .labels(truth)), SpatialMap.Panel("b", .labels(LetterF.prediction)),
      ])
    let picture = try Picture(both)
    // Layer1 is the first category of one column and the last of the other.
    #expect(picture.count(of: Palette.colorBlindSafe[0]) > 0)
    let bound = Palette.bind(truth.names + LetterF.prediction.names)
    #expect(bound.count == 4 && bound["Layer1"] == Palette.colorBlindSafe[0])
    // Known colours stay, and no other name takes one of them.
    let known = Palette.bind(["x", "y"], known: ["y": Palette.colorBlindSafe[0]])
    #expect(known["y"] == Palette.colorBlindSafe[0] && known["x"] == Palette.colorBlindSafe[1])
  }

  @Test("The legend names every label in use in the order of the categories, missing last") func legend() throws {
    var truth = LetterF.truth
    truth.names.append("Unused")
    let map = SpatialMap(LetterF.tissue, panels: [SpatialMap.Panel("Truth", .labels(truth))], legendTitle: "layer")
    let texts = try map.draw().texts.map(\.string)
    #expect(texts == ["Truth", "layer", "Layer1", "Layer2", "Layer3", "WM & <glia>", "missing"])
    let svg = String(decoding: try map.bytes(.svg), as: UTF8.self)
    for word in ["Layer1", "WM &amp; &lt;glia&gt;", "missing"] { #expect(svg.contains(">\(word)</text>")) }
    #expect(!svg.contains("Unused"))
    for color in colors { #expect(svg.contains("fill=\"\(color.hex)\"")) }
  }

  @Test("The panel of errors compares names, counts, and marks the wrong spots where they lie") func errors() throws {
    let map = SpatialMap.domains(LetterF.tissue, truth: LetterF.truth, prediction: LetterF.prediction)
    let texts = try map.draw().texts.map(\.string)
    #expect(texts.contains("2 of 9 spots wrong (22.2 %)"))
    #expect(texts.suffix(3) == ["correct", "wrong", "missing"])
    var only = map
    only.panels = [map.panels[2]]
    let picture = try Picture(only)
    // (3, 0) and (0, 1) are wrong: their middle lies 1.5 units right of the stem, half a unit below the arm.
    let wrong = try #require(picture.center(of: .changed))
    let missing = try #require(picture.center(of: .missing))
    #expect(wrong.x > missing.x && wrong.y < missing.y)
    var shown = map
    shown.panels = [
      SpatialMap.Panel(
        "Errors",
        .difference(
          LetterF.truth, LetterF.prediction,
          style: SpatialMap.DifferenceStyle(same: "correct", different: "wrong", showsSecond: true)))
    ]
    let second = try Picture(shown)
    #expect(second.count(of: .changed) == 0)
    // (3, 0) was taken for WM and (0, 1) for Layer3; nothing was wrongly taken for Layer1 or Layer2.
    #expect(second.center(of: colors[3]) != nil && second.center(of: colors[2]) != nil)
    #expect(second.center(of: colors[0]) == nil && second.center(of: colors[1]) == nil)
    #expect(try shown.draw().texts.map(\.string).contains("WM & <glia>"))
  }

  @Test("Orientation turns the spots and the image under them together") func orientation() throws {
    // A white image, ten pixels a unit, with a dark square under the spot at (3, 0).
    var image = Image(width: 60, height: 70, red: 255, green: 255, blue: 255)
    for y in 11..<19 {
      for x in 41..<49 { image[x, y] = SIMD4(0, 0, 0, 255) }
    }
    let shifted = LetterF.coordinates.map { $0 + Point(1.5, 1.5) }
    for mirrored in [false, true] {
      for turns in 0..<4 {
        let tissue = Tissue(
          coordinates: shifted, spotDiameter: 0.3, background: Tissue.Background(image, scale: 10, opacity: 1),
          orientation: Orientation(mirrored: mirrored, quarterTurns: turns))
        let labels = Labels(codes: [0, 0, 0, 1, 0, 0, 0, 0, 0, 0], names: ["a", "b"], colors: Array(colors.prefix(2)))
        let picture = try Picture(SpatialMap(tissue, panels: [SpatialMap.Panel("", .labels(labels))]))
        let spot = try #require(picture.center(of: colors[1]))
        let dark = try #require(picture.center(of: .black))
        #expect(abs(spot.x - dark.x) < 3 && abs(spot.y - dark.y) < 3, "mirrored \(mirrored), \(turns) turns")
      }
    }
  }

  @Test("Numbers share one scale where they should, lie on the colour map, and grey where they are not finite")
  func values() throws {
    let before: [Double] = [0, 1, 2, 3, 4, 5, 6, 7, .nan, 8]
    let map = SpatialMap.beforeAfter(
      LetterF.tissue, before: before, after: before.map { $0 * 2 }, scale: ValueScale(label: "counts"))
    let canvas = try map.draw()
    // Two bars (the shared one and the difference's), missing named once.
    let texts = canvas.texts.map(\.string)
    #expect(texts.filter { $0 == "missing" }.count == 1)
    #expect(texts.filter { $0 == "counts" }.count == 1)
    #expect(texts.contains("change of counts") && texts.contains("15.0"))
    var only = map
    only.panels = [SpatialMap.Panel("", .values(before, ValueScale(isShared: false)))]
    let picture = try Picture(only)
    for color in [ColorMap.viridis.colors[0], ColorMap.viridis.colors[255], .missing] {
      #expect(picture.count(of: color) > 20)
    }
  }

  @Test("Hexagons cover the tissue without gaps, whichever way the grid lies", arguments: [0.0, 0.3, 1.1])
  func hexagons(angle: Double) throws {
    var points = [Point]()
    for row in 0..<20 {
      for column in 0..<20 {
        let x = Double(column) + (row % 2 == 0 ? 0 : 0.5)
        let y = Double(row) * 0.75.squareRoot()
        points.append(Point(x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle)))
      }
    }
    let labels = Labels(codes: [Int](repeating: 0, count: points.count), names: ["a"], colors: [colors[0]])
    let map = SpatialMap(
      Tissue(coordinates: points, shape: .hexagon), panels: [SpatialMap.Panel("", .labels(labels))])
    let picture = try Picture(map, dotsPerInch: 150)
    let middle = try #require(picture.center(of: colors[0]))
    var white = 0
    for y in Int(middle.y) - 60..<Int(middle.y) + 60 {
      for x in Int(middle.x) - 60..<Int(middle.x) + 60 where picture.image[x, y][1] > 100 { white += 1 }
    }
    #expect(white == 0)
  }

  @Test("Data that cannot be drawn is an error, data that is strange is not") func strange() throws {
    let one = Labels(codes: [0], names: ["a"])
    func map(_ coordinates: [Point], _ labels: Labels) -> SpatialMap {
      SpatialMap(Tissue(coordinates: coordinates), panels: [SpatialMap.Panel("Truth", .labels(labels))])
    }
    #expect(throws: PlotError.noSpots) { try map([Point(.nan, 0)], one).draw() }
    #expect(throws: PlotError.noSpots) { try map([], Labels(codes: [], names: [])).draw() }
    #expect(throws: PlotError.lengthMismatch(what: "Panel 'Truth'", count: 1, expected: 2)) {
      try map([Point(0, 0), Point(1, 1)], one).draw()
    }
    #expect(throws: PlotError.nothingToDraw(what: "no panel was asked for")) {
      try SpatialMap(LetterF.tissue, panels: []).draw()
    }
    // One spot, spots in a line, all at one place, a code without a name.
    _ = try map([Point(5, 5)], one).bytes(.png)
    _ = try map([Point(0, 0), Point(1, 0)], Labels(codes: [0, 7], names: ["a"])).bytes(.png)
    _ = try map([Point(1, 1), Point(1, 1)], Labels(codes: [0, -1], names: ["a"])).bytes(.svg)
    _ = try map([Point(0, 0), Point(1e-30, 1e30)], Labels(codes: [0, 0], names: ["a"])).bytes(.png)
    var narrow = LetterF.labelled()
    narrow.width = 90
    #expect(throws: PlotError.self) { try narrow.draw() }
    narrow.width = 300
    #expect(try narrow.draw().width == 300)
  }
}
