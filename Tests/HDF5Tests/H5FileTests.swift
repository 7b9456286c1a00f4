import Compression
import Foundation
import HDF5
import TestSupport
import Testing

@Suite("Files that are no HDF5 files, or only parts of one") struct H5FileTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  static let others: [(name: String, bytes: [UInt8], words: String)] = [
    ("table.csv", Array("a,b\n1,2\n".utf8), "comma-separated"),
    ("table.tsv", Array("a\tb\n1\t2\n".utf8), "tab-separated"),
    ("note.txt", Array("some words".utf8), "a text file"),
    ("packed.gz", [0x1f, 0x8b, 8, 0], "gzip"),
    ("packed.zip", Array("PK\u{3}\u{4}....".utf8), "zip"),
    ("page.html", Array("\n<!DOCTYPE html><html>".utf8), "web page"),
    ("matrix.mtx", Array("%%MatrixMarket matrix\n".utf8), "Matrix Market"),
    ("picture.png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a], "PNG"),
    ("pointer", Array("version https://git-lfs.github.com/spec/v1\n".utf8), "Git LFS"),
    ("zeros", [UInt8](repeating: 0, count: 4000), "zero bytes"),
    ("array.npy", [0x93] + Array("NUMPY".utf8) + [1, 0], "numpy"),
    ("record.json", Array("{\"a\": 1}".utf8), "JSON"),
  ]

  @Test(arguments: others.map(\.name)) func saysWhatTheyLookLike(_ name: String) throws {
    let other = try #require(H5FileTests.others.first { $0.name == name })
    let path = try scratch.file(name, other.bytes)
    let error = try #require(throws: H5Error.self) { try H5File.open(path) }
    guard case .notHDF5(path, let looksLike?) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(looksLike.contains(other.words))
  }

  @Test func saysWhyAFileDoesNotOpen() throws {
    #expect(throws: H5Error.notFound(file: "/nowhere/a.h5ad")) { try H5File.open("/nowhere/a.h5ad") }
    let empty = try scratch.file("empty.h5ad", [])
    #expect(throws: H5Error.empty(file: empty)) { try H5File.open(empty) }
    let error = #expect(throws: H5Error.self) { try H5File.open(scratch.path) }
    #expect("\(try #require(error))".contains("a folder"))
    let odd = try scratch.file("odd", [1, 2, 3])
    #expect(throws: H5Error.notHDF5(file: odd, looksLike: nil)) { try H5File.open(odd) }
  }

  @Test(arguments: [0.1, 0.5, 0.9, 0.999]) func saysThatAFileIsTruncated(_ share: Double) throws {
    let whole = try Scratch.bytes("everything.h5ad")
    let part = Array(whole.prefix(Int(Double(whole.count) * share)))
    let path = try scratch.file("part.h5ad", part)
    let error = #expect(throws: H5Error.self) { try H5File.open(path) }
    #expect(error == .truncated(file: path, size: part.count, expected: whole.count))
  }
}
