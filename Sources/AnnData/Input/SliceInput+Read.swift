import OrderedCollections
import StomicsCore

extension AnnData {
  /// Reads a slice of any kind: h5ad, 10x .h5, a matrix in text form, a folder of Cell Ranger, Space Ranger or Visium HD.
  ///
  /// Counts are held as scanpy's readers hold them: X `[N, G]`, float32 (float64 where that would round a count), names
  /// of genes as var's index, not made unique. Positions go to obs (in_tissue, array_row, array_col) and `obsm/spatial`
  /// (x = pixel column, y = pixel row), images and scale factors to `uns/spatial/<library>`, as squidpy puts them.
  /// - Returns: the slice, and what was chosen or left out.
  /// - Throws: `InputError`, `AnnDataError`, `H5Error`, `FileError`
  public static func readAny(
    _ path: String, options: InputOptions = InputOptions()
  ) throws -> (adata: AnnData, notes: [InputNote]) {
    try SliceInput(path).read(options)
  }
}

extension SliceInput {
  /// Reads it; `AnnData.readAny` says how.
  public func read(_ options: InputOptions = InputOptions()) throws -> (adata: AnnData, notes: [InputNote]) {
    var notes: [InputNote] = []
    switch kind {
    case .h5ad:
      try refuse(options, all: "an h5ad file has one matrix, read as it is")
      return (try AnnData.read(path), [])
    case .tenxFile, .marketFile:
      try refuseRaw(options, "a matrix that is named itself is read as it is")
      try refuseBin(options)
      return try readNamed(options)
    case .bins(let edges):
      let edge = try chooseBin(edges, options, &notes)
      let bins = try SliceInput.bins(in: try InputFolder(place))
      guard let path = bins.first(where: { $0.edge == edge })?.path,
        let folder = try InstrumentFolder(try InputFolder(path))
      else {
        throw InputError.notRecognised(folder: place, found: bins.map(\.path))
      }
      return try read(folder, options, notes)
    case .folder:
      try refuseBin(options)
      let contents = try InputFolder(place)
      if let folder = try InstrumentFolder(contents) { return try read(folder, options, notes) }
      // `filtered_gene_bc_matrices`, with a folder for each genome.
      try refuseRaw(options, "it is the folder of one matrix")
      let matrix = InstrumentFolder.Matrix(
        files: .market(try InstrumentFolder.market(in: contents)), role: .unsaid, prefix: "", name: place)
      return try finish(matrix, spatial: nil, options, notes)
    }
  }

  private func chooseBin(_ edges: [Int], _ options: InputOptions, _ notes: inout [InputNote]) throws -> Int {
    let names = edges.sorted().map(String.init)
    if let wanted = options.binMicrometres {
      guard edges.contains(wanted) else {
        throw InputError.unknown(what: "bins of edge", name: String(wanted), available: names, file: path)
      }
      return wanted
    }
    if edges.count == 1 { return edges[0] }
    guard edges.contains(8) else {
      throw InputError.ambiguous(
        what: "size of bins", folder: path, candidates: names, advice: "Name one with --bin.")
    }
    notes.append(.note("\(path): bins of 8 um are read, of \(names.joined(separator: ", ")); --bin takes others."))
    return 8
  }

  private func read(
    _ folder: InstrumentFolder, _ options: InputOptions, _ earlier: [InputNote]
  ) throws -> (adata: AnnData, notes: [InputNote]) {
    var notes = earlier
    let matrix = try folder.choose(options, &notes)
    if let spatial = try folder.spatial(of: matrix) {
      if spatial.positions == nil {
        throw InputError.missingFile(
          wanted: "A table of spot positions (tissue_positions.csv)", folder: spatial.folder,
          found: try InputFolder(spatial.folder).files)
      }
      return try finish(matrix, spatial: spatial, options, notes)
    }
    // A folder of the three files may itself lie in a Visium folder.
    return try finish(matrix, spatial: try outerSpatial(folder.folder.path, &notes), options, notes)
  }

  /// A matrix that was named itself: what lies beside it about its place is used too.
  private func readNamed(_ options: InputOptions) throws -> (adata: AnnData, notes: [InputNote]) {
    var notes: [InputNote] = []
    let (folder, name) = path.folderAndName
    let matrix: InstrumentFolder.Matrix
    if let files = kind == .marketFile ? try SliceInput.marketFiles(of: path) : nil {
      matrix = InstrumentFolder.Matrix(files: .market([files]), role: .unsaid, prefix: files.prefix, name: name)
    } else {
      matrix = InstrumentFolder.Matrix(
        files: .h5(path), role: .unsaid, prefix: InstrumentFolder.prefix(name), name: name)
    }
    var spatial: SpatialFiles?
    do {
      spatial = try SpatialFiles.find(beside: try InputFolder(folder), prefix: matrix.prefix)
    } catch let error as InputError {
      notes.append(.warning("\(error.description) The matrix is read without positions."))
    }
    if spatial?.positions != nil {
      notes.append(.note("\(path): positions and images are taken from \(spatial?.folder ?? "")."))
    } else {
      spatial = kind == .marketFile ? try outerSpatial(folder, &notes) : nil
    }
    return try finish(matrix, spatial: spatial, options, notes)
  }

  /// What lies in `spatial` beside the folder of a matrix, where its name is one of Space Ranger's.
  private func outerSpatial(_ folder: String, _ notes: inout [InputNote]) throws -> SpatialFiles? {
    let (outer, name) = folder.folderAndName
    guard name.contains("feature_bc_matrix"), let contents = try? InputFolder(outer),
      contents.folders.contains("spatial"), let spatial = try SpatialFiles.find(beside: contents, prefix: ""),
      spatial.positions != nil
    else { return nil }
    notes.append(.note("\(path): positions and images are taken from \(spatial.folder)."))
    return spatial
  }

  private func finish(
    _ matrix: InstrumentFolder.Matrix, spatial: SpatialFiles?, _ options: InputOptions, _ earlier: [InputNote]
  ) throws -> (adata: AnnData, notes: [InputNote]) {
    var counts = try matrix.read(options)
    try counts.choose(options)
    var adata = counts.adata
    adata.source = path
    var notes = earlier + counts.notes
    noteOddities(adata, &notes)
    if let spatial {
      let library = options.library ?? counts.libraries.first ?? name(matrix)
      if counts.libraries.count > 1 && options.library == nil {
        notes.append(
          .warning(
            "\(path) holds the libraries \(counts.libraries.joined(separator: ", ")); the positions are taken for "
              + "the first. Name another with --library."))
      }
      try spatial.attach(to: &adata, library: library, metadata: counts.metadata, notes: &notes)
    } else if options.library != nil {
      let picksFiles = options.library.map { !matrix.prefix.isEmpty && matrix.prefix.hasPrefix($0) } ?? false
      if !picksFiles {
        throw InputError.withoutEffect(
          option: "--library", input: path, reason: "it has no positions or images to store under that name")
      }
    }
    return (adata, notes)
  }

  /// The prefix of the files, or the name of the run's folder.
  private func name(_ matrix: InstrumentFolder.Matrix) -> String {
    let prefix = matrix.prefix.hasSuffix("_") ? String(matrix.prefix.dropLast()) : matrix.prefix
    if !prefix.isEmpty { return prefix }
    let parts = absolutePath(path).split(separator: "/").map(String.init)
    let inner = { (part: String) in
      part == "outs" || part == "binned_outputs" || part.hasPrefix("square_") || part.contains("bc_matrix")
        || part.hasSuffix(".mtx") || part.hasSuffix(".mtx.gz")
    }
    return parts.last { !inner($0) } ?? "slide"
  }

  private func noteOddities(_ adata: AnnData, _ notes: inout [InputNote]) {
    let repeated = AnnData.duplicates(in: adata.obs.index)
    if !repeated.isEmpty {
      notes.append(.warning("\(path): \(repeated.count) barcodes occur more than once, for example \(repeated[0])."))
    }
    if adata.observationCount == 0 || adata.variableCount == 0 {
      notes.append(
        .warning(
          "\(path) has \(adata.observationCount) barcodes and \(adata.variableCount) features: there is no count."))
    } else if case .sparse(let counts)? = adata.x, counts.indices.isEmpty {
      notes.append(.warning("\(path) holds no count: every value is 0."))
    }
  }

  private func refuse(_ options: InputOptions, all reason: String) throws {
    let given = [
      ("--genome", options.genome != nil), ("--feature-types", options.featureTypes != nil),
      ("--library", options.library != nil),
    ]
    if let (option, _) = given.first(where: { $0.1 }) {
      throw InputError.withoutEffect(option: option, input: path, reason: reason)
    }
    try refuseRaw(options, reason)
    try refuseBin(options)
  }

  private func refuseRaw(_ options: InputOptions, _ reason: String) throws {
    if options.rawMatrix { throw InputError.withoutEffect(option: "--raw-matrix", input: path, reason: reason) }
  }

  private func refuseBin(_ options: InputOptions) throws {
    if options.binMicrometres != nil {
      throw InputError.withoutEffect(
        option: "--bin", input: path, reason: "it is not the folder of a Visium HD run with bins of several sizes")
    }
  }
}
