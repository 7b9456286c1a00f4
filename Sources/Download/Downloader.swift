import Glibc
import StomicsCore

/// Fetches the files of a dataset into a folder and checks them.
///
/// What arrives lies in `NAME.part` until it is whole and checked. A file's SHA-256 is recorded in `SHA256SUMS` when it
/// is first seen; from then on the file must have it.
public struct Downloader {
  public var source: DownloadSource
  public var folder: String
  /// How often a file is tried again after failures in a row; 1 MB that arrives ends the row.
  public var retries = 5
  /// After so long without a byte a try has failed.
  public var stallSeconds = 30
  /// Fetches files anew whose checksum is not the recorded one, and records that of the new ones.
  public var replacesChanged = false
  /// The wait before the second try; it doubles from try to try, up to 30 s.
  var firstWait = 1.0
  /// Looks into a file that has arrived whole and throws where it is not what it should be.
  public var check: (_ path: String) throws -> Void

  public init(
    source: DownloadSource, folder: String, check: @escaping (_ path: String) throws -> Void
  ) {
    self.source = source
    self.folder = folder
    self.check = check
  }

  /// Brings the files into the folder, those first that are there already.
  ///
  /// Files that are there and are not the recorded ones are left as they are, unless `replacesChanged`; the others are
  /// fetched all the same, and the result says so.
  /// - Returns: one entry a file, in the order given.
  /// - Throws: `DownloadError`, `FileError`, or what `check` throws; files fetched before stay.
  public func fetch(_ files: [Dataset.File], events: DownloadEvents) throws -> [DownloadedFile] {
    try makeFolder(folder)
    let lock = try FolderLock(folder)
    defer { lock.release() }
    AtomicFile.removeLeftovers(in: folder)
    var sums = try ChecksumList(folder: folder)
    var results = [String: DownloadedFile]()
    var wanted = [Dataset.File]()
    for file in files {
      if let result = try examine(file, sums: &sums, events: events) {
        results[file.name] = result
      } else {
        wanted.append(file)
      }
    }
    if !wanted.isEmpty {
      let client = try HTTPClient(stallSeconds: stallSeconds)
      let listing = try readListing(client, events: events)
      let sizes = wanted.map { listing[$0]?.size }
      let total = sizes.contains(nil) ? nil : sizes.reduce(0) { $0 + ($1 ?? 0) }
      events.planned(wanted, total)
      for (index, file) in wanted.enumerated() {
        let task = FileTask(
          file: file, index: index, address: source.address(of: file), path: path(of: file), expected: listing[file])
        results[file.name] = try fetch(task, client: client, sums: &sums, events: events)
      }
    }
    return files.compactMap { results[$0.name] }
  }

  func path(of file: Dataset.File) -> String { folder + "/" + file.fileName }

  /// What is to be said of a file without asking a server; nil where it has to be fetched.
  private func examine(
    _ file: Dataset.File, sums: inout ChecksumList, events: DownloadEvents
  ) throws -> DownloadedFile? {
    let path = path(of: file)
    guard access(path, F_OK) == 0 else { return nil }
    events.note("checking \(path)")
    let found = try FileChecksums(of: path, md5: false, interrupted: events.interrupted)
    var result = DownloadedFile(file, path: path, state: .present, checksums: found, server: nil)
    if let recorded = sums[file.fileName] {
      if recorded == found.sha256 { return result }
      result.recorded = recorded
    } else {
      // Put there by hand, or by a program that records nothing.
      do {
        try check(path)
        try sums.record(found.sha256, for: file.fileName)
        result.state = .recorded
        return result
      } catch let problem as any StomicsError where problem.kind == .data {
        result.problem = problem.description
      }
    }
    if replacesChanged { return nil }
    result.state = .differs
    return result
  }

  /// Sizes and MD5s, where the source has a list of them; a list that does not come is no reason to stop.
  private func readListing(_ client: HTTPClient, events: DownloadEvents) throws -> FigshareListing {
    guard let address = source.listing else { return FigshareListing() }
    do {
      return try FigshareListing(address, client: client, interrupted: events.interrupted)
    } catch let failure as TransferFailure {
      events.note(
        "The list of sizes and MD5s did not come (\(failure.reason)); the files are checked by what comes with them.")
      return FigshareListing()
    }
  }
}

/// A file to fetch.
struct FileTask {
  var file: Dataset.File
  var index: Int
  var address: String
  var path: String
  /// What the source's list says of it.
  var expected: FigshareListing.Entry?
}
