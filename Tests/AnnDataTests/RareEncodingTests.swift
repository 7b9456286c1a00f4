import AnnData
import TestSupport
import Testing

/// What few files hold comes back as it was, or stays as it lies (rare.h5 of scripts/golden/io_fixtures.py).
@Suite("Rare encodings") struct RareEncodingTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func check(_ data: AnnData) throws {
    guard case .opaque(_, count: 3)? = data.obs["waves"], case .categorical(let factor)? = data.obs["factor"] else {
      Issue.record("the columns are of another kind: \(data.obs.columns)")
      return
    }
    #expect(data.obs["half"] == .numeric(.float16([0.5, -2, 0.1])))
    #expect(factor.codes == [1, 0, -1] && factor.categories == ["b", "a"])
    #expect(factor.typedCategories == .nullableStrings(["b", "a"]))
    #expect(Array(data.uns.keys) == ["z", "bytes", "a", "vector"])
    #expect(data.uns["z"] == .array(DenseArray(shape: [2], values: .float16([1, 2]))))
    for key in ["bytes", "a", "vector"] {
      guard case .opaque? = data.uns[key] else {
        Issue.record("\(key) was interpreted")
        continue
      }
    }
  }

  @Test func comeBackAsTheyWere() throws {
    let data = try AnnData.read(try scratch.fixture("rare.h5"))
    try check(data)
    let copy = scratch.path + "/copy.h5ad"
    try data.write(to: copy)
    try check(try AnnData.read(copy))
  }

  @Test func whatCannotBeCutIsNamed() throws {
    let data = try AnnData.read(try scratch.fixture("rare.h5"))
    var dropped: [String] = []
    let part = data.subset(observations: [2, 0], dropped: &dropped)
    #expect(dropped == ["obs/waves"])
    #expect(Array(part.obs.columns.keys) == ["half", "factor"] && part.obs["half"] == .numeric(.float16([0.1, 0.5])))
    let error = #expect(throws: AnnDataError.self) { try data.labels("waves") }
    #expect("\(try #require(error))".contains("a column of records (r, i) where a column of labels was expected"))
  }
}
