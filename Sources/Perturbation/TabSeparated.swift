/// Tab-separated text.
enum TabSeparated {
  /// Tabs and line ends inside a field become spaces: names of genes and spots do not hold any.
  static func text(_ rows: [[String]]) -> String {
    rows.map { row in
      row.map { field in String(field.map { $0 == "\t" || $0.isNewline ? " " : $0 }) }.joined(separator: "\t")
    }.joined(separator: "\n") + "\n"
  }
}
