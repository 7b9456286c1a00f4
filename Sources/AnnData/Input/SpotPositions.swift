import StomicsCore

/// Where the barcodes of a slide lie: the table `tissue_positions`, under whatever name.
struct SpotPositions: Equatable {
  let file: String
  var barcodes: [String] = []
  var inTissue: [Int64] = []
  var arrayRow: [Int64] = []
  var arrayColumn: [Int64] = []
  /// Pixels of the full-resolution image.
  var pixelRow: [Double] = []
  var pixelColumn: [Double] = []
  /// Whether all pixels are written as whole numbers.
  var hasWholePixels = true

  /// The columns in the order of files without a header, each with the names it goes by.
  static let columns = [
    ["barcode", "barcodes"], ["in_tissue", "tissue"], ["array_row", "row"], ["array_col", "col"],
    ["pxl_row_in_fullres", "imagerow"], ["pxl_col_in_fullres", "imagecol"],
  ]

  /// Reads a table of positions: the one place that knows which kinds of file there are.
  /// - Throws: `InputError`
  static func read(_ file: String) throws -> SpotPositions {
    let bytes = try InputText.read(file)
    if isParquet(bytes) { throw InputError.parquet(file: file) }
    return try SpotPositions(csv: bytes, file: file)
  }

  static func isParquet(_ bytes: [UInt8]) -> Bool { bytes.starts(with: "PAR1".utf8) }

  /// A table of text, parted by commas or tabs, with a header or none: the first line's content tells.
  /// - Throws: `InputError` for a line that is no spot and for a barcode given twice.
  init(csv bytes: [UInt8], file: String) throws {
    self.file = file
    let lines = InputText.lines(bytes)
    guard let first = lines.first else {
      throw InputError.content(found: "is empty", expected: "a table of spot positions", file: file)
    }
    let separator = bytes[first].contains(InputText.comma) ? InputText.comma : InputText.tab
    let header = InputText.fields(bytes, first, separator: separator)
    guard let places = SpotPositions.places(header) else {
      throw InputError.line(
        1, found: String(decoding: bytes[first], as: UTF8.self),
        expected: "a spot (barcode and five numbers) or a header with "
          + SpotPositions.columns.map { $0[0] }.joined(separator: ", "), file: file)
    }
    var lineOfBarcode: [String: Int] = [:]
    lineOfBarcode.reserveCapacity(lines.count)
    for (index, line) in lines.enumerated().dropFirst(SpotPositions.isSpot(header) ? 0 : 1) {
      let fields = InputText.fields(bytes, line, separator: separator)
      try append(
        fields, places, width: header.count, line: index + 1, text: String(decoding: bytes[line], as: UTF8.self))
      let barcode = fields[places[0]]
      if let earlier = lineOfBarcode.updateValue(index + 1, forKey: barcode) {
        throw InputError.repeatedBarcode(barcode, lines: [earlier, index + 1], file: file)
      }
    }
  }

  private mutating func append(_ fields: [String], _ places: [Int], width: Int, line: Int, text: String) throws {
    func fault(_ expected: String) -> InputError { .line(line, found: text, expected: expected, file: file) }
    guard fields.count == width else { throw fault("a spot with \(width) fields as in line 1") }
    func whole(_ place: Int) -> Int64? { Int64(fields[place]) ?? Double(fields[place]).flatMap { Int64(exactly: $0) } }
    guard let flag = whole(places[1]), flag == 0 || flag == 1 else { throw fault("in_tissue of 0 or 1") }
    guard let row = whole(places[2]), let column = whole(places[3]) else {
      throw fault("whole numbers as array_row and array_col")
    }
    guard let y = Double(fields[places[4]]), let x = Double(fields[places[5]]), x.magnitude < 1e15, y.magnitude < 1e15
    else {
      throw fault("numbers as pxl_row_in_fullres and pxl_col_in_fullres")
    }
    barcodes.append(fields[places[0]])
    inTissue.append(flag)
    arrayRow.append(row)
    arrayColumn.append(column)
    pixelRow.append(y)
    pixelColumn.append(x)
    if Int64(fields[places[4]]) == nil || Int64(fields[places[5]]) == nil { hasWholePixels = false }
  }

  /// Whether a first line is a spot: a barcode and five numbers.
  private static func isSpot(_ fields: [String]) -> Bool {
    fields.count == columns.count && fields.dropFirst().allSatisfy { Double($0) != nil }
  }

  /// Where the six columns stand in lines that begin with this one; nil where it is neither a spot nor a header.
  private static func places(_ first: [String]) -> [Int]? {
    if isSpot(first) { return Array(columns.indices) }
    let names = first.map { $0.lowercased() }
    let places = columns.compactMap { words in names.firstIndex { words.contains($0) } }
    return places.count == columns.count ? places : nil
  }

  /// Whether a file's beginning is that of a table of positions.
  static func looksLikePositions(_ bytes: [UInt8]) -> Bool {
    let line = bytes.prefix { $0 != InputText.newline }.filter { $0 != InputText.carriageReturn }
    guard !line.isEmpty, line.count < 4096 else { return false }
    let separator = line.contains(InputText.comma) ? InputText.comma : InputText.tab
    let start = line.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    return places(InputText.fields(Array(line), start..<line.count, separator: separator)) != nil
  }
}
