import Glibc
import Images
import Plotting
import StomicsCore
import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite struct FigureTests {
  static let figures: [any Figure] = [
    SpatialMap.domains(LetterF.tissue, truth: LetterF.truth, prediction: LetterF.prediction),
    SpatialMap.beforeAfter(
      LetterF.tissue, before: (0..<10).map(Double.init), after: [Double](repeating: 3, count: 10), scale: ValueScale()),
    HistoryPlot(
      epochs: [1, 2, 3], losses: [HistoryPlot.Curve("training", [3, 2, 1.5])],
      scores: [HistoryPlot.Curve("ARI", [0.1, 0.5, 0.8])], learningRates: [1, 1, 0.5], bestEpoch: 3),
    ListeningF.map(.edges(ListeningF.weights, ListeningF.scale), .labels(LetterF.truth), ListeningF.corner()),
    ListeningF.map(ListeningF.corner()),
    ConfusionPlot(names: ["a", "b"], counts: [[5, 1], [0, 1234]]),
  ]

  @Test("Every figure begins as its format does, and comes out with the same bytes again", arguments: figures.indices)
  func formats(index: Int) throws {
    let figure = Self.figures[index]
    let provenance = Provenance(title: "T & t", source: "stomics plot <a>")
    for (format, start) in [(FigureFormat.png, "\u{89}PNG"), (.svg, "<?xml"), (.pdf, "%PDF-1.")] {
      let bytes = try figure.bytes(format, provenance: provenance)
      let expected = start.unicodeScalars.map { UInt8($0.value) }
      #expect(bytes.starts(with: expected))
      #expect(try figure.bytes(format, provenance: provenance) == bytes, "\(format) differs from run to run")
    }
    let png = try figure.bytes(.png, provenance: provenance)
    let entries = PNGText.entries(ofPNG: png)
    #expect(entries.contains(PNGText(keyword: "Source", text: "stomics plot <a>")))
    #expect(entries.contains(PNGText(keyword: "Software", text: "stomics " + stomicsVersion)))
    let svg = String(decoding: try figure.bytes(.svg, provenance: provenance), as: UTF8.self)
    #expect(svg.contains("<title>T &amp; t</title>") && svg.hasSuffix("</svg>\n"))
    let pdf = String(decoding: try figure.bytes(.pdf, provenance: provenance), as: UTF8.self)
    #expect(!pdf.contains("CreationDate") && pdf.contains("/Creator"))
  }

  @Test("Resolution sets the pixels and nothing else") func resolution() throws {
    let figure = LetterF.labelled()
    let canvas = try figure.draw()
    for dotsPerInch in [72.0, 150, 300] {
      let image = try Image(png: figure.bytes(.png, dotsPerInch: dotsPerInch))
      #expect(image.width == Int((canvas.width * dotsPerInch / 72).rounded()))
      #expect(image.height == Int((canvas.height * dotsPerInch / 72).rounded()))
    }
    #expect(throws: PlotError.self) { try figure.bytes(.png, dotsPerInch: 100_000) }
  }

  @Test("Unknown endings and places that cannot be written are errors that say so") func errors() throws {
    let figure = LetterF.labelled()
    for path in ["a.jpg", "a", "png", "a.png/b"] {
      #expect(throws: PlotError.unknownFormat(path: path)) { try figure.write(to: path) }
    }
    #expect(throws: FileError.self) { try figure.write(to: "/no/such/folder/a.png") }
    #expect(throws: FileError.self) { try figure.write(to: "/proc/a.svg") }
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for ending in ["png", "SVG", "pdf"] { try figure.write(to: folder + "/a." + ending) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["a.SVG", "a.pdf", "a.png"])
  }

  @Test("PNG, SVG and PDF show no text outside the figure, and none over another", arguments: figures.indices)
  func textsFit(index: Int) throws {
    let canvas = try Self.figures[index].draw()
    let boxes = canvas.texts.map { ($0.string, box(of: $0)) }
    for (string, box) in boxes {
      #expect(
        box.x >= 0 && box.y >= 0 && box.maxX <= canvas.width && box.maxY <= canvas.height, "'\(string)' is clipped")
    }
    for i in boxes.indices {
      for j in boxes.indices where j > i {
        let (a, b) = (boxes[i].1, boxes[j].1)
        let apart = a.maxX <= b.x || b.maxX <= a.x || a.maxY <= b.y || b.maxY <= a.y
        #expect(apart, "'\(boxes[i].0)' lies over '\(boxes[j].0)'")
      }
    }
  }

  /// The letters' box: capitals' height over the foot.
  private func box(of run: TextRun) -> Rect {
    let width = run.width
    let height = 0.729 * run.size
    let start =
      switch run.horizontal {
      case .left: 0.0
      case .center: -width / 2
      case .right: -width
      }
    let foot =
      switch run.vertical {
      case .baseline: 0.0
      case .middle: height / 2
      case .top: height
      }
    return run.isVertical
      ? Rect(x: run.position.x + foot - height, y: run.position.y - start - width, width: height, height: width)
      : Rect(x: run.position.x + start, y: run.position.y + foot - height, width: width, height: height)
  }
}

@Suite struct MarkTests {
  /// One batch of marks over the whole canvas.
  struct Dots: Figure {
    var marks: Marks
    var size = Point(200, 100)

    func draw() throws -> Canvas {
      var canvas = Canvas(width: size.x, height: size.y)
      canvas.marks(marks)
      return canvas
    }
  }

  @Test(
    "A mark covers its area, whatever its shape",
    arguments: [Marks.Shape.circle, .hexagon(angle: 0.2), .square(angle: 0.5)])
  func area(shape: Marks.Shape) throws {
    for radius in [1.01, 3.3, 20] {
      let marks = Marks(shape, radius: radius, centers: [Point(50.3, 49.8)], colorIndices: [0], palette: [.black])
      let image = try Image(png: Dots(marks: marks).bytes(.png, dotsPerInch: 72))
      let ink = stride(from: 0, to: image.pixels.count, by: 4).reduce(0.0) { $0 + Double(255 - image.pixels[$1]) / 255 }
      let expected =
        switch shape {
        case .circle: Double.pi * radius * radius
        case .hexagon: 1.5 * 3.0.squareRoot() * radius * radius
        case .square: 2 * radius * radius
        }
      #expect(abs(ink - expected) < 0.06 * expected + 0.3, "radius \(radius): \(ink) of \(expected)")
    }
  }

  @Test("Later colours of the palette lie on top; places without a colour or a number are left out") func order() throws
  {
    let red = Color(red: 255, green: 0, blue: 0)
    let marks = Marks(
      radius: 10, centers: [Point(50, 50), Point(50, 50), Point(150, 50), Point(.nan, 50), Point(100, .infinity)],
      colorIndices: [1, 0, -1, 0, 0], palette: [.black, red])
    for format in [FigureFormat.png, .svg, .pdf] { _ = try Dots(marks: marks).bytes(format) }
    let image = try Image(png: Dots(marks: marks).bytes(.png, dotsPerInch: 72))
    #expect(image[50, 50] == SIMD4(255, 0, 0, 255))
    #expect(image[150, 50] == SIMD4(255, 255, 255, 255))
  }

  @Test("A million spots are one picture in PDF and SVG, and quickly drawn") func million() throws {
    var centers = [Point](repeating: .zero, count: 1_000_000)
    var indices = [Int32](repeating: 0, count: centers.count)
    for i in centers.indices {
      centers[i] = Point(Double(i % 1000) * 0.2, Double(i / 1000) * 0.1)
      indices[i] = Int32(i % 7)
    }
    let figure = Dots(
      marks: Marks(radius: 0.4, centers: centers, colorIndices: indices, palette: Palette.categorical(7)))
    // The thread's own time: a busy machine does not make the drawing slow.
    func seconds() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    let start = seconds()
    _ = try figure.bytes(.png, dotsPerInch: 300)
    let taken = seconds() - start
    #expect(taken < 2.5, "drawn in \(taken) s")
    let svg = String(decoding: try figure.bytes(.svg), as: UTF8.self)
    #expect(!svg.contains("<circle") && svg.contains("data:image/png;base64,"))
    #expect(try figure.bytes(.pdf).count < 5_000_000)
  }

  @Test(
    "A map of a million labelled spots is drawn in less than five seconds, in every format",
    arguments: FigureFormat.allCases)
  func millionOnMap(format: FigureFormat) throws {
    let side = 1000
    var generator = SeededGenerator(seed: 1)
    let places = (0..<side * side).map { i in
      Point(Double(i % side) + generator.uniform(-0.3, 0.3), Double(i / side) + generator.uniform(-0.3, 0.3))
    }
    let labels = Labels(codes: places.indices.map { $0 / side * 7 / side }, names: (1...7).map { "Layer\($0)" })
    let map = SpatialMap(Tissue(coordinates: places), panels: [SpatialMap.Panel("Truth", .labels(labels))])
    func seconds() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    let start = seconds()
    let bytes = try map.bytes(format, dotsPerInch: 200)
    let taken = seconds() - start
    #expect(taken < 5, "\(format) drawn in \(taken) s")
    #expect(bytes.count < 5_000_000)
  }
}
