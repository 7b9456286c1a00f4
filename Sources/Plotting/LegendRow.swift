/// Names of lines and dots in rows above a pair of axes, where they hide no number.
struct LegendRow {
  struct Entry {
    enum Sign {
      case line(Stroke)
      case dot(Color)
    }

    var name: String
    var sign: Sign
  }

  private static let signWidth = 16.0
  private static let gap = 12.0
  private static let lineHeight = 12.0

  private let size: Double
  private let rows: [[(entry: Entry, width: Double)]]

  /// Each group begins a row; what does not fit into `width` goes on in another.
  init(_ groups: [[Entry]], size: Double, width: Double) {
    self.size = size
    var rows = [[(entry: Entry, width: Double)]]()
    for group in groups {
      var taken = Double.infinity
      for entry in group {
        let own = Self.signWidth + 4 + TextMetrics.width(entry.name, size: size)
        if taken + Self.gap + own > width {
          rows.append([])
          taken = -Self.gap
        }
        rows[rows.count - 1].append((entry, own))
        taken += Self.gap + own
      }
    }
    self.rows = rows
  }

  var height: Double { Double(rows.count) * Self.lineHeight }

  /// Draws the rows, each in the middle.
  func draw(on canvas: inout Canvas, top: Double, center: Double) {
    canvas.group("legend") { canvas in
      for (i, row) in rows.enumerated() {
        let y = top + (Double(i) + 0.5) * Self.lineHeight
        var x = center - row.reduce(-Self.gap) { $0 + $1.width + Self.gap } / 2
        for (entry, width) in row {
          switch entry.sign {
          case .line(let stroke): canvas.line([Point(x, y), Point(x + Self.signWidth, y)], stroke)
          case .dot(let color):
            canvas.marks(
              Marks(radius: 2.6, centers: [Point(x + Self.signWidth / 2, y)], colorIndices: [0], palette: [color]))
          }
          canvas.text(TextRun(entry.name, at: Point(x + Self.signWidth + 4, y), size: size, vertical: .middle))
          x += width + Self.gap
        }
      }
    }
  }
}
