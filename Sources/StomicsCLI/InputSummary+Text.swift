import AnnData
import StomicsCore

extension InputSummary {
  /// What it is and holds, its files or tree, and what is wrong.
  var text: String {
    var lines = ["\(path): \(kind)" + (tree.map { ", " + FileSummary.size($0.bytes) } ?? "")]
    if let observations, let variables {
      lines.append("\(observations.grouped) observations (barcodes), \(variables.grouped) variables (features)")
    }
    if !facts.isEmpty {
      lines += ["", TextTable(["", ""], rows: facts.map { [$0.name, $0.value] }, leftColumns: [0, 1]).text]
    }
    if !parts.isEmpty {
      let rows = parts.map { [$0.path, FileSummary.size($0.bytes), $0.use ?? "not read"] }
      lines += ["", TextTable(["", "", ""], rows: rows, leftColumns: [0, 2]).text]
    }
    if let tree { lines += ["", tree.tree] }
    lines.append("")
    if !notes.isEmpty {
      lines.append("Note:")
      lines += notes.map { "  - " + $0.text }
    }
    lines.append(problems.isEmpty ? "Nothing wrong was found." : "To look at:")
    lines += problems.map { "  - " + $0 }
    return lines.joined(separator: "\n")
  }
}
