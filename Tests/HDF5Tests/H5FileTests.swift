import Foundation
import HDF5
import TestSupport
import Testing

@Suite struct H5FileTests {
  @Test func namesWhatIsNoHDF5() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/a.h5ad"
    try Data("a,b\n1,2\n".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: H5Error.notHDF5(file: path, looksLike: "a comma-separated text file (CSV)")) {
      try H5File.open(path)
    }
  }
}
