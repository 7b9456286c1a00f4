import Foundation
import StomicsCore
import TestSupport
import Testing

@testable import Download

@Suite("Downloads from a server of this machine")
struct DownloaderTests {
  @Test("a file comes whole, is recorded, and leaves nothing beside it")
  func fresh() throws {
    let shelf = try Shelf()
    let bytes = Shelf.bytes(3_000_000)
    shelf.server.set("/a.h5ad", .file(bytes))
    let file = try shelf.fetch()
    #expect(file.state == .fetched && file.bytes == bytes.count && file.md5 == nil)
    shelf.expect(bytes)
    #expect(shelf.names == ["SHA256SUMS", "a.h5ad"])
    #expect(shelf.read("SHA256SUMS") == Array("\(file.sha256)  a.h5ad\n".utf8))
  }

  @Test("coreutils agrees with the recorded checksum")
  func coreutils() throws {
    let shelf = try Shelf()
    shelf.server.set("/a.h5ad", .file(Shelf.bytes(100_001)))
    try shelf.fetch()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
    process.arguments = ["--check", "--strict", "--quiet", "SHA256SUMS"]
    process.currentDirectoryURL = URL(fileURLWithPath: shelf.folder)
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test("a connection that breaks is continued where it broke")
  func broken() throws {
    let shelf = try Shelf()
    let bytes = Shelf.bytes(400_000)
    shelf.server.set("/a.h5ad", .broken(bytes, after: 100_000), .broken(bytes, after: 50_000), .file(bytes))
    try shelf.fetch()
    shelf.expect(bytes)
    let requests = shelf.server.requests
    #expect(requests.map { $0.headers["range"] } == [nil, "bytes=100000-", "bytes=150000-"])
    #expect(requests.map { $0.headers["if-range"] } == [nil, "\"v1\"", "\"v1\""])
    #expect(shelf.notes.count == 2)
    #expect(shelf.notes.first?.contains("trying again in 1 s (1 of 2)") == true)
  }

  @Test("a second run goes on where the first one ended")
  func twoRuns() throws {
    let shelf = try Shelf()
    let bytes = Shelf.bytes(300_000)
    shelf.server.set("/a.h5ad", .broken(bytes, after: 100_000))
    let failure = shelf.failure { $0.retries = 0 }
    #expect(failure?.kind == .file)
    #expect(failure?.description.contains("a.h5ad could not be fetched from \(shelf.server.address)/a.h5ad") == true)
    #expect(shelf.names == ["a.h5ad.part", "a.h5ad.part.state"])
    shelf.server.set("/a.h5ad", .file(bytes))
    try shelf.fetch()
    #expect(shelf.server.requests.last?.headers["range"] == "bytes=100000-")
    shelf.expect(bytes)
    #expect(shelf.names == ["SHA256SUMS", "a.h5ad"])
  }

  @Test("a part of an older version of the file is thrown away")
  func changedFile() throws {
    let shelf = try Shelf()
    let old = Shelf.bytes(300_000)
    let new = Shelf.bytes(310_000, seed: 2)
    shelf.server.set("/a.h5ad", .broken(old, after: 200_000), .file(new, version: "\"v2\""))
    try shelf.fetch()
    #expect(shelf.server.requests.last?.headers["if-range"] == "\"v1\"")
    shelf.expect(new)
  }

  @Test("a server that continues another version, condition or not, is found out")
  func unconditionalServer() throws {
    let shelf = try Shelf()
    let new = Shelf.bytes(300_000, seed: 2)
    let rest = String(repeating: "x", count: 100)
    shelf.server.set(
      "/a.h5ad", .broken(Shelf.bytes(300_000), after: 200_000),
      .status(206, headers: ["ETag: \"v2\"", "Content-Range: bytes 200000-200099/200100"], body: rest), .file(new))
    try shelf.fetch()
    shelf.expect(new)
    #expect(shelf.server.requests.map { $0.headers["range"] } == [nil, "bytes=200000-", nil])
    #expect(shelf.notes.last?.contains("the server's file has changed") == true)
  }

  @Test("a server that cannot continue sends the file anew")
  func noRange() throws {
    let shelf = try Shelf()
    let bytes = Shelf.bytes(300_000)
    shelf.server.set("/a.h5ad", .broken(bytes, after: 200_000), .wholeFile(bytes))
    try shelf.fetch()
    shelf.expect(bytes)
  }

  @Test("without an entity tag or a date nothing is continued")
  func noVersion() throws {
    let shelf = try Shelf()
    let bytes = Shelf.bytes(300_000)
    shelf.server.set("/a.h5ad", .broken(bytes, after: 200_000, version: nil), .file(bytes))
    try shelf.fetch()
    #expect(shelf.server.requests.last?.headers["range"] == nil)
    shelf.expect(bytes)
  }

  @Test("a part longer than the server's file (416) is thrown away")
  func notSatisfiable() throws {
    let shelf = try Shelf()
    let bytes = Shelf.bytes(1000)
    shelf.server.set(
      "/a.h5ad", .broken(Shelf.bytes(5000), after: 2000), .status(416, headers: ["Content-Range: bytes */1000"]),
      .file(bytes))
    try shelf.fetch()
    shelf.expect(bytes)
  }

  @Test("a server that is busy is asked again; one that has not the file is not", arguments: [503, 500, 429, 408])
  func busy(status: Int) throws {
    let shelf = try Shelf()
    let bytes = Shelf.bytes(1000)
    shelf.server.set("/a.h5ad", .status(status), .status(status), .file(bytes))
    try shelf.fetch()
    shelf.expect(bytes)
  }

  @Test(
    "an answer that will not change ends it at once",
    arguments: [
      (404, "it has no such file"), (403, "refuses access"), (202, "asks whether a person is there"), (418, "418"),
    ])
  func refused(status: Int, words: String) throws {
    let shelf = try Shelf()
    shelf.server.set("/a.h5ad", .status(status, body: "<html>no</html>"))
    let failure = shelf.failure()
    #expect(failure?.kind == .file)
    #expect(failure?.description.contains(words) == true, "\(String(describing: failure))")
    #expect(shelf.server.requests.count == 1)
    #expect(shelf.names.isEmpty)
  }

  @Test("a server that never has enough bytes is given up, and so is one that says nothing")
  func gaveUp() throws {
    let shelf = try Shelf()
    shelf.server.set("/a.h5ad", .claimed(length: 2000, Shelf.bytes(1000)))
    let short = shelf.failure()
    #expect(short?.description.contains("in 3 tries: the connection broke") == true, "\(String(describing: short))")
    #expect(shelf.server.requests.count == 3)

    let silent = try Shelf()
    silent.server.set("/a.h5ad", .silent(Shelf.bytes(2000), after: 1000), .file(Shelf.bytes(2000)))
    try silent.fetch { $0.stallSeconds = 1 }
    #expect(silent.notes.first?.contains("nothing came for 1 s") == true, "\(silent.notes)")
    silent.expect(Shelf.bytes(2000))
  }

  @Test("redirections are followed, the request for a part with them; a circle ends")
  func redirections() throws {
    let shelf = try Shelf()
    let bytes = Shelf.bytes(200_000)
    shelf.server.set("/a.h5ad", .status(302, headers: ["Location: /elsewhere"]))
    shelf.server.set("/elsewhere", .broken(bytes, after: 100_000), .file(bytes))
    try shelf.fetch()
    shelf.expect(bytes)
    #expect(shelf.server.requests.last?.path == "/elsewhere")
    #expect(shelf.server.requests.last?.headers["range"] == "bytes=100000-")

    let circle = try Shelf()
    circle.server.set("/a.h5ad", .status(302, headers: ["Location: /a.h5ad"]))
    #expect(circle.failure()?.description.contains("more than 10 times") == true)
    #expect(circle.server.requests.count == 11)
  }

  @Test("a redirection to something that is no web server is refused")
  func otherScheme() throws {
    let shelf = try Shelf()
    shelf.server.set("/a.h5ad", .status(302, headers: ["Location: file:///etc/hostname"]))
    #expect(shelf.failure()?.description.contains("so it is refused") == true)
    #expect(shelf.names.isEmpty)
  }

  @Test("nobody listening: it says which address, and what could help")
  func unreachable() throws {
    let shelf = try Shelf()
    let gone = try FileServer().address
    usleep(200_000)
    var downloader = Downloader(source: try .mirror(gone), folder: shelf.folder) { _ in }
    downloader.retries = 1
    downloader.firstWait = 0.001
    let error = #expect(throws: DownloadError.self) { try downloader.fetch([Shelf.file], events: DownloadEvents()) }
    #expect(error?.description.contains("\(gone)/a.h5ad in 2 tries") == true, "\(String(describing: error))")
    #expect(error?.description.contains("https_proxy") == true)
  }

  @Test("a claimed length beyond the disk's space ends it before a byte is kept")
  func noSpace() throws {
    let shelf = try Shelf()
    shelf.server.set("/a.h5ad", .claimed(length: 1 << 61, Shelf.bytes(1000)))
    let failure = shelf.failure()
    guard case .noSpace(_, let needed, let free) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(needed == 1 << 61 && free > 0)
    #expect(shelf.names.isEmpty)
  }

  @Test("a folder that cannot be made is a file error that names it")
  func unwritable() throws {
    let shelf = try Shelf()
    let blocked = try shelf.scratch.file("blocked", [1])
    let downloader = Downloader(source: try .mirror(shelf.server.address), folder: blocked + "/slices") { _ in }
    let error = #expect(throws: FileError.self) { try downloader.fetch([Shelf.file], events: DownloadEvents()) }
    #expect(error?.description.contains(blocked) == true)
    #expect(shelf.server.requests.isEmpty)
  }

  @Test("two downloads do not share a folder")
  func locked() throws {
    let shelf = try Shelf()
    let lock = try FolderLock(shelf.folder)
    #expect(shelf.failure() == .folderInUse(shelf.folder))
    lock.release()
    shelf.server.set("/a.h5ad", .file([1, 2, 3]))
    try shelf.fetch()
  }

  @Test("asked to stop, it stops, in a transfer and in a wait, and keeps what came")
  func interrupted() throws {
    let shelf = try Shelf()
    let bytes = Shelf.bytes(500_000)
    shelf.server.set("/a.h5ad", .slow(bytes, piece: 10_000))
    #expect(throws: DownloadError.stopped) {
      try shelf.fetch(stopWhen: { (shelf.read("a.h5ad.part")?.count ?? 0) >= 50_000 })
    }
    let part = try #require(shelf.read("a.h5ad.part"))
    #expect(part.count >= 50_000 && part.elementsEqual(bytes.prefix(part.count)))

    shelf.server.set("/a.h5ad", .status(503))
    let start = ContinuousClock.now
    #expect(throws: DownloadError.stopped) {
      try shelf.fetch(stopWhen: { !shelf.notes.isEmpty }) { $0.firstWait = 100 }
    }
    #expect(ContinuousClock.now - start < .seconds(20), "the wait was to be 30 s")
    shelf.server.set("/a.h5ad", .file(bytes))
    try shelf.fetch()
    #expect(shelf.server.requests.last?.headers["range"] == "bytes=\(part.count)-")
    shelf.expect(bytes)
  }

  @Test("several files come in order, and the progress says of which")
  func several() throws {
    let shelf = try Shelf()
    var seen = [String]()
    for (index, file) in Shelf.dataset.files.enumerated() {
      shelf.server.set("/\(file.fileName)", .file(Shelf.bytes(1000 * (index + 1))))
    }
    let files = try shelf.downloader().fetch(
      Shelf.dataset.files,
      events: DownloadEvents(arrived: { seen.append("\($0.file.name) \($0.index) \($0.bytes)/\($0.total ?? -1)") }))
    #expect(files.map(\.bytes) == [1000, 2000, 3000])
    #expect(seen.last == "c 2 3000/3000")
    #expect(Set(seen.map { $0.prefix(3) }) == ["a 0", "b 1", "c 2"])
  }
}
