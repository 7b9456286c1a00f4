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
    #expect(tenx.kind == "10x matrix (.h5 of Cell Ranger 3 or later)" && tenx.problems.isEmpty)
  }

  @Test("an instrument's input: counts, types, genomes, positions, files") func inputs() throws {
    let fixture = try InputFixture()
    func fact(_ summary: InputSummary, _ name: String) -> String? { summary.facts.first { $0.name == name }?.value }
    let file = try #require(try InputSummary.read(try fixture.file("v3.h5")))
    #expect(file.observations == 8 && file.variables == 6 && file.tree?.members.first?.name == "matrix")
    #expect(fact(file, "matrix") == "8 barcodes x 6 features, 36 stored (75.0 %), 1 to 3, whole numbers")
    #expect(fact(file, "feature types") == "Gene Expression 4, Antibody Capture 2")
    #expect(fact(file, "genomes") == "GRCh38 2, mm10 2, none 2")
    #expect(fact(file, "gene names") == "1 name occurs more than once, for example Ptp4a1")
    let folder = try #require(try InputSummary.read(try fixture.folder("visium1")))
    #expect(fact(folder, "positions") == "8 of 8 barcodes in tissue")
    #expect(fact(folder, "images") == "hires [32, 40, 4], lowres [16, 20, 3]")
    #expect(fact(folder, "library") == "lib_a" && folder.problems.isEmpty)
    let uses = Dictionary(uniqueKeysWithValues: folder.parts.map { ($0.path, $0.use) })
    #expect(uses["filtered_feature_bc_matrix.h5"] == "matrix" && uses["raw_feature_bc_matrix.h5"] == .some(nil))
    #expect(uses["spatial/tissue_positions_list.csv"] == "positions")
    let genomes = try #require(try InputSummary.read(try fixture.file("v2.h5")))
    #expect(genomes.facts.map(\.name) == ["genome hg19", "genome mm10"])
    let damaged = try #require(try InputSummary.read(try fixture.file("wild_index.h5")))
    #expect(damaged.problems.contains { $0.contains("index 6 does not fit shape") })
    #expect(try InputSummary.read(try fixture.file("v3_all.h5ad")) == nil)
  }
}
