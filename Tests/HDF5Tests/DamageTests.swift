import HDF5
import StomicsCore
import TestSupport
import Testing

/// Damage where this program's own readers have to notice it: packed chunks and the heap of strings.
@Suite("Damaged files are errors, not crashes") struct DamageTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  /// Every byte of a dataset's chunks is flipped in turn: what is read is right or an error.
  @Test(arguments: ["gzip", "shuffled", "lzf"]) func chunks(_ name: String) throws {
    var bytes = try Scratch.bytes("layouts_old.h5")
    let expected = (0..<1200).map(Int32.init)
    // A zlib or LZF stream is found by its bytes, as the file has them.
    let path = try scratch.file("whole.h5", bytes)
    let whole = try H5File.open(path).root().dataset(name)
    #expect(try whole.read(Int32.self) == expected)
    var generator = SeededGenerator(seed: 7)
    var errors = 0
    let region = try region(of: whole, in: bytes)
    for _ in 0..<150 {
      let position = region.lowerBound + generator.integer(below: region.count)
      let before = bytes[position]
      bytes[position] ^= UInt8(1 << generator.integer(below: 8))
      let damaged = try scratch.file("damaged.h5", bytes)
      bytes[position] = before
      do {
        #expect(try H5File.open(damaged).root().dataset(name).read(Int32.self).count == 1200)
      } catch is H5Error {
        errors += 1
      }
    }
    #expect(errors > 0)
  }

  /// Where the packed bytes of a dataset lie: found by damaging nothing but looking for zlib heads; for LZF the rest.
  private func region(of dataset: H5Dataset, in bytes: [UInt8]) throws -> Range<Int> {
    let heads = bytes.indices.dropLast(1).filter { bytes[$0] == 0x78 && bytes[$0 + 1] == 0x5e }
    guard let first = heads.first, let last = heads.last else { return 2048..<bytes.count }
    return first..<min(bytes.count, last + 2000)
  }

  @Test func references() throws {
    let original = try Scratch.bytes("everything.h5ad")
    let heaps = original.indices.dropLast(16).filter { original[$0...].starts(with: "GCOL".utf8) }
    #expect(heaps.count > 3)
    var generator = SeededGenerator(seed: 11)
    var errors = 0
    for _ in 0..<200 {
      var bytes = original
      let heap = heaps[generator.integer(below: heaps.count)]
      bytes[min(bytes.count - 1, heap + generator.integer(below: 512))] = UInt8(generator.integer(below: 256))
      let file = try H5File.open(try scratch.file("damaged.h5ad", bytes)).root()
      do {
        for table in ["obs", "var"] {
          let group = try file.group(table)
          _ = try group.stringAttribute("_index")
          _ = try group.stringsAttribute("column-order")
          _ = try group.dataset("_index").readStrings()
        }
        _ = try file.group("uns").dataset("strings").readStrings()
      } catch is H5Error {
        errors += 1
      }
    }
    #expect(errors > 0)
  }

  /// A shape of 2^60 elements in a small file takes no memory before it is refused.
  @Test func sizesAreClaims() throws {
    let path = scratch.path + "/a.h5"
    let file = try H5OutputFile.create(path)
    try file.root().write("a", [Int32](repeating: 7, count: 1_193_046))
    try file.close()
    var bytes = try readFile(path)
    // The extent stands in the dataspace message, twice: the size and the largest size.
    let extent: [UInt8] = [0x56, 0x34, 0x12, 0, 0, 0, 0, 0]
    var changed = 0
    for start in 0..<min(4096, bytes.count - 8) where bytes[start..<start + 8].elementsEqual(extent) {
      bytes[start + 6] = 0x10
      changed += 1
    }
    #expect(changed > 0)
    let damaged = try H5File.open(try scratch.file("b.h5", bytes)).root()
    let error = try #require(throws: H5Error.self) { try damaged.dataset("a").read(Int32.self) }
    #expect("\(error)".contains("a shape of 4503599628563542"))
  }
}
