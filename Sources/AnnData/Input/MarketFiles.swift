import OrderedCollections

/// The three files of a matrix in text form: matrix, features and barcodes, of Cell Ranger or of others.
struct MarketFiles: Equatable {
  let matrix: String
  let features: String
  let barcodes: String
  /// What stands before `matrix.mtx` in the name, as GEO puts it there.
  let prefix: String
  /// The folder's name where Cell Ranger 1 or 2 made one for each genome.
  var genome: String?

  /// The matrices of a folder, whose files are paired by prefix.
  /// - Throws: `InputError.missingFile` where a matrix stands alone.
  static func find(in folder: InputFolder) throws -> [MarketFiles] {
    var found: OrderedDictionary<String, MarketFiles> = [:]
    let matrices = folder.files.filter { InputFolder.stem($0).hasSuffix(".mtx") }
    for name in matrices {
      let stem = InputFolder.stem(name)
      let prefix = stem.hasSuffix("matrix.mtx") ? String(stem.dropLast(10)) : nil
      func partner(_ endings: [String], _ word: String) -> String? {
        if let prefix {
          for ending in endings {
            for file in [prefix + ending, prefix + ending + ".gz"] where folder.files.contains(file) { return file }
          }
        }
        // Other names, where only one file can be meant.
        guard matrices.count == 1 else { return nil }
        let others = folder.files.filter { file in
          let stem = InputFolder.stem(file)
          return (stem.hasSuffix(".tsv") || stem.hasSuffix(".txt") || stem.hasSuffix(".csv"))
            && endings.contains { stem.contains($0.dropLast(4)) }
        }
        return others.count == 1 ? others[0] : nil
      }
      guard let features = partner(["features.tsv", "genes.tsv"], "features") else {
        throw InputError.missingFile(
          wanted: (prefix ?? "") + "features.tsv(.gz) or genes.tsv(.gz), which belongs to \(name),",
          folder: folder.path, found: folder.files)
      }
      guard let barcodes = partner(["barcodes.tsv"], "barcodes") else {
        throw InputError.missingFile(
          wanted: (prefix ?? "") + "barcodes.tsv(.gz), which belongs to \(name),", folder: folder.path,
          found: folder.files)
      }
      let key = prefix ?? stem
      // Where a matrix lies there packed and unpacked, the names sort the unpacked one first.
      if found[key] == nil {
        found[key] = MarketFiles(
          matrix: folder.path(name), features: folder.path(features), barcodes: folder.path(barcodes),
          prefix: prefix ?? "")
      }
    }
    return Array(found.values)
  }

  /// Reads the three files.
  /// - Throws: `InputError`, `FileError`
  func read() throws -> FeatureMatrix {
    let names = try InputText.read(barcodes)
    let lines = InputText.lines(names)
    let table = try FeatureTable(features)
    let entries = try MatrixMarket(try InputText.read(matrix), file: matrix)
    var notes = table.notes
    // Some programs write barcodes x features. The lengths tell, where they differ.
    let isTurned =
      entries.rows != table.frame.count && entries.rows == lines.count && entries.columns == table.frame.count
    if isTurned {
      notes.append(.note("\(matrix) has barcodes as rows and features as columns, and is read so."))
    } else {
      try check(table.frame.count, of: "features", features, rows: entries.rows, axis: "rows", table.firstLine)
      let first = lines.first.map { String(decoding: names[$0], as: UTF8.self) }
      try check(lines.count, of: "barcodes", barcodes, rows: entries.columns, axis: "columns", first)
    }
    var matrix = FeatureMatrix(
      counts: isTurned ? entries.rowsAsRows() : entries.columnsAsRows(),
      barcodes: DataFrame(index: try barcodeNames(names, lines)), features: table.frame, notes: notes,
      source: self.matrix)
    if let software = entries.comments.lazy.compactMap(softwareVersion).first {
      matrix.metadata["software_version"] = .string(software)
    }
    return matrix
  }

  private func check(_ found: Int, of what: String, _ file: String, rows expected: Int, axis: String, _ first: String?)
    throws
  {
    guard found != expected else { return }
    let looksLikeHeader = found == expected + 1 && first.map { FeatureTable.isHeader($0) } == true
    throw InputError.wrongLength(
      what: what, found: found, expected: expected, of: "the size line of \(matrix) (\(axis))", file: file,
      hint: looksLikeHeader ? "Its first line, '\(first ?? "")', looks like a header: remove it." : nil)
  }

  /// The first column of the lines.
  private func barcodeNames(_ bytes: [UInt8], _ lines: [Range<Int>]) throws -> [String] {
    var result: [String] = []
    result.reserveCapacity(lines.count)
    for (number, line) in lines.enumerated() {
      let end = bytes[line].firstIndex(of: InputText.tab) ?? line.upperBound
      if end == line.lowerBound {
        throw InputError.line(number + 1, found: "", expected: "a barcode", file: barcodes)
      }
      result.append(String(decoding: bytes[line.lowerBound..<end], as: UTF8.self))
    }
    return result
  }

  /// "spaceranger-3.0.0" of Cell Ranger's comment `metadata_json: {"software_version": "spaceranger-3.0.0", …}`.
  private func softwareVersion(_ comment: String) -> String? {
    let parts = comment.split(separator: "\"", omittingEmptySubsequences: false)
    guard comment.hasPrefix("metadata_json"), let place = parts.firstIndex(of: "software_version"),
      parts.indices.contains(place + 2)
    else { return nil }
    return String(parts[place + 2])
  }
}

/// `features.tsv` or `genes.tsv`: id, name, type and perhaps more, without a header.
struct FeatureTable {
  let frame: DataFrame
  var notes: [InputNote] = []
  /// The first line as it stands.
  let firstLine: String?

  /// One column is a name; two are id and name; three are id, name and type; what follows is left out and noted.
  init(_ file: String) throws {
    let bytes = try InputText.read(file)
    let lines = InputText.lines(bytes)
    firstLine = lines.first.map { String(decoding: bytes[$0], as: UTF8.self) }
    let width = lines.first.map { InputText.fields(bytes, $0, separator: InputText.tab).count } ?? 0
    var columns = [[String]](repeating: [], count: min(width, 3))
    for k in columns.indices { columns[k].reserveCapacity(lines.count) }
    for (number, line) in lines.enumerated() {
      let fields = InputText.fields(bytes, line, separator: InputText.tab)
      guard fields.count == width else {
        throw InputError.line(
          number + 1, found: String(decoding: bytes[line], as: UTF8.self),
          expected: "\(width) columns as in line 1, parted by tabs,", file: file)
      }
      for k in columns.indices { columns[k].append(fields[k]) }
    }
    var frame = DataFrame(index: columns.count > 1 ? columns[1] : columns.first ?? [])
    if columns.count > 1 { frame[Keys.geneIDs] = .strings(columns[0]) }
    if columns.count > 2 { frame[FeatureMatrix.featureTypes] = .strings(columns[2]) }
    if width > 3 { notes.append(.note("\(file): columns 4 to \(width) of its \(width) are left out.")) }
    self.frame = frame
  }

  /// Whether a first line names columns and is no entry.
  static func isHeader(_ line: String) -> Bool {
    let first = line.split(separator: "\t").first.map { $0.lowercased() } ?? ""
    return ["barcode", "barcodes", "cell", "gene", "genes", "gene_id", "gene_ids", "feature", "features", "id", "x"]
      .contains(first)
  }
}
