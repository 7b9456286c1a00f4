import StomicsCore

/// A table of numbers in NumPy's own format (.npy, versions 1 to 3).
///
/// Read are real numbers, whole numbers and truth values of any width and byte order, in rows or in columns (Fortran
/// order), of one or two axes. Not read: pickled objects, text, complex numbers and structured types.
///
/// Source: NumPy Enhancement Proposal 1.
public enum NPYFile {
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  private static let longestHeader = 1 << 20

  /// The file's numbers, `[rows, columns]`; one axis is one column. Types that fit are float32, others float64.
  /// - Throws: `FileError`, `InputError.content`, `.unreadable`
  public static func read(_ path: String) throws -> DenseArray {
    try array(try readFile(path), file: path)
  }

  static func array(_ bytes: [UInt8], file: String) throws -> DenseArray {
    func unreadable(_ reason: String) -> InputError { .unreadable(file: file, reason: reason) }
    guard bytes.count >= 10, bytes.starts(with: magic) else {
      throw InputError.content(
        found: "is no NumPy file", expected: "the bytes of numpy.save (.npy), or a table in .csv or .tsv", file: file)
    }
    let version = bytes[6]
    guard (1...3).contains(version) else {
      throw unreadable("it is of version \(version) of the format; 1 to 3 are known")
    }
    let lengthBytes = version == 1 ? 2 : 4
    guard bytes.count >= 8 + lengthBytes else { throw unreadable("it ends inside its header") }
    let length = (0..<lengthBytes).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    let start = 8 + lengthBytes + length
    guard length <= longestHeader, start <= bytes.count else { throw unreadable("its header does not fit into it") }
    let header = try Header(String(decoding: bytes[8 + lengthBytes..<start], as: UTF8.self), file: file)
    let (count, overflow) = header.rows.multipliedReportingOverflow(by: header.columns)
    let (size, tooLarge) = count.multipliedReportingOverflow(by: header.type.size)
    guard !overflow, !tooLarge, size == bytes.count - start else {
      throw unreadable(
        "its header announces \(header.rows) x \(header.columns) numbers of \(header.type.size) bytes, and \(bytes.count - start) bytes follow"
      )
    }
    return DenseArray(shape: [header.rows, header.columns], values: header.values(bytes, from: start))
  }

  private struct ElementType {
    let kind: Character
    let size: Int
    let isBigEndian: Bool

    /// A `descr` such as "<f4"; nil where it is none that is read.
    init?(_ text: Substring) {
      guard let order = text.first, "<>=|".contains(order) else { return nil }
      let rest = text.dropFirst()
      guard let kind = rest.first, let size = Int(rest.dropFirst()) else { return nil }
      switch (kind, size) {
      case ("f", 2), ("f", 4), ("f", 8), ("b", 1), ("i", 1), ("i", 2), ("i", 4), ("i", 8), ("u", 1), ("u", 2),
        ("u", 4), ("u", 8):
        self.kind = kind
        self.size = size
        isBigEndian = order == ">"
      default: return nil
      }
    }

    /// Whether every value is a float32 without rounding.
    var fitsFloat: Bool { kind == "f" ? size <= 4 : size <= 2 }

    func value(_ bits: UInt64) -> Double {
      switch (kind, size) {
      case ("f", 2): Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits)))
      case ("f", 4): Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
      case ("f", _): Double(bitPattern: bits)
      case ("i", 1): Double(Int8(truncatingIfNeeded: bits))
      case ("i", 2): Double(Int16(truncatingIfNeeded: bits))
      case ("i", 4): Double(Int32(truncatingIfNeeded: bits))
      case ("i", _): Double(Int64(bitPattern: bits))
      case ("b", _): bits == 0 ? 0 : 1
      default: Double(bits)
      }
    }
  }

  /// The dictionary that stands before the numbers, written by Python's `repr`.
  private struct Header {
    let type: ElementType
    let isFortran: Bool
    let rows: Int
    let columns: Int

    init(_ text: String, file: String) throws {
      func after(_ key: String) throws -> Substring {
        for quote in ["'", "\""] {
          guard let place = text.firstRange(of: quote + key + quote) else { continue }
          let rest = text[place.upperBound...].drop { $0 == " " }
          if rest.first == ":" { return rest.dropFirst().drop { $0 == " " } }
        }
        throw InputError.unreadable(file: file, reason: "its header has no '\(key)'")
      }
      let description = try after("descr")
      guard let quote = description.first, quote == "'" || quote == "\"" else {
        throw Self.otherType("holds a structured type", file)
      }
      let name = description.dropFirst().prefix { $0 != quote }
      guard let type = ElementType(name) else {
        throw Self.otherType(name.contains("O") ? "holds pickled objects" : "holds numbers of type '\(name)'", file)
      }
      self.type = type
      isFortran = try after("fortran_order").hasPrefix("True")
      let shape = try after("shape")
      let axes = shape.dropFirst().prefix { $0 != ")" }.split(separator: ",")
        .map { $0.filter { $0 != " " && $0 != "L" } }.filter { !$0.isEmpty }
      let sizes = axes.compactMap { Int($0) }.filter { $0 >= 0 }
      guard shape.first == "(", sizes.count == axes.count, (1...2).contains(sizes.count) else {
        throw InputError.content(
          found: "holds an array of shape (\(axes.joined(separator: ", ")))",
          expected: "an array of one or two axes, a row a spot,",
          file: file)
      }
      rows = sizes[0]
      columns = sizes.count == 2 ? sizes[1] : 1
    }

    private static func otherType(_ found: String, _ file: String) -> InputError {
      .content(found: found, expected: "real or whole numbers, as array.astype(\"float32\") makes them,", file: file)
    }

    func values(_ bytes: [UInt8], from start: Int) -> NumericArray {
      // A million rows of no columns are still none.
      if columns == 0 { return type.fitsFloat ? .float32([]) : .float64([]) }
      func value(_ row: Int, _ column: Int) -> Double {
        let place = isFortran ? column * rows + row : row * columns + column
        let first = start + place * type.size
        var bits: UInt64 = 0
        for k in 0..<type.size {
          let shift = 8 * (type.isBigEndian ? type.size - 1 - k : k)
          bits |= UInt64(bytes[first + k]) << UInt64(shift)
        }
        return type.value(bits)
      }
      if type.fitsFloat {
        var result = [Float]()
        result.reserveCapacity(rows * columns)
        for i in 0..<rows { for j in 0..<columns { result.append(Float(value(i, j))) } }
        return .float32(result)
      }
      var result = [Double]()
      result.reserveCapacity(rows * columns)
      for i in 0..<rows { for j in 0..<columns { result.append(value(i, j)) } }
      return .float64(result)
    }
  }
}
