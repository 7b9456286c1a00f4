import Foundation
import HDF5
import StomicsCore
import TestSupport
import Testing

@Suite("What is written is read") struct WriteTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func written(_ body: (H5OutputGroup) throws -> Void) throws -> H5Group {
    let path = scratch.path + "/a.h5"
    let file = try H5OutputFile.create(path)
    try body(try file.root())
    try file.close()
    return try H5File.open(path).root()
  }

  private static let compressions: [H5Compression] = [.none, .gzip(level: 1), .gzip(level: 6), .gzip(level: 9)]

  @Test(arguments: compressions) func numbers(_ compression: H5Compression) throws {
    func check<Number: H5Number & Equatable>(_ values: [Number]) throws {
      let root = try written { try $0.write("a", values, compression: compression) }
      #expect(try root.dataset("a").read(Number.self) == values)
      #expect(try root.dataset("a").filters.isEmpty == (compression == .none))
      try? FileManager.default.removeItem(atPath: scratch.path + "/a.h5")
    }
    let n = 5000
    try check((0..<n).map { Int8(truncatingIfNeeded: $0) })
    try check((0..<n).map { UInt8(truncatingIfNeeded: $0) })
    try check((0..<n).map { Int16(truncatingIfNeeded: $0 * 7) })
    try check((0..<n).map { UInt16(truncatingIfNeeded: $0 * 7) })
    try check((0..<n).map { Int32($0) - 9 })
    try check((0..<n).map { UInt32($0) })
    try check((0..<n).map { Int64($0) << 40 })
    try check((0..<n).map { UInt64($0) << 50 })
    try check((0..<n).map { Float($0) / 3 })
    try check((0..<n).map { Double($0) / 3 })
  }

  /// Shapes whose chunks end inside, at, and beyond the border of an axis; longer than a batch of chunks.
  @Test(arguments: [
    [1], [70_000], [300, 700], [3, 500, 400], [200_000, 2], [2, 3, 4, 5, 60], [1, 1, 300_000], [5_000_000],
  ]) func shapes(_ shape: [Int]) throws {
    let values = (0..<shape.reduce(1, *)).map { Int32(truncatingIfNeeded: $0 &* 2_654_435_761) >> 20 }
    let root = try written { try $0.write("a", values, shape: shape, compression: .gzip(level: 1)) }
    let dataset = try root.dataset("a")
    #expect(dataset.shape == shape)
    let same = try dataset.read(Int32.self) == values
    #expect(same)
  }

  @Test func bytesDoNotDependOnThreads() throws {
    let values = (0..<900_000).map { Float($0 % 1013) }
    func bytes(threads: Int) throws -> [UInt8] {
      let before = Threads.count
      Threads.count = threads
      defer { Threads.count = before }
      let path = scratch.path + "/\(threads).h5"
      let file = try H5OutputFile.create(path)
      try file.root().write("a", values, compression: .gzip(level: 4))
      try file.close()
      return try readFile(path)
    }
    let same = try bytes(threads: 1) == bytes(threads: 4)
    #expect(same)
  }

  @Test(arguments: [H5Compression.none, .gzip(level: 4)]) func strings(_ compression: H5Compression) throws {
    let values = (0..<3000).map { $0 % 5 == 0 ? "" : "Zelle \($0) — µ" }
    let long = String(repeating: "x", count: 100_000)
    let root = try written {
      try $0.write("a", strings: values, shape: [1500, 2], compression: compression)
      try $0.write("one", strings: [long], shape: [])
      try $0.write("no", strings: [])
    }
    #expect(try root.dataset("a").readStrings() == values)
    #expect(try root.dataset("a").shape == [1500, 2])
    #expect(try root.dataset("one").readStrings() == [long])
    #expect(try root.dataset("no").readStrings() == [])
  }

  @Test func truthValuesAndNothing() throws {
    let root = try written {
      try $0.write("flags", [true, false, true])
      try $0.writeNull("null")
      try $0.write("scalar", [2.5], shape: [])
    }
    let flags = try root.dataset("flags")
    #expect(flags.type.isBoolean)
    #expect(try flags.read(Int8.self) == [1, 0, 1])
    #expect(try root.dataset("null").isNull)
    #expect(try root.dataset("scalar").shape == [] && root.dataset("scalar").read(Double.self) == [2.5])
  }

  @Test func records() throws {
    let root = try written {
      try $0.write(
        "a",
        records: [
          H5FieldValues("name", strings: ["x", "", "ÿ"]), H5FieldValues("flag", [true, false, true]),
          H5FieldValues("pair", [1, 2, 3, 4, 5, 6] as [Float], dimensions: [2]),
          H5FieldValues("more", strings: ["1", "2", "3"]),
        ], shape: [3])
    }
    let records = try H5Records(try root.dataset("a"))
    #expect(records.fields.map(\.name) == ["name", "flag", "pair", "more"])
    #expect(try records.strings(records.fields[0]) == ["x", "", "ÿ"])
    #expect(try records.numbers(records.fields[1], Int8.self) == [1, 0, 1])
    #expect(try records.numbers(records.fields[2], Float.self) == [1, 2, 3, 4, 5, 6])
    #expect(try records.strings(records.fields[3]) == ["1", "2", "3"])
    #expect(throws: H5Error.self) { try records.numbers(records.fields[0], Int8.self) }
  }

  @Test(arguments: [false, true]) func attributes(_ keepsOrder: Bool) throws {
    let many = (0..<4500).map { "column \($0)" }
    let root = try written {
      let group = try $0.createGroup("b/g", keepsOrder: keepsOrder)
      try group.setAttribute("text", "wörter")
      try group.setAttribute("list", ["a", "", "ç"])
      try group.setAttribute("none", [String]())
      try group.setAttribute("shape", [3, -4])
      try group.setAttribute("yes", true)
      if keepsOrder { try group.setAttribute("many", many) }
      for name in ["z", "a", "m"] { try group.write(name, [1 as Int8]) }
    }
    let group = try root.group("b").group("g")
    #expect(try group.stringAttribute("text") == "wörter")
    #expect(try group.stringsAttribute("list") == ["a", "", "ç"])
    #expect(try group.stringsAttribute("none") == [])
    #expect(try group.integersAttribute("shape") == [3, -4])
    #expect(try group.boolAttribute("yes") == true)
    #expect(try group.stringAttribute("absent") == nil)
    #expect(throws: H5Error.self) { try group.integersAttribute("text") }
    #expect(try group.attributeNames().prefix(2) == (keepsOrder ? ["list", "many"] : ["list", "none"]))
    #expect(try group.names() == (keepsOrder ? ["z", "a", "m"] : ["a", "m", "z"]))
    if keepsOrder { #expect(try group.stringsAttribute("many") == many) }
  }

  @Test func aFileInTheWayIsNotOverwritten() throws {
    _ = try written { _ in }
    #expect(throws: H5Error.self) { try H5OutputFile.create(scratch.path + "/a.h5") }
    #expect(throws: H5Error.self) { try H5OutputFile.create("/nowhere/a.h5") }
  }
}
