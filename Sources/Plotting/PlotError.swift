import StomicsCore

/// Why a figure could not be drawn.
public enum PlotError: StomicsError, Equatable {
  case unknownFormat(path: String)
  case tooLarge(widthPixels: Double, heightPixels: Double, limit: Int)
  case tooNarrow(asked: Double, needed: Double)
  case noSpots
  case emptyCrop(Rect?)
  case nothingToDraw(what: String)
  case lengthMismatch(what: String, count: Int, expected: Int)
  case drawing(reason: String)

  public var kind: ErrorKind {
    switch self {
    case .unknownFormat, .tooLarge, .tooNarrow, .emptyCrop: .usage
    case .noSpots, .nothingToDraw: .data
    case .lengthMismatch, .drawing: .software
    }
  }

  public var description: String {
    switch self {
    case .unknownFormat(let path):
      "Cannot tell the format of the figure from '\(path)'. End its name in .png, .svg or .pdf."
    case .tooLarge(let width, let height, let limit):
      "The figure would have \(fixed(width, 0)) x \(fixed(height, 0)) pixels, more than \(limit) a side. Lower the resolution or the width, or draw SVG or PDF."
    case .tooNarrow(let asked, let needed):
      "The figure does not fit into a width of \(trimmed(asked / 72, 2)) inches; it needs \(trimmed(needed / 72, 2)) at least. Ask for more width or for fewer panels in a row."
    case .noSpots: "There is no spot with finite coordinates to draw."
    case .emptyCrop(let box):
      "No spot lies inside the crop."
        + (box.map {
          " The spots reach from (\(trimmed($0.x, 1)), \(trimmed($0.y, 1))) to (\(trimmed($0.maxX, 1)), \(trimmed($0.maxY, 1)))."
        } ?? "")
    case .nothingToDraw(let what): "There is nothing to draw: \(what)."
    case .lengthMismatch(let what, let count, let expected): "\(what): \(count) values for \(expected) spots."
    case .drawing(let reason): "Cairo could not draw: \(reason)."
    }
  }
}
