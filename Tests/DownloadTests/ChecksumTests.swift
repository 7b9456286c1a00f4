import Foundation
import StomicsCore
import TestSupport
import Testing

@testable import Download

@Suite("Checksums of downloads")
struct ChecksumTests {
  private let abc = Array("abc".utf8)

  @Test("SHA-256 and MD5 of the standards' own examples")
  func vectors() throws {
    let scratch = try Scratch()
    let sums = try FileChecksums(of: try scratch.file("abc", abc), md5: true, interrupted: { false })
    #expect(sums.bytes == 3)
    #expect(sums.sha256 == Shelf.abcSHA256)
    #expect(sums.md5 == Shelf.abcMD5)
    let empty = try FileChecksums(of: try scratch.file("empty", []), md5: false, interrupted: { false })
    #expect(empty.sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(empty.md5 == nil)
  }

  @Test("a second run asks nobody and fetches nothing")
  func secondRun() throws {
    let shelf = try Shelf()
    shelf.server.set("/a.h5ad", .file(abc))
    try shelf.fetch()
    let before = shelf.server.requests.count
    let again = try shelf.fetch()
    #expect(again.state == .present && again.sha256 == Shelf.abcSHA256)
    #expect(shelf.server.requests.count == before)
  }

  @Test("a file that was changed here is reported and kept; asked to, it is fetched again")
  func damagedHere() throws {
    let shelf = try Shelf()
    shelf.server.set("/a.h5ad", .file(abc))
    try shelf.fetch()
    _ = try shelf.scratch.file("a.h5ad", [7])
    let found = try shelf.fetch()
    #expect(found.state == .differs && found.recorded == Shelf.abcSHA256)
    shelf.expect([7])
    #expect(try shelf.fetch { $0.replacesChanged = true }.state == .fetched)
    shelf.expect(abc)
  }

  @Test("a file put there by hand is recorded, or reported where it is no such file")
  func unrecorded() throws {
    let shelf = try Shelf()
    _ = try shelf.scratch.file("a.h5ad", abc)
    #expect(try shelf.fetch().state == .recorded)
    #expect(shelf.read("SHA256SUMS") == Array("\(Shelf.abcSHA256)  a.h5ad\n".utf8))

    let strange = try Shelf()
    _ = try strange.scratch.file("a.h5ad", abc)
    let found = try strange.fetch { $0.check = { throw WrongContent(path: $0) } }
    #expect(found.state == .differs && found.problem?.contains("a.h5ad") == true)
    #expect(strange.names == ["a.h5ad"])
    #expect(shelf.server.requests.isEmpty && strange.server.requests.isEmpty)
  }

  @Test("a server that has another file than was recorded is an error, unless it is taken for the new one")
  func changedThere() throws {
    let shelf = try Shelf()
    _ = try shelf.scratch.file("SHA256SUMS", Array("\(Shelf.abcSHA256) *a.h5ad\n".utf8))
    shelf.server.set("/a.h5ad", .file([1, 2]))
    let failure = shelf.failure()
    #expect(failure?.kind == .data)
    #expect(failure?.description.contains(Shelf.abcSHA256) == true)
    #expect(shelf.names == ["SHA256SUMS"])
    let taken = try shelf.fetch { $0.replacesChanged = true }
    #expect(shelf.read("SHA256SUMS") == Array("\(taken.sha256)  a.h5ad\n".utf8))
  }

  @Test(
    "the server's MD5 is checked, from each header that may give it",
    arguments: [
      "Content-MD5: kAFQmDzST7DWlj99KOF/cg==",
      "x-amz-request-id: 1\r\nETag: \"900150983cd24fb0d6963f7d28e17f72\"",
      "Server: AmazonS3\r\nETag: \"900150983CD24FB0D6963F7D28E17F72\"\r\nx-amz-server-side-encryption: AES256",
    ])
  func rightMD5(header: String) throws {
    let shelf = try Shelf()
    shelf.server.set("/a.h5ad", .file(abc, headers: [header], version: nil))
    #expect(try shelf.fetch().md5 == Shelf.abcMD5)
    // The same header beside other bytes.
    let wrong = try Shelf()
    wrong.server.set("/a.h5ad", .file(Array("abd".utf8), headers: [header], version: nil))
    let failure = wrong.failure()
    #expect(failure?.description.contains("the server says \(Shelf.abcMD5)") == true, "\(String(describing: failure))")
    #expect(wrong.server.requests.count == 3)
    #expect(wrong.names.isEmpty)
    // Once the bytes are right, so is the file.
    wrong.server.set(
      "/a.h5ad", .file(Array("abd".utf8), headers: [header], version: nil), .file(abc, headers: [header], version: nil))
    try wrong.fetch()
    wrong.expect(abc)
  }

  @Test(
    "entity tags that are no MD5 are not taken for one",
    arguments: [
      "x-amz-request-id: 1\r\nETag: \"900150983cd24fb0d6963f7d28e17f72-3\"",
      "x-amz-request-id: 1\r\nETag: W/\"900150983cd24fb0d6963f7d28e17f72\"",
      "x-amz-request-id: 1\r\nx-amz-server-side-encryption: aws:kms\r\nETag: \"900150983cd24fb0d6963f7d28e17f72\"",
      "Server: nginx\r\nETag: \"900150983cd24fb0d6963f7d28e17f72\"",
      "Content-MD5: not base64", "Content-MD5: QUJD",
    ])
  func noMD5(header: String) throws {
    let shelf = try Shelf()
    shelf.server.set("/a.h5ad", .file([1, 2], headers: [header], version: nil))
    #expect(try shelf.fetch().md5 == nil)
  }

  @Test("the MD5 of the first answer counts for a file that came in two")
  func md5AcrossParts() throws {
    let shelf = try Shelf()
    let header = ["Content-MD5: kAFQmDzST7DWlj99KOF/cg=="]
    // The body breaks off by its length: the first answer claims all three bytes.
    shelf.server.set(
      "/a.h5ad",
      .status(302, headers: ["Location: /first"]), .status(302, headers: ["Location: /rest"]))
    shelf.server.set("/first", .claimed(length: 3, Array("ab".utf8), headers: header + ["ETag: \"v1\""]))
    shelf.server.set("/rest", .file(abc))
    #expect(try shelf.fetch().md5 == Shelf.abcMD5)
    #expect(shelf.server.requests.last?.headers["range"] == "bytes=2-")
  }

  @Test("Figshare's list gives sizes and MD5s; without it the download goes on")
  func listing() throws {
    let shelf = try Shelf()
    let list = """
      [{"id": 1, "name": "a.h5ad", "size": 3, "is_link_only": false, "computed_md5": "\(Shelf.abcMD5)"},
       {"id": 9, "name": "other", "size": 5, "computed_md5": ""}]
      """
    shelf.server.set("/list", .status(200, body: list))
    shelf.server.set("/a.h5ad", .file(abc))
    var planned: Int?
    func fetch() throws -> DownloadedFile {
      var downloader = try shelf.downloader()
      downloader.source.listing = shelf.server.address + "/list"
      return try downloader.fetch(
        [Shelf.file], events: DownloadEvents(planned: { planned = $1 }, note: { shelf.notes.append($0) }))[0]
    }
    #expect(try fetch().md5 == Shelf.abcMD5)
    #expect(planned == 3)

    try FileManager.default.removeItem(atPath: shelf.path)
    shelf.server.set("/a.h5ad", .file(Array("abcd".utf8)))
    #expect(throws: DownloadError.self) { try fetch() }
    #expect(shelf.notes.last?.contains("4 of 3 bytes came") == true, "\(shelf.notes)")

    shelf.server.set("/list", .status(200, body: "<html>"))
    shelf.server.set("/a.h5ad", .file(abc))
    #expect(try fetch().md5 == nil)
    #expect(shelf.notes.contains { $0.contains("The list of sizes and MD5s did not come") })
    #expect(planned == nil)
  }

  @Test("what came and is no such file is thrown away, and said so")
  func wrongContent() throws {
    let shelf = try Shelf()
    shelf.server.set("/a.h5ad", .file(abc))
    let failure = shelf.failure { $0.check = { throw WrongContent(path: $0) } }
    #expect(failure?.kind == .data)
    #expect(failure?.description.contains("is a web page") == true)
    #expect(shelf.names.isEmpty)
  }
}

private struct WrongContent: StomicsError {
  var path: String
  var kind: ErrorKind { .data }
  var description: String { "\(path) is a web page" }
}
