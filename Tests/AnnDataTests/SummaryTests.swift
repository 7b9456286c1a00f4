import AnnData
import TestSupport
import Testing

@Suite("What stomics info tells") struct SummaryTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test func everything() throws {
    let summary = try FileSummary.read(try scratch.fixture("everything_gzip.h5ad"))
    #expect(summary.kind == "h5ad, written by anndata 0.8 or newer")
    #expect(summary.observations == 12 && summary.variables == 7)
    func node(_ path: String) throws -> FileSummary.Node {
      var nodes = summary.members
      var found: FileSummary.Node?
      for name in path.split(separator: "/") {
        found = nodes.first { $0.name == name }
        nodes = found?.members ?? []
      }
      return try #require(found)
    }
    let x = try node("X")
    #expect(x.encoding == "csr_matrix" && x.shape == [12, 7] && x.type == "float32" && x.filters == ["gzip 4"])
    #expect(x.details == "67 stored (79.8 %), 1 to 4, whole numbers")
    #expect(try node("obs/layer").details == "4 categories: WM, Layer1, Layer2, unused; 3 missing")
    #expect(try node("obs").shape == [12])
    #expect(try node("uns/name").details == "'Größe µm'")
    #expect(try node("uns/nothing").type == "nothing")
    #expect(try node("obsm/ragged").problem == "the encoding 'awkward-array' is not interpreted, only passed on")
    #expect(summary.problems == ["obsm/ragged (awkward-array) is not interpreted, only passed on"])
  }

  @Test func oddities() throws {
    let unsorted = try FileSummary.read(try scratch.fixture("unsorted.h5ad"))
    #expect(unsorted.problems.first == "1 name in obs occurs more than once, for example a")
    #expect(unsorted.problems.contains("no coordinates under obsm/spatial (it is empty)"))
    let odd = try FileSummary.read(try scratch.fixture("not_finite.h5ad"))
    #expect(odd.problems.contains { $0.contains("first in row 1, column 2") })
    let tenx = try FileSummary.read(try scratch.fixture("tenx.h5"))
    #expect(tenx.kind == "Cell Ranger matrix (10x .h5)" && tenx.problems.count == 1)
  }
}
