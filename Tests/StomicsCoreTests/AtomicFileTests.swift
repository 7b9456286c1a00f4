import StomicsCore
import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite struct AtomicFileTests {
  @Test("What is written is read, and nothing else is left in the folder") func roundTrip() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try AtomicFile.write([1, 2, 3], to: folder + "/a.bin")
    try AtomicFile.write(bytes, to: folder + "/a.bin")
    #expect(try readFile(folder + "/a.bin") == bytes)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.bin"])
  }

  @Test("A failure leaves the old file and no temporary one") func failureKeepsTheOldFile() throws {
    struct Stop: Error {}
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try AtomicFile.write([7], to: folder + "/a.bin")
    #expect(throws: Stop.self) {
      try AtomicFile.write(to: folder + "/a.bin") { temporary in
        try AtomicFile.write([8], to: temporary)
        throw Stop()
      }
    }
    #expect(try readFile(folder + "/a.bin") == [7])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.bin"])
  }

  @Test("A missing folder, a folder as the target and a full disk are errors that name the path")
  func errorsNameThePath() {
    for path in ["/no/such/folder/a.bin", "/dev/full/a.bin", "/proc/a.bin"] {
      #expect {
        try AtomicFile.write([1], to: path)
      } throws: { error in
        guard let error = error as? FileError, case .cannotWrite(path, _) = error else { return false }
        return error.description.contains(path)
      }
    }
    #expect(throws: FileError.self) { try readFile("/no/such/file") }
    #expect(throws: FileError.self) { try readFile("/") }
  }
}
