import Foundation
import StomicsCore
import TestSupport
import Testing

@testable import Download

/// A server, a folder, and a dataset of three files; a test says what the server answers.
final class Shelf {
  let server: FileServer
  let scratch: Scratch
  /// What the download told, in order.
  var notes: [String] = []

  static let dataset = Dataset(
    name: "small", title: "three files", figshareArticle: 1, licence: "", citation: "",
    files: [
      Dataset.File(name: "a", figshareID: 1, donor: 1), Dataset.File(name: "b", figshareID: 2, donor: 1),
      Dataset.File(name: "c", figshareID: 3, donor: 2),
    ])
  static let file = dataset.files[0]

  /// The SHA-256 of "abc" (FIPS 180-2, appendix B.1) and its MD5 (RFC 1321, A.5).
  static let abcSHA256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  static let abcMD5 = "900150983cd24fb0d6963f7d28e17f72"

  init() throws {
    server = try FileServer()
    scratch = try Scratch()
  }

  var folder: String { scratch.path }
  var path: String { folder + "/a.h5ad" }

  /// Bytes that are all different enough for a shift or a repetition to show.
  static func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  func downloader() throws -> Downloader {
    var downloader = Downloader(source: try .mirror(server.address), folder: folder) { _ in }
    downloader.firstWait = 0.001
    downloader.retries = 2
    return downloader
  }

  /// Fetches the first file.
  @discardableResult
  func fetch(_ change: (inout Downloader) -> Void = { _ in }) throws -> DownloadedFile {
    try fetch(stopWhen: { false }, change)
  }

  /// Fetches the first file until it is asked to stop.
  @discardableResult
  func fetch(stopWhen interrupted: @escaping () -> Bool, _ change: (inout Downloader) -> Void = { _ in }) throws
    -> DownloadedFile
  {
    var downloader = try downloader()
    change(&downloader)
    let files = try downloader.fetch(
      [Self.file], events: DownloadEvents(note: { self.notes.append($0) }, interrupted: interrupted))
    return files[0]
  }

  /// The failure of a fetch that must fail.
  func failure(_ change: (inout Downloader) -> Void = { _ in }) -> DownloadError? {
    do {
      try fetch(change)
      return nil
    } catch {
      return error as? DownloadError
    }
  }

  func read(_ name: String) -> [UInt8]? { try? readFile(folder + "/" + name) }

  /// Fails unless the first file holds these bytes, and says where it does not.
  func expect(_ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) {
    let found = read("a.h5ad") ?? []
    let place = zip(found, bytes).enumerated().first { $1.0 != $1.1 }?.offset
    let isSame = found.count == bytes.count && place == nil
    let difference = place.map { "the first that differs is \($0)" } ?? "they begin alike"
    #expect(isSame, "\(found.count) bytes, expected \(bytes.count); \(difference)", sourceLocation: sourceLocation)
  }

  var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() }
}
