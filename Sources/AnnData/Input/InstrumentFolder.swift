import StomicsCore

/// A folder of a Cell Ranger or Space Ranger run, or one with the files of a matrix: what is in it, and which is taken.
struct InstrumentFolder {
  /// One matrix of the folder.
  struct Matrix {
    enum Files: Equatable {
      case h5(String)
      case market([MarketFiles])
    }

    /// Which barcodes it has: those called cells or under tissue, all, or not said; or that it is one of probes.
    enum Role: Int { case filtered, unsaid, raw, probes }

    let files: Files
    let role: Role
    let prefix: String
    /// The file or folder, for messages.
    let name: String
    /// Whether its name is that of the matrix of genes, where a run has others.
    var isUsual: Bool { name.contains("feature_bc_matrix") || name.contains("gene_bc_matri") }
  }

  let folder: InputFolder
  let matrices: [Matrix]
  /// What it says about places, per prefix of a matrix.
  func spatial(of matrix: Matrix) throws -> SpatialFiles? {
    try SpatialFiles.find(beside: folder, prefix: matrix.prefix)
  }

  /// Looks through a folder; nil where it holds no matrix.
  /// - Throws: `InputError` where a matrix lacks a file that belongs to it.
  init?(_ folder: InputFolder) throws {
    self.folder = folder
    var matrices: [Matrix] = []
    for name in folder.files where InstrumentFolder.beginsAsHDF5(folder.path(name)) {
      let path = folder.path(name)
      // Of other HDF5 files nothing is wanted, so what is wrong with them is no matter here.
      let file = name.contains("bc_matrix") ? try TenxFile(path) : (try? TenxFile(path)) ?? nil
      if let layout = file?.layout {
        matrices.append(InstrumentFolder.matrix(.h5(path), name, isProbes: layout == .features(probes: true)))
      }
    }
    do {
      for files in try MarketFiles.find(in: folder) {
        let name = files.matrix.folderAndName.name
        let here = folder.path.folderAndName.name
        matrices.append(
          Matrix(
            files: .market([files]), role: InstrumentFolder.role(files.prefix.isEmpty ? here : name),
            prefix: files.prefix, name: name))
      }
    } catch let error as InputError where matrices.isEmpty {
      throw error
    } catch is InputError {}
    for name in folder.folders {
      let find = { try InstrumentFolder.market(in: try InputFolder(folder.path(name))) }
      let files = name.contains("bc_matri") ? try find() : (try? find()) ?? []
      if !files.isEmpty { matrices.append(InstrumentFolder.matrix(.market(files), name)) }
    }
    if matrices.isEmpty { return nil }
    self.matrices = matrices
  }

  private static func matrix(_ files: Matrix.Files, _ name: String, isProbes: Bool = false) -> Matrix {
    Matrix(files: files, role: isProbes ? .probes : role(name), prefix: prefix(name), name: name)
  }

  /// What stands before `filtered_` or `raw_` in the name of a matrix.
  static func prefix(_ name: String) -> String {
    let places = ["filtered_", "raw_"].compactMap { name.firstRange(of: $0)?.lowerBound }
    return places.min().map { String(name[..<$0]) } ?? ""
  }

  private static func role(_ name: String) -> Matrix.Role {
    let name = name.lowercased()
    return name.contains("filtered") ? .filtered : name.contains("raw") ? .raw : .unsaid
  }

  /// The matrix in text form in a folder, or those in its folders, one for each genome (Cell Ranger 1 and 2).
  static func market(in folder: InputFolder) throws -> [MarketFiles] {
    let files = try MarketFiles.find(in: folder)
    if !files.isEmpty || !folder.path.lowercased().contains("bc_matri") { return files }
    return try folder.folders.flatMap { name in
      try MarketFiles.find(in: try InputFolder(folder.path(name))).map { files in
        var files = files
        files.genome = name
        return files
      }
    }
  }

  static func beginsAsHDF5(_ path: String) -> Bool {
    (try? readFile(path, atMost: 8)) == [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
  }

  /// The matrix to read: filtered before raw, HDF5 before text.
  /// - Throws: `InputError` where there is none of the kind asked for, or more than one.
  func choose(_ options: InputOptions, _ notes: inout [InputNote]) throws -> Matrix {
    var candidates = matrices
    if let library = options.library {
      let own = candidates.filter { $0.prefix == library || $0.prefix.dropLast() == library }
      if !own.isEmpty { candidates = own }
    }
    if options.rawMatrix {
      candidates = candidates.filter { $0.role == .raw }
      if candidates.isEmpty {
        throw InputError.missingFile(
          wanted: "A raw matrix (--raw-matrix)", folder: folder.path, found: matrices.map(\.name))
      }
    }
    let best = candidates.map(\.role.rawValue).min() ?? 0
    candidates = candidates.filter { $0.role.rawValue == best }
    let isH5 = { (matrix: Matrix) in if case .h5 = matrix.files { true } else { false } }
    if candidates.contains(where: isH5) { candidates = candidates.filter(isH5) }
    let usual = candidates.filter(\.isUsual)
    if !usual.isEmpty { candidates = usual }
    guard candidates.count == 1 else {
      throw InputError.ambiguous(
        what: "matrix", folder: folder.path, candidates: candidates.map(\.name),
        advice: "Name one of them itself"
          + (candidates.contains { !$0.prefix.isEmpty } ? ", or its prefix with --library." : "."))
    }
    if candidates[0].role == .raw && !options.rawMatrix {
      notes.append(
        .warning("\(folder.path) has no filtered matrix: \(candidates[0].name), with all barcodes, is read."))
    } else if matrices.count > 1 {
      notes.append(.note("\(folder.path): \(candidates[0].name) is read."))
    }
    return candidates[0]
  }
}

extension InstrumentFolder.Matrix {
  /// - Throws: `InputError`, `AnnDataError`, `H5Error`
  func read(_ options: InputOptions) throws -> FeatureMatrix {
    switch files {
    case .h5(let path):
      guard let file = try TenxFile(path) else {
        throw InputError.content(found: "is no 10x matrix", expected: "one", file: path)
      }
      return try file.read(genome: options.genome)
    case .market(let files):
      guard let wanted = options.genome else {
        guard files.count == 1 else {
          throw InputError.severalGenomes(files.compactMap(\.genome), file: name)
        }
        return try files[0].read()
      }
      let genomes = files.compactMap(\.genome)
      if genomes.isEmpty {
        throw InputError.withoutEffect(
          option: "--genome", input: name, reason: "a matrix in text form does not say of which genome its features are"
        )
      }
      guard let one = files.first(where: { $0.genome == wanted }) else {
        throw InputError.unknown(what: "genome", name: wanted, available: genomes, file: name)
      }
      return try one.read()
    }
  }
}
