/// What the colours mean: names beside dots, in blocks.
struct Legend {
  struct Block {
    var title: String
    var entries: [(name: String, color: Color)]
  }

  enum Line {
    case title(String)
    case entry(String, Color)
    case gap
  }

  static let size = 8.0
  static let lineHeight = 13.0
  static let dotRadius = 3.4
  static let textOffset = 12.0

  /// Columns of lines, filled one after the other.
  private let columns: [[Line]]
  private let widths: [Double]

  /// Lays the blocks out in as few columns as `height` allows; a block's title does not stand alone at a column's foot.
  init(_ blocks: [Block], height: Double) {
    let capacity = max(4, Int(height / Self.lineHeight))
    var columns = [[Line]]()
    var current = [Line]()
    for block in blocks where !block.entries.isEmpty {
      if !current.isEmpty {
        if current.count + 3 > capacity {
          columns.append(current)
          current = []
        } else {
          current.append(.gap)
        }
      }
      if !block.title.isEmpty { current.append(.title(block.title)) }
      for entry in block.entries {
        if current.count >= capacity {
          columns.append(current)
          current = []
        }
        current.append(.entry(entry.name, entry.color))
      }
    }
    if !current.isEmpty { columns.append(current) }
    self.columns = columns
    widths = columns.map { column in
      column.reduce(0) { widest, line in
        switch line {
        case .title(let text): max(widest, TextMetrics.width(text, size: Self.size, bold: true))
        case .entry(let name, _): max(widest, Self.textOffset + TextMetrics.width(name, size: Self.size))
        case .gap: widest
        }
      }
    }
  }

  var width: Double { widths.reduce(0, +) + 14 * Double(max(0, widths.count - 1)) }
  var columnCount: Int { columns.count }
  var height: Double { Double(columns.map(\.count).max() ?? 0) * Self.lineHeight }

  func draw(on canvas: inout Canvas, at corner: Point) {
    canvas.group("legend") { canvas in
      var x = corner.x
      for (column, width) in zip(columns, widths) {
        for (i, line) in column.enumerated() {
          let y = corner.y + (Double(i) + 0.5) * Self.lineHeight
          switch line {
          case .title(let text):
            canvas.text(TextRun(text, at: Point(x, y), size: Self.size, bold: true, vertical: .middle))
          case .entry(let name, let color):
            canvas.marks(
              Marks(
                radius: Self.dotRadius, centers: [Point(x + Self.dotRadius, y)], colorIndices: [0], palette: [color]))
            canvas.text(TextRun(name, at: Point(x + Self.textOffset, y), size: Self.size, vertical: .middle))
          case .gap: break
          }
        }
        x += width + 14
      }
    }
  }
}
