import HDF5
import OrderedCollections

/// A 10x Genomics matrix in an HDF5 file (`filtered_feature_bc_matrix.h5` and its kin), of any Cell Ranger version.
///
/// Matrices are stored as features x barcodes compressed by columns, which is barcodes x features compressed by rows:
/// they are read without being turned.
struct TenxFile {
  enum Layout: Equatable {
    /// Cell Ranger 3 and later: one matrix, with a table of features. `probes`: a feature is a probe, not a gene.
    case features(probes: Bool)
    /// Cell Ranger 1 and 2: a matrix for each genome.
    case genomes([String])

    /// What it is, in words.
    var description: String {
      switch self {
      case .features(probes: false): "10x matrix (.h5 of Cell Ranger 3 or later)"
      case .features(probes: true): "10x matrix of probes (.h5)"
      case .genomes: "10x matrix (.h5 of Cell Ranger 1 or 2)"
      }
    }
  }

  let file: H5File
  let root: H5Group
  let layout: Layout

  /// Looks at a file; nil where it is HDF5 of another kind.
  /// - Throws: `H5Error` where it is no HDF5 file.
  init?(_ path: String) throws {
    file = try H5File.open(path)
    root = try file.root()
    guard let layout = TenxFile.layout(of: root) else { return nil }
    self.layout = layout
  }

  /// What a file's root group says it is; nil where that is no 10x matrix.
  static func layout(of root: H5Group) -> Layout? {
    if let matrix = try? root.group("matrix"), isMatrix(matrix), let features = try? matrix.group("features") {
      return .features(probes: features.contains("gene_id"))
    }
    let genomes = ((try? root.names()) ?? []).filter { name in
      guard let group = try? root.group(name) else { return false }
      return isMatrix(group) && group.contains("genes")
    }
    return genomes.isEmpty ? nil : .genomes(genomes)
  }

  private static func isMatrix(_ group: H5Group) -> Bool {
    ["barcodes", "data", "indices", "indptr", "shape"].allSatisfy(group.contains)
  }

  /// Reads the matrix; of several genomes' the one that is named.
  /// - Throws: `InputError`, `AnnDataError`, `H5Error`
  func read(genome: String?) throws -> FeatureMatrix {
    var matrix: FeatureMatrix
    switch layout {
    case .features: matrix = try readFeatures()
    case .genomes(let genomes): matrix = try readGenome(genome, among: genomes)
    }
    matrix.libraries = ((try? root.stringsAttribute("library_ids")) ?? nil) ?? []
    for key in ["chemistry_description", "software_version"] {
      if let text = (try? root.stringAttribute(key)) ?? nil { matrix.metadata[key] = .string(text) }
    }
    return matrix
  }

  private func readFeatures() throws -> FeatureMatrix {
    let group = try root.group("matrix")
    let counts = try sparse(group)
    let features = try group.group("features")
    let isProbes = layout == .features(probes: true)
    var notes: [InputNote] = []
    var columns: OrderedDictionary<String, Column> = [:]
    let ids = try strings("id", in: features, count: counts.columns)
    columns[Keys.geneIDs] = .strings(isProbes ? try strings("gene_id", in: features, count: counts.columns) : ids)
    if isProbes { columns["probe_ids"] = .strings(ids) }
    if features.contains("feature_type") {
      columns[FeatureMatrix.featureTypes] = .strings(
        try strings("feature_type", in: features, count: counts.columns))
    }
    for name in try features.names() {
      if ["id", "name", "feature_type", "gene_id", "_all_tag_keys"].contains(name) { continue }
      guard try features.kind(of: name) == .dataset else { continue }
      let dataset = try features.dataset(name)
      if dataset.shape == [counts.columns], let column = try column(dataset) {
        columns[name] = column
      } else {
        notes.append(.warning("\(dataset.path) of \(file.path) is no column of its features and is left out."))
      }
    }
    let names = features.contains("name") ? try strings("name", in: features, count: counts.columns) : ids
    var barcodes = DataFrame(index: try strings("barcodes", in: group, count: counts.rows))
    if group.contains("filtered_barcodes") {
      let dataset = try group.dataset("filtered_barcodes")
      if dataset.shape == [counts.rows], let column = try column(dataset) { barcodes["filtered_barcodes"] = column }
    }
    return FeatureMatrix(
      counts: counts, barcodes: barcodes, features: DataFrame(index: names, columns: columns), notes: notes,
      source: file.path)
  }

  private func readGenome(_ wanted: String?, among genomes: [String]) throws -> FeatureMatrix {
    if let wanted, !genomes.contains(wanted) {
      throw InputError.unknown(what: "genome", name: wanted, available: genomes, file: file.path)
    }
    guard let genome = wanted ?? (genomes.count == 1 ? genomes[0] : nil) else {
      throw InputError.severalGenomes(genomes, file: file.path)
    }
    let group = try root.group(genome)
    let counts = try sparse(group)
    let ids = try strings("genes", in: group, count: counts.columns)
    let names = group.contains("gene_names") ? try strings("gene_names", in: group, count: counts.columns) : ids
    return FeatureMatrix(
      counts: counts, barcodes: DataFrame(index: try strings("barcodes", in: group, count: counts.rows)),
      features: DataFrame(index: names, columns: [Keys.geneIDs: .strings(ids)]), source: file.path)
  }

  private func sparse(_ group: H5Group) throws -> SparseArray {
    func numbers(_ name: String) throws -> NumericArray {
      let dataset = try group.dataset(name)
      guard let values = try NumericArray(dataset) else {
        throw AnnDataError.wrongType(
          path: dataset.path, found: dataset.type.name, expected: "numbers", file: file.path)
      }
      return values
    }
    let shape = try numbers("shape").doubles
    guard shape.count == 2, shape.allSatisfy({ $0 >= 0 && $0 < Double(Int32.max) && $0 == $0.rounded() }) else {
      throw AnnDataError.wrongShape(
        path: group.path + "/shape", found: "\(shape)", expected: "two whole numbers: features and barcodes",
        file: file.path)
    }
    guard let indices = try numbers("indices").codes, let pointers = try numbers("indptr").pointers else {
      throw AnnDataError.wrongType(
        path: group.path, found: "another type", expected: "whole numbers in indices and indptr", file: file.path)
    }
    let matrix = SparseArray(
      layout: .csr, rows: Int(shape[1]), columns: Int(shape[0]), indptr: pointers, indices: indices,
      values: try numbers("data").asCounts)
    if let flaw = matrix.flaw { throw AnnDataError.inconsistent(path: group.path, detail: flaw, file: file.path) }
    return matrix
  }

  private func strings(_ name: String, in group: H5Group, count: Int) throws -> [String] {
    let dataset = try group.dataset(name)
    guard dataset.shape == [count] else {
      throw AnnDataError.wrongShape(
        path: dataset.path, found: "\(dataset.shape)", expected: "[\(count)], from the matrix's shape,", file: file.path
      )
    }
    return try dataset.readStrings()
  }

  /// A column of text, truth values or numbers; nil for anything else.
  private func column(_ dataset: H5Dataset) throws -> Column? {
    switch dataset.type {
    case .fixedString, .variableString: .strings(try dataset.readStrings())
    default: try NumericArray(dataset).map { .numeric($0) }
    }
  }
}

extension NumericArray {
  /// Whole numbers as pointers of a sparse matrix; nil for fractions. What does not fit is negative, so a flaw.
  fileprivate var pointers: [Int]? {
    switch self {
    case .int64(let v): v.map { Int($0) }
    case .uint64(let v): v.map { Int(exactly: $0) ?? -2 }
    case .uint32(let v): v.map { Int($0) }
    default: codes.map { $0.map(Int.init) }
    }
  }
}
