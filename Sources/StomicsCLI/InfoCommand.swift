import AnnData
import ArgumentParser
import StomicsCore

/// `stomics info`: what is inside a file or folder, and what is wrong with it.
public struct InfoCommand: StomicsCommand {
  public static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Show what is inside a file or folder, which encodings, what is wrong.",
    discussion: """
      Takes any HDF5 file, and every input that preprocess takes; of slices the values are looked at too.

        stomics info 151673.h5ad
        stomics info V1_Adult_Mouse_Brain/outs
        stomics info 151673.h5ad --json
        stomics info --build
      """)

  @Argument(help: "The file or folder.")
  var file: String?

  @Flag(help: "Show what this program is made of: versions, processor kernels, threads.")
  var build = false

  @OptionGroup(title: "General options")
  public var general: GeneralOptions

  public init() {}

  public func validate() throws {
    if file == nil && !build { throw ValidationError("Name a file, or give --build.") }
  }

  public func run(console: Console) throws {
    if build {
      let information = BuildInformation.current()
      try console.result(information, text: information.text)
    }
    if let file {
      if let summary = try InputSummary.read(file) {
        try console.result(summary, text: summary.text)
      } else {
        let summary = try FileSummary.read(file)
        try console.result(summary, text: summary.text)
      }
    }
  }
}

extension FileSummary {
  /// The tree with a line for everything a reader would name: factors and sparse matrices are one line.
  var text: String {
    var lines = ["\(file): \(kind), \(FileSummary.size(bytes))"]
    if let observations, let variables {
      lines.append("\(observations.grouped) observations (spots), \(variables.grouped) variables (genes)")
    }
    lines += ["", tree, ""]
    lines.append(problems.isEmpty ? "Nothing wrong was found." : "To look at:")
    lines += problems.map { "  - " + $0 }
    return lines.joined(separator: "\n")
  }

  var tree: String {
    var table = TextTable(["", "", "", ""], leftColumns: [0, 1, 3])
    for node in members { node.addRows(to: &table, indent: "") }
    return table.text
  }

  /// A number of bytes for people.
  static func size(_ bytes: Int) -> String {
    if bytes < 1000 { return "\(bytes) B" }
    if bytes < 1_000_000 { return (Double(bytes) / 1e3).formatted(decimals: 1) + " kB" }
    if bytes < 1_000_000_000 { return (Double(bytes) / 1e6).formatted(decimals: 1) + " MB" }
    return (Double(bytes) / 1e9).formatted(decimals: 2) + " GB"
  }
}

extension FileSummary.Node {
  /// Groups that are one thing to a reader.
  private var isOneThing: Bool {
    switch encoding {
    case "csr_matrix", "csc_matrix", "csr", "csc", "categorical", "nullable-integer", "nullable-boolean",
      "nullable-string-array", "awkward-array":
      true
    default: false
    }
  }

  fileprivate func addRows(to table: inout TextTable, indent: String) {
    var what: [String] = []
    if let encoding, kind == "group", encoding != "dict" { what.append(encoding) }
    if let type, type != encoding || kind == "dataset" { what.append(type) }
    if kind != "group" && kind != "dataset" { what.append(kind) }
    if let shape, !shape.isEmpty { what.append("[" + shape.map(String.init).joined(separator: ", ") + "]") }
    var notes: [String] = []
    if let details { notes.append(details) }
    if !filters.isEmpty { notes.append(filters.joined(separator: " + ")) }
    if let chunks { notes.append("chunks [" + chunks.map(String.init).joined(separator: ", ") + "]") }
    if let problem { notes.append("! " + problem) }
    table.rows.append([
      indent + name, what.joined(separator: " "), storedBytes > 0 ? FileSummary.size(storedBytes) : "",
      notes.joined(separator: "; "),
    ])
    if !isOneThing {
      for member in members { member.addRows(to: &table, indent: indent + "  ") }
    }
  }
}
