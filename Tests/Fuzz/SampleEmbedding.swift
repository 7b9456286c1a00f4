/// Small embeddings of 60 spots, in the formats that `import-embedding` reads.
enum SampleEmbedding {
  static let names = ["float32.npy", "float64_columns.npy", "int16_big_endian.npy", "table.csv"]

  private static let spots = 60
  private static let width = 3

  static func bytes(_ name: String) -> [UInt8] {
    let numbers = (0..<spots * width).map { Double($0 % 97) / 4 }
    switch name {
    case "float64_columns.npy":
      return numPy("<f8", columnsFirst: true, numbers.flatMap { littleEndian($0.bitPattern) })
    case "int16_big_endian.npy":
      return numPy(">i2", numbers.flatMap { littleEndian(UInt16($0)).reversed() })
    case "table.csv":
      let rows = (0..<spots).map { i in (0..<width).map { "\(numbers[i * width + $0])" }.joined(separator: ",") }
      return Array((["a,b,c"] + rows).joined(separator: "\n").utf8)
    default: return numPy("<f4", numbers.flatMap { littleEndian(Float($0).bitPattern) })
    }
  }

  private static func numPy(_ type: String, columnsFirst: Bool = false, _ numbers: [UInt8]) -> [UInt8] {
    let header =
      "{'descr': '\(type)', 'fortran_order': \(columnsFirst ? "True" : "False"), 'shape': (\(spots), \(width)), }"
    let padding = String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array((header + padding).utf8) + numbers
  }

  private static func littleEndian<Bits: FixedWidthInteger>(_ bits: Bits) -> [UInt8] {
    withUnsafeBytes(of: bits.littleEndian) { Array($0) }
  }
}
