import Glibc
import StomicsCore
import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite struct AtomicFileTests {
  @Test("a link stays a link, and a pipe is never replaced") func linksAndPipes() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try AtomicFile.write([1], to: folder + "/file")
    try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "file")
    try AtomicFile.write([2], to: folder + "/link")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/link") == "file")
    #expect(try readFile(folder + "/file") == [2])
    #expect(mkfifo(folder + "/pipe", 0o600) == 0)
    #expect(throws: FileError.self) { try AtomicFile.write([3], to: folder + "/pipe") }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["file", "link", "pipe"])
  }

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

  @Test("What killed processes left of a file goes when it is written again; other files' parts stay")
  func leftoversOfTheSameFile() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // No process has a number beyond the largest the system gives (2^22).
    let gone = 99_999_999
    let stay = [".a.bin.\(getpid())-0.tmp", ".b.a.bin.\(gone)-0.tmp", ".b.bin.\(gone)-0.tmp", "a.bin.\(gone)-0.tmp"]
    for name in stay + [".a.bin.\(gone)-0.tmp", ".a.bin.\(gone)-17.tmp"] {
      #expect(FileManager.default.createFile(atPath: folder + "/" + name, contents: nil))
    }
    try AtomicFile.write([1], to: folder + "/a.bin")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == (stay + ["a.bin"]).sorted())
    AtomicFile.removeLeftovers(in: folder)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == [stay[0], stay[3], "a.bin"].sorted())
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
