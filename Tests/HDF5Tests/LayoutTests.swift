import Compression
import HDF5
import StomicsCore
import TestSupport
import Testing

/// One array of 40 x 30 in every form a dataset takes, in the older and the newer file format (there behind a user block).
@Suite("Datasets of every layout") struct LayoutTests {
  static let files = ["layouts_old.h5", "layouts_new.h5"]
  let scratch: Scratch
  let expected = (0..<1200).map(Int32.init)
  init() throws { scratch = try Scratch() }

  private func root(_ name: String) throws -> H5Group { try H5File.open(try scratch.fixture(name)).root() }

  @Test(arguments: files) func numbers(_ file: String) throws {
    let root = try root(file)
    for name in [
      "contiguous", "chunked", "gzip", "shuffled", "lzf", "checked", "one_chunk", "growing", "growing_both",
      "big_endian", "soft",
    ] {
      let dataset = try root.dataset(name)
      #expect(dataset.shape == [40, 30])
      #expect(try dataset.read(Int32.self) == expected, "\(name)")
      #expect(try dataset.read(Double.self) == expected.map(Double.init), "\(name) converted")
    }
    #expect(try root.dataset("swapped").read(Double.self) == expected.map(Double.init))
    #expect(try root.dataset("half").read(Float.self) == expected.map { Float($0 % 64) })
    #expect(try root.dataset("compact").read(Int64.self) == [0, 1, 2, 3, 4])
  }

  @Test(arguments: files) func whatWasNeverWrittenIsTheFillValue(_ file: String) throws {
    let root = try root(file)
    #expect(try root.dataset("never").read(Int32.self) == [Int32](repeating: -9, count: 1200))
    let partly = try root.dataset("partly").read(Int32.self)
    for i in 0..<40 {
      for j in 0..<30 { #expect(partly[i * 30 + j] == (i < 16 && j < 7 ? expected[i * 30 + j] : -9)) }
    }
    #expect(try root.dataset("empty").isNull)
    #expect(try root.dataset("none").read(Double.self) == [])
  }

  @Test(arguments: files) func strings(_ file: String) throws {
    let root = try root(file)
    #expect(try root.dataset("fixed").readStrings() == ["ab", "", "abcd"])
    #expect(try root.dataset("text").readStrings() == ["ab", "", "äöü"])
    #expect(try root.dataset("ascii").readStrings() == ["x", "yz"])
    #expect(
      try root.dataset("text_gzip").readStrings() == (0..<50).flatMap { _ in ["ab", "", "äöü"] })
    #expect(throws: H5Error.self) { try root.dataset("gzip").readStrings() }
    #expect(throws: H5Error.self) { try root.dataset("text").read(Int32.self) }
  }

  @Test(arguments: files) func names(_ file: String) throws {
    let root = try root(file)
    #expect(try root.names().contains("big_endian"))
    #expect(try root.kind(of: "dangling") == .danglingLink)
    #expect(try root.kind(of: "named") == .namedType)
    #expect(try root.kind(of: "group/again") == .dataset)
    #expect(try root.kind(of: "group/nothing") == nil && root.kind(of: ".") == nil && root.kind(of: "") == nil)
    let error = #expect(throws: H5Error.self) { try root.dataset("gzipped") }
    #expect("\(try #require(error))".contains("found: ascii, big_endian"))
    #expect(throws: H5Error.self) { try root.group("gzip") }
    let group = try root.group("group")
    #expect(try group.group("self").group("loop").identity == group.identity)
    #expect(try group.dataset("again").identity == root.dataset("contiguous").identity)
  }

  @Test(arguments: files) func aMissingFilterIsNamed(_ file: String) throws {
    let dataset = try root(file).dataset("zstd")
    let error = #expect(throws: H5Error.self) { try dataset.read(Int64.self) }
    #expect(error == .missingFilter(path: "/zstd", id: 32015, name: "zstd", file: dataset.file))
    #expect(dataset.missingFilter == "zstd")
  }

  @Test func describesItself() throws {
    let root = try root("layouts_old.h5")
    let shuffled = try root.dataset("shuffled")
    #expect(shuffled.filters == [.shuffle(elementBytes: 4), .deflate(level: 4)])
    #expect(shuffled.layout == .chunked([40, 8]))
    #expect(shuffled.type.name == "int32")
    #expect(try root.dataset("swapped").type.name == "float64 (big-endian)")
    #expect(try root.dataset("compact").layout == .compact)
  }

  /// Reading several files at once, with one thread and with many, gives the same.
  @Test func threadsDoNotMatter() throws {
    let paths = try LayoutTests.files.map(scratch.fixture)
    var results = [[Int32]](repeating: [], count: 40)
    results.withUnsafeMutableBufferPointer { results in
      nonisolated(unsafe) let results = results
      parallelFor(40) { k in
        let dataset = try? H5File.open(paths[k % 2]).root().dataset(k % 3 == 0 ? "gzip" : "lzf")
        results[k] = (try? dataset?.read(Int32.self)) ?? []
      }
    }
    #expect(results.allSatisfy { $0 == expected })
  }
}
