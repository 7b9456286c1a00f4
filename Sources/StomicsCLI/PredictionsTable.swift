import StomicsCore

/// predictions.csv of a run folder, in the order of its spots.
struct PredictionsTable {
  /// `[C]`
  let classNames: [String]
  /// `[N]`: train, validation, test, or nothing.
  let parts: [String]
  /// `[N]`, nil where a spot has no label.
  let truth: [String?]
  /// `[N]`, places in `classNames`.
  let predicted: [Int]
  /// `[N, C]`
  let probabilities: Matrix

  /// - Parameters:
  ///   - spots: `[N]`, the barcodes of the run's results, which lie at `results`
  /// - Throws: `FileError`, `CSVError`, `ReportInputError`
  init(contentsOf path: String, spots: [String], of results: String) throws {
    let table = try CSVTable(contentsOf: path)
    let barcodes = try table.required("spot")
    let rows = Dictionary(barcodes.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let order = try spots.map { spot in
      guard let row = rows[spot] else { throw ReportInputError.otherSpots(file: path, spot: spot, run: results) }
      return row
    }
    let names = table.header.filter { $0.hasPrefix("p_") }.map { String($0.dropFirst(2)) }
    guard !names.isEmpty else {
      throw CSVError.missingColumns(file: path, wanted: "columns 'p_…' of probabilities", found: table.header)
    }
    let numbers = try names.map { name in
      guard let values = table.numbers("p_" + name), values.allSatisfy({ $0 >= 0 && $0 <= 1.0001 }) else {
        throw CSVError.missingColumns(file: path, wanted: "column 'p_\(name)' of probabilities", found: table.header)
      }
      return values
    }
    let split = try table.required("split")
    let labels = try table.required("truth")
    let predictions = try table.required("predicted")
    let places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    classNames = names
    parts = order.map { split[$0] }
    truth = order.map { labels[$0].isEmpty ? nil : labels[$0] }
    predicted = try order.map { row in
      guard let place = places[predictions[row]] else {
        throw ReportInputError.unknownClass(predictions[row], spot: barcodes[row], file: path, classes: names)
      }
      return place
    }
    var matrix = Matrix(rows: order.count, columns: names.count)
    for (i, row) in order.enumerated() {
      for c in names.indices { matrix[i, c] = Float(numbers[c][row]) }
    }
    probabilities = matrix
  }
}
