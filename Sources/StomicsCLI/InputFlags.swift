import AnnData
import ArgumentParser

/// The flags of commands that read a slice of any kind: what to take where an input holds more than one thing.
struct InputFlags: ParsableArguments {
  @Option(help: "Take the features of this genome; needed where each genome has a matrix of its own.")
  var genome: String?
  @Option(
    help: ArgumentHelp(
      "Types of features to take, parted by commas, or 'all'. (default: Gene Expression)", valueName: "types"))
  var featureTypes: String?
  @Option(help: "Name of the library under uns/spatial, or prefix of its files. (default: as the files say)")
  var library: String?
  @Option(help: ArgumentHelp("Edge of Visium HD bins in micrometres. (default: 8)", valueName: "um"))
  var bin: Int?
  @Flag(help: "Take the matrix of all barcodes in place of the filtered one.") var rawMatrix = false

  func validate() throws {
    if featureTypes.map(types)?.isEmpty == true {
      throw ValidationError("--feature-types names no type; give 'all' or, for example, 'Gene Expression'.")
    }
  }

  /// Reads a slice of any kind and says what was chosen.
  /// - Parameter choosesImage: whether the library of an h5ad file is a choice too, the command's own
  func read(_ path: String, console: Console, choosesImage: Bool = false) throws -> AnnData {
    var options = InputOptions()
    options.genome = genome
    options.featureTypes = featureTypes.map { $0 == "all" ? .all : .only(types($0)) }
    options.library = choosesImage && (try? SliceInput(path))?.kind == .h5ad ? nil : library
    options.binMicrometres = bin
    options.rawMatrix = rawMatrix
    let (adata, notes) = try console.step("reading \(path)") { try AnnData.readAny(path, options: options) }
    for note in notes {
      if note.isWarning { console.warning(note.text) } else { console.note(note.text) }
    }
    return adata
  }

  private func types(_ list: String) -> [String] {
    list.split(separator: ",").map { part in
      var part = part
      while part.first == " " { part.removeFirst() }
      while part.last == " " { part.removeLast() }
      return String(part)
    }.filter { !$0.isEmpty }
  }
}

/// The flags that name another matrix of an h5ad file than X.
struct MatrixFlags: ParsableArguments {
  @Option(help: "Take this layer in place of X.") var layer: String?
  @Flag(help: "Take the matrix and the genes under raw in place of X.") var useRaw = false

  func validate() throws {
    if useRaw && layer != nil { throw ValidationError("--use-raw and --layer exclude each other: raw has no layers.") }
  }

  /// The slice with the wanted matrix as X.
  func apply(to adata: AnnData) throws -> AnnData {
    if useRaw { return try adata.usingRaw() }
    return try layer.map { try adata.using(layer: $0) } ?? adata
  }
}
