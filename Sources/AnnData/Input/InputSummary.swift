import HDF5
import OrderedCollections
import StomicsCore

/// What is inside the input of an instrument: its parts, its size, and what is wrong with it.
public struct InputSummary: Sendable, Equatable, Codable {
  /// A line of the account: what, and what about it.
  public struct Fact: Sendable, Equatable, Codable {
    public var name: String
    public var value: String
  }

  /// A file of a folder.
  public struct Part: Sendable, Equatable, Codable {
    public var path: String
    public var bytes: Int
    /// What it is taken for; nil where it is not read.
    public var use: String?
  }

  public var path: String
  public var kind: String
  public var observations: Int?
  public var variables: Int?
  public var facts: [Fact] = []
  public var parts: [Part] = []
  /// The tree of an .h5 file.
  public var tree: FileSummary?
  public var notes: [InputNote] = []
  /// What is wrong; empty where nothing is.
  public var problems: [String] = []

  /// Looks through an input; nil for an h5ad file or another HDF5 file, of which `FileSummary` tells.
  ///
  /// Every feature type is counted; of several sizes of bins the default's are looked at.
  /// - Throws: what `SliceInput` throws for something it does not know; flaws further inside are listed in `problems`.
  public static func read(_ path: String) throws -> InputSummary? {
    let input = try SliceInput(path)
    if input.kind == .h5ad { return nil }
    var summary = InputSummary(path: path, kind: input.description)
    if input.kind == .tenxFile {
      let tree = try FileSummary.read(path)
      (summary.kind, summary.problems) = (tree.kind, tree.problems)
      summary.tree = tree
      if case .genomes(let genomes)? = try TenxFile(path)?.layout, genomes.count > 1 {
        summary.describe(genomes, of: path)
        return summary
      }
    }
    do {
      try summary.describe(input)
    } catch {
      summary.problems.append("\(error)")
    }
    return summary
  }

  private mutating func describe(_ genomes: [String], of path: String) {
    for genome in genomes {
      var options = InputOptions()
      options.genome = genome
      do {
        let (adata, notes) = try AnnData.readAny(path, options: options)
        facts.append(Fact(name: "genome " + genome, value: adata.sizeText))
        for note in notes where !self.notes.contains(note) { self.notes.append(note) }
      } catch {
        problems.append("\(error)")
      }
    }
    notes.append(.note("\(path) holds several genomes: name one with --genome."))
  }

  private mutating func describe(_ input: SliceInput) throws {
    if case .bins(let edges) = input.kind {
      let list = edges.sorted().map { "\($0) um" }.joined(separator: ", ")
      facts.append(Fact(name: "bins", value: list))
    }
    try describeParts(input)
    var options = InputOptions()
    options.featureTypes = .all
    let reading: (adata: AnnData, notes: [InputNote])
    do {
      reading = try input.read(options)
    } catch InputError.withoutEffect {
      reading = try input.read()
    }
    let adata = reading.adata
    (observations, variables) = (adata.observationCount, adata.variableCount)
    notes += reading.notes.filter { !$0.isWarning }
    problems += reading.notes.filter(\.isWarning).map(\.text)
    facts.append(Fact(name: "matrix", value: adata.sizeText))
    for (name, column) in [("feature types", FeatureMatrix.featureTypes), ("genomes", FeatureMatrix.genome)] {
      guard case .strings(let texts)? = adata.var[column] else { continue }
      let tally = FeatureMatrix.tally(texts).map { "\($0.key.isEmpty ? "none" : $0.key) \($0.value)" }
      facts.append(Fact(name: name, value: tally.joined(separator: ", ")))
    }
    let repeated = AnnData.duplicates(in: adata.var.index)
    if let first = repeated.first {
      let more = repeated.count == 1 ? "1 name occurs" : "\(repeated.count) names occur"
      facts.append(Fact(name: "gene names", value: "\(more) more than once, for example \(first)"))
    }
    describeSpatial(adata)
  }

  private mutating func describeSpatial(_ adata: AnnData) {
    if let flags = try? adata.numbers(Keys.inTissue) {
      facts.append(
        Fact(name: "positions", value: "\(flags.count { $0 == 1 }) of \(flags.count) barcodes in tissue"))
    } else {
      facts.append(Fact(name: "positions", value: "none"))
    }
    guard case .dictionary(let libraries)? = adata.uns[Keys.spatial],
      let (library, content) = libraries.elements.first, case .dictionary(let members) = content
    else { return }
    facts.append(Fact(name: "library", value: library))
    for (name, key) in [("images", "images"), ("scale factors", "scalefactors"), ("metadata", "metadata")] {
      guard case .dictionary(let parts)? = members[key], !parts.isEmpty else { continue }
      let texts = parts.map { part in
        switch part.value {
        case .array(let array): "\(part.key) \(array.shape)"
        case .scalar(let value): "\(part.key) \(value.texts.first ?? "")"
        case .string(let text): text
        default: part.key
        }
      }
      facts.append(Fact(name: name, value: texts.joined(separator: ", ")))
    }
  }

  /// The files of a folder and of those in it that matter, with what each is taken for.
  private mutating func describeParts(_ input: SliceInput) throws {
    var place = input.place
    switch input.kind {
    case .bins(let edges):
      let bins = try SliceInput.bins(in: try InputFolder(place))
      place = bins.first { $0.edge == 8 || edges.count == 1 }?.path ?? place
    case .folder: break
    case .h5ad, .tenxFile, .marketFile: return
    }
    let folder = try InputFolder(place)
    var uses: [String: String] = [:]
    if let contents = try InstrumentFolder(folder) {
      var ignored: [InputNote] = []
      let chosen = try contents.choose(InputOptions(), &ignored)
      for path in chosen.paths { uses[path] = "matrix" }
      if let spatial = try contents.spatial(of: chosen) {
        if let file = spatial.positions { uses[file] = "positions" }
        if let file = spatial.scaleFactors { uses[file] = "scale factors" }
        for (resolution, file) in spatial.images { uses[file] = "image " + resolution }
      }
    }
    let inner = try folder.folders.filter { $0 == "spatial" || $0.contains("bc_matri") }
      .flatMap { name in try InputFolder(folder.path(name)).files.map { folder.path(name) + "/" + $0 } }
    parts = (folder.files.map(folder.path) + inner).map { path in
      Part(path: String(path.dropFirst(place.count).drop { $0 == "/" }), bytes: fileSize(path), use: uses[path])
    }
  }
}

extension InstrumentFolder.Matrix {
  /// The files it consists of.
  fileprivate var paths: [String] {
    switch files {
    case .h5(let path): [path]
    case .market(let files): files.flatMap { [$0.matrix, $0.features, $0.barcodes] }
    }
  }
}

extension AnnData {
  /// "12 barcodes x 343 features, 12 stored (0.3 %), 1 to 3, whole numbers".
  fileprivate var sizeText: String {
    let size = "\(observationCount) barcodes x \(variableCount) features"
    guard case .sparse(let counts)? = x else { return size }
    let all = Double(observationCount) * Double(variableCount)
    let share = all > 0 ? (Double(counts.indices.count) / all * 1000).rounded() / 10 : 0
    return ["\(size), \(counts.indices.count) stored (\(share) %)", counts.values.rangeText].compactMap { $0 }
      .joined(separator: ", ")
  }
}
