import StomicsCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What Figshare says of an article's files (API v2, `/articles/ID/files`): their sizes and MD5s.
struct FigshareListing {
  struct Entry: Decodable, Equatable {
    var id: Int
    var size: Int
    /// The MD5 that Figshare computed of what it keeps.
    var computedMD5: String?

    /// It as digits; Figshare leaves it empty until it has computed it.
    var md5: String? { computedMD5.flatMap(md5Digits) }

    enum CodingKeys: String, CodingKey {
      case id, size
      case computedMD5 = "computed_md5"
    }
  }

  private var entries: [Int: Entry] = [:]

  /// Knows nothing.
  init() {}

  /// - Throws: `TransferFailure`, `DownloadError`
  init(_ address: String, client: HTTPClient, interrupted: @escaping () -> Bool) throws {
    let body = Body(interrupted)
    try client.get(address, receiver: body)
    guard let list = try? JSONDecoder().decode([Entry].self, from: Data(body.bytes)) else {
      throw TransferFailure(reason: "the answer is not the list that was asked for", isTransient: false)
    }
    for entry in list { entries[entry.id] = entry }
  }

  subscript(file: Dataset.File) -> Entry? { entries[file.figshareID] }
}

/// A short answer kept in memory.
private final class Body: ResponseReceiver {
  private static let limit = 4 << 20
  private let interrupted: () -> Bool
  private(set) var bytes = [UInt8]()

  init(_ interrupted: @escaping () -> Bool) { self.interrupted = interrupted }

  var isInterrupted: Bool { interrupted() }

  func begin(_ head: ResponseHead) throws {
    guard head.status == 200 else {
      throw TransferFailure(reason: "the server answered \(head.status)", isTransient: false)
    }
  }

  func receive(_ more: UnsafeRawBufferPointer) throws {
    guard bytes.count + more.count <= Self.limit else {
      throw TransferFailure(reason: "the answer is far longer than such a list", isTransient: false)
    }
    bytes.append(contentsOf: more)
  }
}
