import StomicsCore
import TestSupport
import Testing

@testable import Download

@Suite("The pieces of a download")
struct PartsTests {
  @Test("a mirror is a folder or a pattern")
  func mirrors() throws {
    let file = Dataset.dlpfc.files[8]
    for (mirror, address) in [
      ("https://example.org/dlpfc", "https://example.org/dlpfc/151673.h5ad"),
      ("http://example.org/dlpfc/", "http://example.org/dlpfc/151673.h5ad"),
      ("https://example.org/get?n={name}&i={id}&x={x}", "https://example.org/get?n=151673&i=39055568&x={x}"),
    ] {
      #expect(try DownloadSource.mirror(mirror).address(of: file) == address)
    }
    for bad in ["", "dlpfc", "ftp://example.org", "file:///data", "https://", "https:///x", "https://a b/"] {
      #expect(throws: DownloadError.self, "\(bad)") { try DownloadSource.mirror(bad) }
    }
  }

  @Test("the twelve slices, each at an address of its own")
  func dlpfc() throws {
    let source = DownloadSource.figshare(.dlpfc)
    #expect(source.address(of: Dataset.dlpfc.files[0]) == "https://ndownloader.figshare.com/files/39055556")
    #expect(source.address(of: Dataset.dlpfc.files[11]) == "https://ndownloader.figshare.com/files/39055559")
    #expect(Set(Dataset.dlpfc.files.map(source.address)).count == 12)
    #expect(try Dataset.dlpfc.files(named: ["151676", "151507", "151676"]).map(\.name) == ["151507", "151676"])
    let error = #expect(throws: DownloadError.self) { try Dataset.dlpfc.files(named: ["151763"]) }
    #expect(error?.description.contains("Did you mean '151673'") == true, "\(String(describing: error))")
  }

  @Test("headers, whatever their case and blanks")
  func head() throws {
    var head = try #require(ResponseHead(statusLine: "HTTP/2 206 \r\n"))
    for line in [
      "ETAG:  \"x\" \r\n", "content-range: bytes 5-9/10\r\n", "Content-Length:5\r\n", "nonsense\r\n", "\r\n",
    ] {
      head.add(line: line)
    }
    #expect(head.status == 206 && head.contentLength == 5 && head.version.condition == "\"x\"")
    let range = try #require(head.contentRange)
    #expect(range.first == 5 && range.last == 9 && range.total == 10)
    #expect(ResponseHead(statusLine: "ETag: \"HTTP/1.1 200\"") == nil)
  }

  @Test(
    "ranges and lengths that make no sense are none",
    arguments: [
      "bytes 9-5/10", "bytes 5-10/10", "bytes -1-5/10", "bytes */10", "items 1-2/3", "bytes 1-2",
      "bytes 1-99999999999999999999/*",
    ])
  func badRanges(text: String) throws {
    var head = try #require(ResponseHead(statusLine: "HTTP/1.1 206 x"))
    head.add(line: "Content-Range: \(text)")
    head.add(line: "Content-Length: -5")
    #expect(head.contentRange == nil && head.contentLength == nil)
  }

  @Test("a weak entity tag gives way to the date; what cannot be sent back is none")
  func conditions() throws {
    var head = try #require(ResponseHead(statusLine: "HTTP/1.1 200 OK"))
    head.add(line: "ETag: W/\"x\"")
    #expect(head.version.condition == nil)
    head.add(line: "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT")
    #expect(head.version.condition == "Wed, 21 Oct 2015 07:28:00 GMT")
    head.add(line: "ETag: \"caf\u{e9}\"")
    #expect(head.version.entityTag == nil)
  }

  @Test("the state of a part reads as it was written")
  func state() {
    let origin = PartFile.Origin(
      address: "http://a/b?c=d:e", version: FileVersion(entityTag: "\"x: y\"", lastModified: nil), total: 10, md5: "00")
    #expect(PartFile.Origin(text: origin.text) == origin)
    #expect(PartFile.Origin(text: "") == nil)
    #expect(PartFile.Origin(text: "\u{0}\u{1}garbage\n:\n::\n") == nil)
  }

  @Test("lines of SHA256SUMS that are no checksums stay")
  func foreignLines() throws {
    let scratch = try Scratch()
    let digits = String(repeating: "A1", count: 32)
    _ = try scratch.file("SHA256SUMS", Array("# mine\n\(digits)  other.h5ad\n\(digits) *a\nshort  b\n".utf8))
    var sums = try ChecksumList(folder: scratch.path)
    #expect(sums["a"] == digits.lowercased() && sums["b"] == nil)
    try sums.record("00", for: "a")
    let text = String(decoding: try readFile(scratch.path + "/SHA256SUMS"), as: UTF8.self)
    #expect(text == "# mine\n\(digits)  other.h5ad\nshort  b\n00  a\n")
  }

  @Test("a missing library is an error that says what to install")
  func missingLibrary() {
    for open in [{ _ = try CurlLibrary.open(["libnone.so.1"]) }, { _ = try CryptoLibrary.open(["libnone.so.1"]) }] {
      let error = #expect(throws: DownloadError.self) { try open() }
      #expect(error?.kind == .file)
      #expect(error?.description.contains("libnone.so.1") == true)
      #expect(error?.description.contains("apt-get install lib") == true)
    }
    // A library of another kind has not the functions.
    #expect(throws: DownloadError.self) { try CurlLibrary.open(["libc.so.6"]) }
    #expect(downloadLibraryVersion()?.hasPrefix("libcurl/") == true)
  }
}
