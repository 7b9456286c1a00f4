import AnnData
import Foundation
import TestSupport
import Testing

/// Every h5ad file of the folder of real data opens, and what is written of it reads the same.
@Suite struct RealFileTests {
  static let files = ["dlpfc", "labelled", "h5ad-versions"].flatMap { folder in
    let path = Fixtures.realData(folder) ?? ""
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasSuffix(".h5ad") }.sorted().map { folder + "/" + $0 }
  }

  @Test(.enabled(if: !files.isEmpty), arguments: files) func comesBackAsItWas(_ name: String) throws {
    let data = try AnnData.read(try #require(Fixtures.realData(name)))
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try data.write(to: folder + "/copy.h5ad")
    #expect(identical(try AnnData.read(folder + "/copy.h5ad"), data))
  }
}
