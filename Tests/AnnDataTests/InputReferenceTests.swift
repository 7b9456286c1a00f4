import AnnData
import Testing

/// Each kind of input against what scanpy 1.11.5 and squidpy 1.8.2 make of it (scripts/golden/tenx_fixtures.py).
@Suite("Inputs of an instrument equal scanpy's and squidpy's") struct InputReferenceTests {
  let fixture: InputFixture
  init() throws { fixture = try InputFixture() }

  private func expectSame(
    _ path: String, _ expected: String, _ change: (inout InputOptions) -> Void = { _ in },
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let adata = try AnnData.readAny(path, options: InputFixture.options(change)).adata
    let golden = try AnnData.read(try fixture.file(expected))
    #expect(adata.observationCount == 8, sourceLocation: sourceLocation)
    #expect(try adata.matrix() == golden.matrix(), sourceLocation: sourceLocation)
    #expect(identical(adata.obs, golden.obs), "\(adata.obs) \(golden.obs)", sourceLocation: sourceLocation)
    #expect(identical(adata.var, golden.var), "\(adata.var) \(golden.var)", sourceLocation: sourceLocation)
    #expect(identical(.dictionary(adata.obsm), .dictionary(golden.obsm)), sourceLocation: sourceLocation)
    #expect(identical(.dictionary(adata.uns), .dictionary(golden.uns)), sourceLocation: sourceLocation)
    guard case .sparse(let counts)? = adata.x, case .float32 = counts.values else {
      Issue.record("X is not sparse float32", sourceLocation: sourceLocation)
      return
    }
  }

  @Test("10x .h5: genes alone, all features, one genome") func features() throws {
    let file = try fixture.file("v3.h5")
    try expectSame(file, "v3_genes.h5ad")
    try expectSame(file, "v3_all.h5ad") { $0.featureTypes = .all }
    try expectSame(file, "v3_mm10.h5ad") { $0.genome = "mm10" }
    let reading = try AnnData.readAny(file)
    #expect(reading.notes.map(\.text) == ["\(file): left out 2 Antibody Capture; --feature-types takes them too."])
    let antibodies = try AnnData.readAny(
      file, options: InputFixture.options { $0.featureTypes = .only(["Antibody Capture"]) })
    #expect(antibodies.adata.var.index == ["CD3", "CD19"])
  }

  @Test("10x .h5 of Cell Ranger 2, and of probes") func otherLayouts() throws {
    try expectSame(try fixture.file("v2.h5"), "v2_mm10.h5ad") { $0.genome = "mm10" }
    try expectSame(try fixture.file("probes.h5"), "probes.h5ad")
  }

  @Test("matrices in text form: packed, plain, with a prefix") func market() throws {
    try expectSame(try fixture.folder("market"), "market.h5ad")
    try expectSame(fixture.path("market/matrix.mtx.gz"), "market.h5ad")
    try expectSame(try fixture.folder("market_v2"), "market_v2.h5ad")
    try expectSame(try fixture.folder("market_prefix"), "market_prefix.h5ad")
  }

  @Test("Visium folders without and with a header, filtered and raw, and the .h5 in them", arguments: [1, 2])
  func visium(_ version: Int) throws {
    let folder = try fixture.folder("visium\(version)")
    try expectSame(folder, "visium\(version).h5ad") { $0.featureTypes = .all }
    try expectSame(folder, "visium\(version)_raw.h5ad") {
      $0.featureTypes = .all
      $0.rawMatrix = true
    }
    try expectSame(folder + "/filtered_feature_bc_matrix.h5", "visium\(version).h5ad") { $0.featureTypes = .all }
    _ = try fixture.folder("visium\(version)", as: "sample/outs")
    try expectSame(fixture.path("sample"), "visium\(version).h5ad") { $0.featureTypes = .all }
    _ = try fixture.folder("visium\(version)", as: "hd/binned_outputs/square_008um")
    try expectSame(fixture.path("hd"), "visium\(version).h5ad") { $0.featureTypes = .all }
  }
}
