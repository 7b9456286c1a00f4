import AnnData
import ArgumentParser
import Perturbation
import StomicsCore

/// Which spots are edited.
struct SpotFlags: ParsableArguments {
  @Option(
    name: .customLong("where"),
    help: ArgumentHelp(
      """
      Edit the spots of which this column of obs has this value, such as domain=Layer5. Several values of a column: any \
      of them; several columns: all of them. domain is the model's own prediction where obs has no such column.
      """, valueName: "column=value"))
  var conditions: [String] = []

  @Option(name: .customLong("spots"), help: "Edit the spots whose barcodes a text file lists, one a line.")
  var list: String?

  @Option(help: "Edit the spots around this one, by barcode, no farther than --radius.")
  var around: String?

  @Option(help: "How far from --around, in the units of the coordinates (pixels of the full-resolution image).")
  var radius: Double?

  func validate() throws {
    for condition in conditions where condition.firstIndex(of: "=").map({ $0 == condition.startIndex }) ?? true {
      throw ValidationError("--where is '\(condition)'; give a column and a value, such as domain=Layer5.")
    }
    if (around == nil) != (radius == nil) {
      throw ValidationError("--around and --radius belong together: a spot's barcode, and how far from it.")
    }
    if let radius, !(radius >= 0 && radius.isFinite) {
      throw ValidationError("--radius is \(radius); give a distance of 0 or more.")
    }
  }

  /// Positions of the spots that meet every flag, ascending; nil where no flag is given.
  /// - Parameter predicted: the model's domains, for a `domain` that obs does not have
  func positions(in adata: AnnData, spatialKey: String, predicted: [String]) throws -> [Int]? {
    if conditions.isEmpty && list == nil && around == nil { return nil }
    var kept = [Bool](repeating: true, count: adata.observationCount)
    for (column, values) in grouped() {
      let labels: [String?]
      if column == Keys.predictedDomain && adata.obs[column] == nil {
        labels = predicted
      } else {
        labels = try adata.labels(column).labels
      }
      let found = Set(labels.compactMap { $0 })
      for value in values where !found.contains(value) {
        throw SpotFlagError.noSuchValue(column: column, value: value, found: found.sorted(), file: adata.source)
      }
      for i in kept.indices where !(labels[i].map(values.contains) ?? false) { kept[i] = false }
    }
    if let list {
      let barcodes = try barcodes(in: list)
      let known = Set(adata.obs.index)
      let unknown = barcodes.filter { !known.contains($0) }
      if let first = unknown.first {
        throw SpotFlagError.unknownBarcodes(
          count: unknown.count, of: barcodes.count, first: first, list: list, file: adata.source)
      }
      let wanted = Set(barcodes)
      for i in kept.indices where !wanted.contains(adata.obs.index[i]) { kept[i] = false }
    }
    if let around, let radius {
      guard let centre = adata.obs.index.firstIndex(of: around) else {
        throw SpotFlagError.unknownBarcode(
          around, near: didYouMean(around, among: adata.obs.index), file: adata.source)
      }
      let places = try adata.coordinates(key: spatialKey)
      for i in kept.indices {
        let (dx, dy) = (places[i].x - places[centre].x, places[i].y - places[centre].y)
        if !((dx * dx + dy * dy).squareRoot() <= radius) { kept[i] = false }
      }
    }
    let positions = kept.indices.filter { kept[$0] }
    if positions.isEmpty { throw SpotFlagError.none(file: adata.source) }
    return positions
  }

  /// Values by column, in the order of the flags.
  private func grouped() -> [(column: String, values: [String])] {
    var result: [(column: String, values: [String])] = []
    for condition in conditions {
      guard let sign = condition.firstIndex(of: "=") else { continue }
      let column = String(condition[..<sign])
      let value = String(condition[condition.index(after: sign)...])
      if let place = result.firstIndex(where: { $0.column == column }) {
        result[place].values.append(value)
      } else {
        result.append((column, [value]))
      }
    }
    return result
  }

  private func barcodes(in path: String) throws -> [String] {
    let lines = String(decoding: try readFile(path, atMost: 1 << 30), as: UTF8.self).split(whereSeparator: \.isNewline)
    let barcodes = lines.map { String($0).trimmed }.filter { !$0.isEmpty }
    if barcodes.isEmpty { throw SpotFlagError.emptyList(path) }
    return barcodes
  }
}

/// What can be wrong with a choice of spots.
enum SpotFlagError: StomicsError, Equatable {
  case noSuchValue(column: String, value: String, found: [String], file: String)
  case unknownBarcodes(count: Int, of: Int, first: String, list: String, file: String)
  case unknownBarcode(String, near: String, file: String)
  case emptyList(String)
  case none(file: String)

  var kind: ErrorKind { .usage }

  var description: String {
    switch self {
    case .noSuchValue(let column, let value, let found, let file):
      "no spot of \(file) has '\(value)' in obs/\(column) (found: \(found.prefix(20).joined(separator: ", "))\(found.count > 20 ? ", …" : ""))."
    case .unknownBarcodes(let count, let total, let first, let list, let file):
      "\(count) of the \(total) barcodes in \(list) are not spots of \(file), such as '\(first)'. List barcodes as obs names them, one a line."
    case .unknownBarcode(let barcode, let near, let file): "'\(barcode)' is no spot of \(file).\(near)"
    case .emptyList(let path): "\(path) lists no barcode; give one a line."
    case .none(let file): "no spot of \(file) meets all of --where, --spots and --around: nothing would be edited."
    }
  }
}
