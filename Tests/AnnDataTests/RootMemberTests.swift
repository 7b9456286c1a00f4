import AnnData
import HDF5
import TestSupport
import Testing

/// What lies beside obs and var at a file's root and is no part of annotated data.
@Suite("Other members of a file's root") struct RootMemberTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func make(_ path: String) throws {
    let file = try H5OutputFile.create(path)
    let root = try file.root()
    for (name, count) in [("obs", 2), ("var", 3)] {
      let table = try root.createGroup(name)
      try table.setAttribute("encoding-type", "dataframe")
      try table.setAttribute("encoding-version", "0.2.0")
      try table.setAttribute("_index", "_index")
      try table.setAttribute("column-order", [String]())
      try table.write("_index", strings: (0..<count).map { "\(name)\($0)" })
    }
    let notes = try root.createGroup("notes")
    try notes.setAttribute("by", "somebody")
    try notes.write("numbers", [3, 1, 2] as [Int16], shape: [3, 1])
    try notes.write("words", strings: ["a", "", "ß"])
    try file.close()
  }

  @Test func arePassedOn() throws {
    let (path, copy) = (scratch.path + "/a.h5ad", scratch.path + "/b.h5ad")
    try make(path)
    let data = try AnnData.read(path)
    #expect(Array(data.others.keys) == ["notes"])
    try data.write(to: copy)
    let notes = try H5File.open(copy).root().group("notes")
    #expect(try notes.stringAttribute("by") == "somebody")
    #expect(try notes.dataset("numbers").read(Int16.self) == [3, 1, 2])
    #expect(try notes.dataset("numbers").shape == [3, 1])
    #expect(try notes.dataset("words").readStrings() == ["a", "", "ß"])
    #expect(try FileSummary.read(path).problems.contains("/notes is not interpreted, only passed on"))
  }
}
