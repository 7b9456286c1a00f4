import StomicsCore

extension Duration {
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }

  /// `0.24 s`, `12 s`, `3 min 05 s`, `2 h 14 min`.
  public var readable: String {
    let seconds = inSeconds
    if seconds < 10 { return seconds.formatted(decimals: 2) + " s" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    if whole < 3600 { return "\(whole / 60) min \(padded(whole % 60)) s" }
    return "\(whole / 3600) h \(padded(whole % 3600 / 60)) min"
  }
}

/// A table in plain text: the first column to the left, the others to the right.
public struct TextTable: Sendable {
  public var header: [String]
  public var rows: [[String]]
  /// The columns set to the left; the others are set to the right, as numbers are.
  public var leftColumns: Set<Int>

  public init(_ header: [String], rows: [[String]] = [], leftColumns: Set<Int> = [0]) {
    self.header = header
    self.rows = rows
    self.leftColumns = leftColumns
  }

  /// The lines, joined; two spaces between columns, no space at a line's end.
  public var text: String {
    let lines = header.allSatisfy(\.isEmpty) ? rows : [header] + rows
    var widths = [Int](repeating: 0, count: lines.map(\.count).max() ?? 0)
    for line in lines {
      for (column, cell) in line.enumerated() { widths[column] = max(widths[column], cell.count) }
    }
    return lines.map { line in
      var text = ""
      for (column, cell) in line.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        text += (column > 0 ? "  " : "") + (leftColumns.contains(column) ? cell + padding : padding + cell)
      }
      while text.last == " " { text.removeLast() }
      return text
    }.joined(separator: "\n")
  }
}
