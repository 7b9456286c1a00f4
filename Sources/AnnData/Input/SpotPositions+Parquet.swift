import Parquet

extension SpotPositions {
  /// The table of a Visium HD run.
  /// - Throws: `ParquetError`; `InputError` for a row that is no spot and for a barcode given twice.
  init(parquet bytes: [UInt8], file: String) throws {
    self.init(file: file)
    let names = SpotPositions.columns.map { $0[0] }
    let table = try ParquetTable.read(bytes, name: file, columns: names)
    func whole(_ column: Int) throws -> [Int64] {
      try table.doubles(names[column]).enumerated().map { row, value in
        guard let number = Int64(exactly: value) else {
          throw InputError.row(row, column: names[column], found: "\(value)", expected: "a whole number", file: file)
        }
        return number
      }
    }
    barcodes = Array(try table.strings(names[0]))
    inTissue = try whole(1)
    arrayRow = try whole(2)
    arrayColumn = try whole(3)
    pixelRow = try table.doubles(names[4])
    pixelColumn = try table.doubles(names[5])
    hasWholePixels = try [4, 5].allSatisfy { column in
      switch try table.column(names[column]).values {
      case .int32, .int64: true
      default: false
      }
    }
    try requireSpots(names)
  }

  private func requireSpots(_ names: [String]) throws {
    if let row = inTissue.firstIndex(where: { $0 != 0 && $0 != 1 }) {
      throw InputError.row(row, column: names[1], found: "\(inTissue[row])", expected: "0 or 1", file: file)
    }
    for (name, pixels) in [(names[4], pixelRow), (names[5], pixelColumn)] {
      if let row = pixels.firstIndex(where: { !($0.magnitude < 1e15) }) {
        throw InputError.row(row, column: name, found: "\(pixels[row])", expected: "a number of pixels", file: file)
      }
    }
    var rows: [String: Int] = [:]
    rows.reserveCapacity(barcodes.count)
    for (row, barcode) in barcodes.enumerated() {
      if let earlier = rows.updateValue(row, forKey: barcode) {
        throw InputError.row(
          row, column: names[0], found: "\(barcode), as in row \(earlier + 1)", expected: "a barcode of its own",
          file: file)
      }
    }
  }
}
