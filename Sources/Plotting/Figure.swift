import Images
import StomicsCore

/// Something that can be drawn: a map, a curve, a table of numbers.
public protocol Figure: Sendable {
  /// Lays the figure out and draws it.
  /// - Throws: `PlotError`
  func draw() throws -> Canvas
}

/// The kinds of file a figure can be written as.
public enum FigureFormat: String, Sendable, CaseIterable {
  case png, svg, pdf

  /// The format that the path's ending names.
  /// - Throws: `PlotError.unknownFormat`
  public init(path: String) throws {
    guard let dot = path.lastIndex(of: "."), let format = Self(rawValue: path[path.index(after: dot)...].lowercased())
    else { throw PlotError.unknownFormat(path: path) }
    self = format
  }
}

/// Where a figure comes from, in words; it is written into the file (PNG text, SVG description, PDF metadata).
public struct Provenance: Sendable, Equatable {
  public var title: String
  /// What was drawn from what, such as the command.
  public var source: String

  public init(title: String = "", source: String = "") {
    self.title = title
    self.source = source
  }
}

extension Figure {
  /// The figure as the bytes of a file. The same figure gives the same bytes.
  /// - Parameter dotsPerInch: pixels an inch of a PNG; pictures and very many spots in SVG and PDF have at most 300.
  /// - Throws: `PlotError`, `PNGError`
  public func bytes(
    _ format: FigureFormat, dotsPerInch: Double = 200, provenance: Provenance = Provenance()
  ) throws -> [UInt8] {
    let canvas = try draw()
    switch format {
    case .png:
      let image = try CairoRenderer.image(of: canvas, dotsPerInch: dotsPerInch)
      return try image.pngBytes(text: provenance.entries, dotsPerInch: dotsPerInch)
    case .svg: return try SVGWriter.document(canvas, provenance)
    case .pdf: return try CairoRenderer.pdf(of: canvas, provenance)
    }
  }

  /// Writes the figure as PNG, SVG or PDF, by the path's ending, atomically.
  /// - Throws: `PlotError`, `PNGError`, `FileError`
  public func write(to path: String, dotsPerInch: Double = 200, provenance: Provenance = Provenance()) throws {
    let format = try FigureFormat(path: path)
    try AtomicFile.write(try bytes(format, dotsPerInch: dotsPerInch, provenance: provenance), to: path)
  }
}

extension Provenance {
  static let software = "stomics " + stomicsVersion

  var entries: [PNGText] {
    var result = [PNGText(keyword: "Software", text: Self.software)]
    if !title.isEmpty { result.append(PNGText(keyword: "Title", text: title)) }
    if !source.isEmpty { result.append(PNGText(keyword: "Source", text: source)) }
    return result
  }
}
