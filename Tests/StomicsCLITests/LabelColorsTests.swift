import AnnData
import Plotting
import Testing

@testable import StomicsCLI

@Suite("Colours of labels")
struct LabelColorsTests {
  @Test("a label keeps its colour in another column, whatever its place there")
  func bound() throws {
    var adata = AnnData(x: nil, obs: DataFrame(index: ["a", "b", "c"]), var: DataFrame(index: []))
    adata.obs["layer"] = .categorical(Categorical(codes: [0, 1, -1], categories: ["L1", "WM"]))
    adata.obs["domain"] = .categorical(Categorical(codes: [0, 1, 2], categories: ["WM", "L1", "L2"]))
    adata.uns["layer_colors"] = .strings(StringArray(["#ff0000", "#0000ff"]))
    try adata.bindLabelColors("domain", known: adata.labelColors("layer"))
    let colors = adata.labelColors("domain")
    #expect(colors["WM"] == Color("#0000ff"))
    #expect(colors["L1"] == Color("#ff0000"))
    let third = try #require(colors["L2"])
    #expect(third != colors["WM"] && third != colors["L1"])
    #expect(adata.labelColors("nothing").isEmpty)
  }
}
