import OrderedCollections

extension SpatialFiles {
  /// Puts positions into obs and obsm/spatial, scale factors, images and metadata under uns/spatial.
  ///
  /// As scanpy and squidpy do: barcodes without a position stay, with NaN; positions without a barcode are left out.
  /// - Throws: `InputError`
  func attach(
    to adata: inout AnnData, library: String, metadata: OrderedDictionary<String, Element>,
    notes: inout [InputNote]
  ) throws {
    if let positions {
      try place(&adata, SpotPositions.read(positions), notes: &notes)
    }
    let factors = try readScaleFactors(&notes)
    let images = try readImages(&notes)
    for (resolution, image) in images {
      guard let scale = factors["tissue_\(resolution)_scalef"] else {
        notes.append(
          .warning("\(folder) has an image '\(resolution)' but no tissue_\(resolution)_scalef: it cannot be placed."))
        continue
      }
      checkInside(adata, image, scale, resolution, &notes)
    }
    let members: OrderedDictionary<String, Element> = [
      "images": .dictionary(images.filter { factors["tissue_\($0.key)_scalef"] != nil }),
      "metadata": .dictionary(metadata), "scalefactors": .dictionary(factors),
    ]
    adata.uns[Keys.spatial] = .dictionary([library: .dictionary(members)])
  }

  private func place(_ adata: inout AnnData, _ positions: SpotPositions, notes: inout [InputNote]) throws {
    var lineOf: [String: Int] = [:]
    lineOf.reserveCapacity(positions.barcodes.count)
    for (line, barcode) in positions.barcodes.enumerated() { lineOf[barcode] = line }
    let lines = adata.obs.index.map { lineOf[$0] }
    let missing = lines.count { $0 == nil }
    if missing == lines.count, missing > 0 {
      throw InputError.noCommonBarcodes(
        matrix: adata.source, positions: positions.file, ofMatrix: Array(adata.obs.index.prefix(2)),
        ofPositions: Array(positions.barcodes.prefix(2)))
    }
    if missing > 0 {
      notes.append(
        .warning(
          "\(missing) of \(lines.count) barcodes of the matrix have no position in \(positions.file): they are kept "
            + "without coordinates, as scanpy and squidpy keep them; preprocess drops them."))
    }
    noteUnused(positions, lines, &notes)
    func whole(_ values: [Int64]) -> Column {
      // Missing numbers make a column of whole numbers one of fractions, as in pandas.
      missing == 0
        ? .numeric(.int64(lines.compactMap { $0.map { values[$0] } }))
        : .numeric(.float64(lines.map { $0.map { Double(values[$0]) } ?? .nan }))
    }
    adata.obs[Keys.inTissue] = whole(positions.inTissue)
    adata.obs["array_row"] = whole(positions.arrayRow)
    adata.obs["array_col"] = whole(positions.arrayColumn)
    let pixels = lines.flatMap { line in
      [line.map { positions.pixelColumn[$0] } ?? .nan, line.map { positions.pixelRow[$0] } ?? .nan]
    }
    let isWhole = missing == 0 && positions.hasWholePixels
    adata.obsm[Keys.spatial] = .array(
      DenseArray(
        shape: [lines.count, 2],
        values: isWhole ? .int64(pixels.map { Int64($0) }) : .float64(pixels)))
  }

  private func noteUnused(_ positions: SpotPositions, _ lines: [Int?], _ notes: inout [InputNote]) {
    var isUsed = [Bool](repeating: false, count: positions.barcodes.count)
    for case let line? in lines { isUsed[line] = true }
    let unused = isUsed.count { !$0 }
    if unused == 0 { return }
    let onTissue = isUsed.indices.count { !isUsed[$0] && positions.inTissue[$0] == 1 }
    let text =
      "\(unused) of \(isUsed.count) positions in \(positions.file) have no barcode in the matrix and are left out"
    notes.append(
      onTissue == 0
        ? .note(text + " (none of them on the tissue).") : .warning(text + "; \(onTissue) of them lie on the tissue."))
  }

  /// Notes spots that lie outside of the image: x and y exchanged, or positions and image of different slides.
  private func checkInside(
    _ adata: AnnData, _ image: Element, _ scale: Element, _ resolution: String, _ notes: inout [InputNote]
  ) {
    guard let points = try? adata.coordinates(), case .scalar(let factor) = scale, let scale = factor.doubles.first,
      case .array(let array) = image
    else { return }
    let (height, width) = (Double(array.shape[0]), Double(array.shape[1]))
    // A spot's centre may lie a little beside a cropped picture.
    func outside(_ width: Double, _ height: Double) -> Int {
      points.count { $0.x * scale > width * 1.02 || $0.y * scale > height * 1.02 || $0.x < 0 || $0.y < 0 }
    }
    let count = outside(width, height)
    if count == 0 { return }
    let turned = outside(height, width) == 0 ? "; they would lie inside with x and y exchanged" : ""
    notes.append(
      .warning("\(count) of \(points.count) spots lie outside of the image '\(resolution)' of \(folder)\(turned)."))
  }
}
