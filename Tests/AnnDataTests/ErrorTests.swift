import AnnData
import Foundation
import HDF5
import OrderedCollections
import StomicsCore
import TestSupport
import Testing

@Suite("Files that cannot be read or written say why") struct ErrorTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func message(_ path: String) throws -> String {
    do {
      _ = try AnnData.read(path)
      return ""
    } catch let error as any StomicsError {
      #expect(error.kind == .data || error.kind == .file)
      return error.description
    }
  }

  @Test func filesThatAreNoH5AD() throws {
    let tenx = try scratch.fixture("tenx.h5")
    #expect(try message(tenx).contains("is a 10x matrix (.h5 of Cell Ranger 3 or later), not an h5ad file"))
    #expect(try message(tenx).contains("run stomics preprocess on it first"))
    #expect(try message(try scratch.fixture("layouts_old.h5")).contains("not an h5ad file: it has no obs and var"))
    #expect(try message(try scratch.file("empty.h5ad", [])).contains("is empty"))
    #expect(try message(try scratch.file("a.h5ad", Array("x\ty\n".utf8))).contains("looks like a tab-separated"))
    #expect(try message("/nowhere.h5ad").contains("no such file"))
    let whole = try Scratch.bytes("everything.h5ad")
    #expect(try message(try scratch.file("part.h5ad", Array(whole.dropLast(1000)))).contains("truncated"))
  }

  /// A file whose parts do not fit each other: each change breaks one thing of a sound file.
  @Test(arguments: [
    ("X rows", "/X"), ("layer", "/layers/l"), ("obsm", "/obsm/m"), ("obsp", "/obsp/p"), ("column", "/obs/c"),
    ("codes", "/obs/f/codes"), ("negative code", "/obs/f/codes"), ("index out of range", "/X"),
    ("pointers fall", "/X"), ("too few pointers", "/X"), ("missing column", "'gone'"), ("no shape", "shape"),
    ("text as matrix", "/X"), ("unknown column", "/obs/u"), ("mask", "mask"),
  ]) func partsThatDoNotFit(_ fault: String, _ words: String) throws {
    let path = scratch.path + "/faulty.h5ad"
    try FaultyFile(fault).write(path)
    let text = try message(path)
    #expect(text.contains(words) && text.contains(path), "\(fault): \(text)")
  }

  @Test func writingWhereItCannotBe() throws {
    let data = AnnData(x: nil, obs: DataFrame(index: ["a"]), var: DataFrame(index: ["g"]))
    for path in ["/nowhere/a.h5ad", scratch.path] {
      #expect(throws: FileError.self) { try data.write(to: path) }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [])
    if geteuid() != 0 {
      chmod(scratch.path, 0o500)
      defer { chmod(scratch.path, 0o700) }
      #expect(throws: FileError.self) { try data.write(to: scratch.path + "/a.h5ad") }
    }
  }

  /// A limit on the size of files stands for a full disk: the system refuses to write on.
  @Test func aFullDiskLeavesTheOldFile() throws {
    let path = scratch.path + "/a.h5ad"
    var data = AnnData(x: nil, obs: DataFrame(index: ["a"]), var: DataFrame(index: ["g"]))
    try data.write(to: path)
    let before = try readFile(path)
    data.uns["large"] = .array(DenseArray(shape: [24 << 20], values: .uint8([UInt8](repeating: 7, count: 24 << 20))))

    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(1), &limit)
    var low = limit
    low.rlim_cur = 16 << 20
    setrlimit(__rlimit_resource_t(1), &low)
    defer { setrlimit(__rlimit_resource_t(1), &limit) }
    let error = #expect(throws: FileError.self) { try data.write(to: path, compression: .none) }
    setrlimit(__rlimit_resource_t(1), &limit)
    #expect("\(try #require(error))".contains("the disk is full"))
    #expect(try readFile(path) == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["a.h5ad"])
    try data.write(to: path)
    #expect(try AnnData.read(path).uns.keys == ["large"])
  }

  @Test func anOpaquePartNeedsItsFile() throws {
    let source = try scratch.fixture("everything.h5ad")
    let data = try AnnData.read(source)
    // In place: what is copied comes from the file that is replaced.
    try data.write(to: source)
    #expect(identical(try AnnData.read(source), data))
    try FileManager.default.removeItem(atPath: source)
    #expect(throws: H5Error.notFound(file: source)) { try data.write(to: scratch.path + "/b.h5ad") }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [])
  }

  @Test func thousandsOfColumns() throws {
    var table = DataFrame(index: ["a", "b"])
    for k in 0..<6000 { table["a rather long name of column \(k)"] = .numeric(.int8([1, Int8(k % 100)])) }
    let data = AnnData(x: nil, obs: table, var: DataFrame(index: []))
    let path = scratch.path + "/wide.h5ad"
    try data.write(to: path)
    #expect(identical(try AnnData.read(path), data))
  }

  @Test func groupsThatContainThemselves() throws {
    // The fixture's group leads back into itself: reading stops, the summary names it.
    let summary = try FileSummary.read(try scratch.fixture("layouts_old.h5"))
    #expect(summary.problems.contains { $0.contains("contains itself") })
    #expect(summary.problems.contains { $0.contains("/dangling: a link that leads to nothing") })
    #expect(summary.problems.contains { $0.contains("/zstd: compressed with zstd") })
  }
}

/// Writes a small h5ad file with one fault.
private struct FaultyFile {
  let fault: String
  init(_ fault: String) { self.fault = fault }

  func write(_ path: String) throws {
    let file = try H5File.create(path)
    let root = try file.root()
    try mark(root, "anndata", "0.1.0")
    try table("obs", count: 2, in: root) { obs in
      if fault == "column" { try obs.write("c", [1 as Int8, 2, 3]) }
      if fault.hasSuffix("code") || fault == "codes" {
        let factor = try obs.createGroup("f")
        try mark(factor, "categorical", "0.2.0")
        try factor.write("codes", [0, fault == "codes" ? 2 : -2] as [Int8])
        try factor.write("categories", strings: ["a", "b"])
      }
      if fault == "unknown column" { try mark(try obs.createGroup("u"), "nullable-complex", "0.1.0") }
      if fault == "mask" {
        let group = try obs.createGroup("n")
        try mark(group, "nullable-integer", "0.1.0")
        try group.write("values", [1 as Int8, 2])
        try group.write("mask", [true])
      }
    }
    try table("var", count: 3, in: root) { _ in }
    if fault == "text as matrix" {
      try root.write("X", strings: ["a", "b"])
    } else {
      try sparse(in: root)
    }
    for name in ["layers", "obsm", "obsp"] { try mark(try root.createGroup(name), "dict", "0.1.0") }
    if fault == "layer" { try root.group("layers").write("l", [Float](repeating: 1, count: 4), shape: [2, 2]) }
    if fault == "obsm" { try root.group("obsm").write("m", [Float](repeating: 1, count: 6), shape: [3, 2]) }
    if fault == "obsp" { try root.group("obsp").write("p", [Float](repeating: 1, count: 6), shape: [2, 3]) }
    try file.close()
  }

  private func sparse(in root: H5Group) throws {
    let x = try root.createGroup("X")
    try mark(x, "csr_matrix", "0.1.0")
    if fault != "no shape" { try x.setAttribute("shape", fault == "X rows" ? [3, 3] : [2, 3]) }
    try x.write("data", [1, 2] as [Float])
    try x.write("indices", [0, fault == "index out of range" ? 3 : 2] as [Int32])
    var pointers: [Int64] = fault == "X rows" ? [0, 1, 2, 2] : [0, 1, 2]
    if fault == "pointers fall" { pointers = [0, 3, 2] }
    if fault == "too few pointers" { pointers = [0, 2] }
    try x.write("indptr", pointers)
  }

  private func table(_ name: String, count: Int, in root: H5Group, _ body: (H5Group) throws -> Void) throws {
    let table = try root.createGroup(name)
    try mark(table, "dataframe", "0.2.0")
    try table.setAttribute("_index", "_index")
    try table.write("_index", strings: (0..<count).map { "\(name)\($0)" })
    try body(table)
    let columns = try table.names().filter { $0 != "_index" } + (fault == "missing column" ? ["gone"] : [])
    try table.setAttribute("column-order", columns)
  }

  private func mark(_ object: H5Object, _ type: String, _ version: String) throws {
    try object.setAttribute("encoding-type", type)
    try object.setAttribute("encoding-version", version)
  }
}
