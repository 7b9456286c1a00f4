import StomicsCore
import Testing

@testable import AnnData

@Suite("NumPy files")
struct NPYFileTests {
  /// A file as numpy.save writes it: the header filled with blanks to a multiple of 64.
  static func file(
    _ descr: String, fortran: Bool = false, shape: String, version: UInt8 = 1, _ data: [UInt8]
  ) -> [UInt8] {
    var header = "{'descr': \(descr), 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }"
    let lengthBytes = version == 1 ? 2 : 4
    while (8 + lengthBytes + header.utf8.count + 1) % 64 != 0 { header += " " }
    header += "\n"
    let length = header.utf8.count
    let size = (0..<lengthBytes).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + size + Array(header.utf8) + data
  }

  private static func bytes(_ bits: [UInt64], _ size: Int, bigEndian: Bool = false) -> [UInt8] {
    bits.flatMap { value in
      let little = (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
      return bigEndian ? little.reversed() : little
    }
  }

  @Test("types, byte orders, axis orders and versions")
  func types() throws {
    let numbers: [Double] = [1, -2, 3, 4, 5, 6]
    let doubles = numbers.map(\.bitPattern)
    let floats = numbers.map { UInt64(Float($0).bitPattern) }
    let halves = numbers.map { UInt64(Float16($0).bitPattern) }
    let wholes = numbers.map { UInt64(bitPattern: Int64($0)) }
    for (file, isWide) in [
      (Self.file("'<f8'", shape: "(2, 3)", Self.bytes(doubles, 8)), true),
      (Self.file("'>f8'", shape: "(2, 3)", version: 2, Self.bytes(doubles, 8, bigEndian: true)), true),
      (Self.file("'<f4'", shape: "(2, 3)", version: 3, Self.bytes(floats, 4)), false),
      (Self.file("'>f4'", shape: "(2L, 3L)", Self.bytes(floats, 4, bigEndian: true)), false),
      (Self.file("'<f2'", shape: "(2, 3)", Self.bytes(halves, 2)), false),
      (Self.file("'|i1'", shape: "(2, 3)", Self.bytes(wholes, 1)), false),
      (Self.file("'<i2'", shape: "(2, 3)", Self.bytes(wholes, 2)), false),
      (Self.file("'>i4'", shape: "(2, 3)", Self.bytes(wholes, 4, bigEndian: true)), true),
      (Self.file("'<i8'", shape: "(2, 3)", Self.bytes(wholes, 8)), true),
    ] {
      let array = try NPYFile.array(file, file: "a.npy")
      #expect(array.shape == [2, 3])
      #expect(array.values.doubles == numbers)
      if case .float64 = array.values { #expect(isWide) } else { #expect(!isWide) }
    }
    let columns = try NPYFile.array(
      Self.file("'<f8'", fortran: true, shape: "(2, 3)", Self.bytes(doubles, 8)), file: "a.npy")
    #expect(columns.values.doubles == [1, 3, 5, -2, 4, 6])
    let one = try NPYFile.array(Self.file("'<u2'", shape: "(2,)", Self.bytes([7, 65535], 2)), file: "a.npy")
    #expect(one.shape == [2, 1] && one.values.doubles == [7, 65535])
    let none = try NPYFile.array(Self.file("'<f4'", shape: "(1000000000000000, 0)", []), file: "a.npy")
    #expect(none.shape == [1_000_000_000_000_000, 0] && none.values.count == 0)
  }

  @Test(
    "what is not read says why",
    arguments: [
      ([UInt8](repeating: 65, count: 100), "no NumPy file"),
      (file("'|O'", shape: "(2, 3)", [0, 1, 2]), "pickled objects"),
      (file("'<c8'", shape: "(1, 1)", [UInt8](repeating: 0, count: 8)), "'<c8'"),
      (file("[('a', '<f4')]", shape: "(1,)", [0, 0, 0, 0]), "structured"),
      (file("'<f4'", shape: "(1, 1, 1)", [0, 0, 0, 0]), "(1, 1, 1)"),
      (file("'<f4'", shape: "(2, 3)", [0, 0, 0, 0]), "2 x 3"),
      (file("'<f8'", shape: "(4611686018427387904, 4)", []), "announces"),
      (file("'<f4'", shape: "()", [0, 0, 0, 0]), "one or two axes"),
      (Array(file("'<f4'", shape: "(1, 1)", [0, 0, 0, 0]).prefix(20)), "header does not fit"),
      ([0x93] + Array("NUMPY".utf8) + [9, 0, 0, 0, 0], "version 9"),
    ] as [([UInt8], String)])
  func refused(_ bytes: [UInt8], _ words: String) {
    do {
      _ = try NPYFile.array(bytes, file: "a.npy")
      Issue.record("read \(words)")
    } catch {
      #expect("\(error)".contains(words) && "\(error)".contains("a.npy"), "\(error)")
    }
  }

  @Test("no damaged file ends the program")
  func damaged() {
    let whole = Self.file("'<f4'", shape: "(3, 4)", [UInt8](repeating: 1, count: 48))
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<5000 {
      var bytes = whole
      for _ in 0...generator.integer(below: 3) {
        bytes[generator.integer(below: bytes.count)] = UInt8(generator.integer(below: 256))
      }
      if generator.uniform() < 0.3 { bytes.removeLast(generator.integer(below: bytes.count)) }
      // An array, or an error that is one of ours.
      do { _ = try NPYFile.array(bytes, file: "a.npy") } catch { #expect(error is InputError) }
    }
  }
}
