import AnnData
import StomicsCore
import TestSupport
import Testing

/// One file of each layout that anndata ever wrote, of the same content (scripts/golden/old_writers.py).
@Suite("Files of old anndata versions") struct OldVersionTests {
  static let files = [
    "anndata-0.4.4.h5ad", "anndata-0.6.22.post1.h5ad", "anndata-0.7.h5ad", "anndata-0.7.8.h5ad", "anndata-0.8.0.h5ad",
    "handmade.h5ad",
  ]
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test(arguments: files) func holdsWhatWasPutIn(_ name: String) throws {
    let data = try AnnData.read(try scratch.fixture(name))
    #expect(data.obs.index == (0..<12).map { "AACG-\($0)" })
    #expect(data.var.index == (0..<7).map { "GENE\($0)" })
    let x = try data.matrix()
    #expect(x.dense() == Matrix(rows: 12, columns: 7, values: (0..<84).map { Float($0 % 5) }))
    #expect(data.obs["whole"] == .numeric(.int64((0..<12).map { $0 * 1000 - 3 })))
    #expect(data.obs["real"] == .numeric(.float32((0..<12).map { Float($0) / 4 })))
    #expect(try data.numbers("flag") == (0..<12).map { $0 % 3 == 0 ? 1 : 0 })
    #expect(try data.labels("text").labels == (0..<12).map { "word \($0 * $0)" })
    let layer = try data.labels("layer")
    #expect(layer.categories == ["WM", "Layer1", "Layer2", "unused"])
    #expect(layer.codes == (0..<12).map { [0, 1, -1, 2][$0 % 4] })
    let cluster = try data.labels("cluster")
    #expect(cluster.categories == ["0", "1", "2"] && cluster.codes == (0..<12).map { Int32($0 % 3) })
    #expect(try data.coordinates() == (0..<12).map { SIMD2(Double($0) * 10.5, 1000 - Double($0)) })
    // Since h5py 2.9 a single string is kept with a varying length, and reads as an array of one in anndata too.
    #expect([.string("a name"), .strings(StringArray(["a name"]))].contains(data.uns["name"]))
    #expect(data.uns["layer_colors"] == .strings(StringArray(["#ff0000", "#00ff00", "#0000ff", "#aaaaaa"])))
    #expect(data.raw?.var.index == (0..<9).map { "RAW\($0)" })
    guard case .array(let raw)? = data.raw?.x else {
      Issue.record("raw holds no dense matrix")
      return
    }
    #expect(raw.values.floats == (0..<108).map { Float($0 % 5) })
    let copy = scratch.path + "/copy.h5ad"
    try data.write(to: copy)
    #expect(identical(try AnnData.read(copy), data))
  }
}
