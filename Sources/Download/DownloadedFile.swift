/// A file of a dataset in the folder, after `Downloader.fetch`.
public struct DownloadedFile: Sendable, Equatable {
  public enum State: String, Sendable, Encodable {
    /// It came now.
    case fetched
    /// It was there and is the recorded one.
    case present
    /// It was there, unknown; its checksum is recorded now.
    case recorded
    /// It was there and is not the recorded one, or not such a file at all; it is left as it is.
    case differs
  }

  public var name: String
  public var path: String
  public var state: State
  public var bytes: Int
  public var sha256: String
  /// The server's MD5, where it gave one and the file has it.
  public var md5: String?
  /// The SHA-256 in `SHA256SUMS`, of a file that has another.
  public var recorded: String?
  /// What is wrong with an unrecorded file.
  public var problem: String?

  init(_ file: Dataset.File, path: String, state: State, checksums: FileChecksums, server md5: String?) {
    name = file.name
    self.path = path
    self.state = state
    bytes = checksums.bytes
    sha256 = checksums.sha256
    self.md5 = md5
  }
}

/// How far one file is.
public struct DownloadProgress: Sendable {
  public var file: Dataset.File
  /// Which of the files to fetch it is, from 0.
  public var index: Int
  /// How many bytes of it are here, those of earlier runs included.
  public var bytes: Int
  /// How many it has; nil where the server does not say.
  public var total: Int?
}

/// What a download tells its caller, and asks it.
public struct DownloadEvents {
  /// What will be fetched, and how many bytes that is in all; nil where that is not known before.
  public var planned: (_ files: [Dataset.File], _ total: Int?) -> Void
  /// Bytes arrived.
  public var arrived: (DownloadProgress) -> Void
  /// Something to tell: a try that failed, a file that is checked.
  public var note: (String) -> Void
  /// Whether to stop; what has arrived stays.
  public var interrupted: () -> Bool

  public init(
    planned: @escaping (_ files: [Dataset.File], _ total: Int?) -> Void = { _, _ in },
    arrived: @escaping (DownloadProgress) -> Void = { _ in }, note: @escaping (String) -> Void = { _ in },
    interrupted: @escaping () -> Bool = { false }
  ) {
    self.planned = planned
    self.arrived = arrived
    self.note = note
    self.interrupted = interrupted
  }
}
