import Glibc
import StomicsCore

extension Downloader {
  /// Fetches one file, checks it, records it and gives it its name.
  func fetch(
    _ task: FileTask, client: HTTPClient, sums: inout ChecksumList, events: DownloadEvents
  ) throws -> DownloadedFile {
    let part = try PartFile(of: task.path, address: task.address)
    let (found, server) = try transferWithRetries(task, part, client: client, events: events)
    do {
      try check(part.path)
    } catch let problem as any StomicsError where problem.kind == .data {
      part.discard()
      throw DownloadError.wrongContent(path: task.path, address: task.address, problem: problem.description)
    }
    if let recorded = sums[task.file.fileName], recorded != found.sha256, !replacesChanged {
      part.discard()
      throw DownloadError.wrongChecksum(
        path: task.path, algorithm: "SHA-256", found: found.sha256, expected: recorded,
        source: folder + "/" + ChecksumList.fileName,
        advice: "The server has another file than when it was recorded. To take that one: --force.")
    }
    if sums[task.file.fileName] != found.sha256 { try sums.record(found.sha256, for: task.file.fileName) }
    try part.complete(as: task.path)
    return DownloadedFile(task.file, path: task.path, state: .fetched, checksums: found, server: server)
  }

  /// Tries until the part is whole and has the server's size and MD5.
  /// - Returns: its checksums, and the MD5 that the server gave where there was one and it was checked.
  private func transferWithRetries(
    _ task: FileTask, _ part: PartFile, client: HTTPClient, events: DownloadEvents
  ) throws -> (FileChecksums, String?) {
    var failures = 0
    var tries = 0
    while true {
      let before = part.count
      tries += 1
      do {
        try transfer(task, part, client: client, events: events)
        return try checked(task, part, events: events)
      } catch let failure as TransferFailure {
        failures = part.count - before >= 1 << 20 ? 1 : failures + 1
        guard failure.isTransient, failures <= retries else {
          if part.count == 0 { part.discard() }
          throw DownloadError.failed(
            file: task.file.fileName, address: task.address, reason: failure.reason, advice: failure.advice,
            tries: tries)
        }
        let wait = max(
          min(30, firstWait * Double(1 << min(failures - 1, 10))), Double(min(failure.waitSeconds ?? 0, 60)))
        events.note(
          "\(task.file.fileName): \(failure.reason); trying again in \(Int(wait.rounded(.up))) s "
            + "(\(failures) of \(retries))")
        try pause(wait, events: events)
      } catch {
        if part.count == 0 { part.discard() }
        throw error
      }
    }
  }

  /// One request, unless every byte is there already.
  private func transfer(_ task: FileTask, _ part: PartFile, client: HTTPClient, events: DownloadEvents) throws {
    func report() {
      events.arrived(DownloadProgress(file: task.file, index: task.index, bytes: part.count, total: part.origin?.total))
    }
    if part.isComplete { return report() }
    var headers = [String]()
    if let (offset, condition) = part.continuation {
      headers = ["Range: bytes=\(offset)-", "If-Range: \(condition)"]
    }
    try client.get(
      task.address, headers: headers,
      receiver: PartReceiver(part, address: task.address, arrived: report, interrupted: events.interrupted))
  }

  /// The checksums of a part that should be whole.
  private func checked(_ task: FileTask, _ part: PartFile, events: DownloadEvents) throws -> (FileChecksums, String?) {
    for total in [part.origin?.total, task.expected?.size].compactMap({ $0 }) where part.count != total {
      let count = part.count
      // Where the server thinks that everything came there is nothing to continue.
      if count >= part.origin?.total ?? 0 { try part.restart(nil) }
      throw TransferFailure(reason: "\(count) of \(total) bytes came", isTransient: true)
    }
    let expected = task.expected?.md5 ?? part.origin?.md5
    let found = try FileChecksums(of: part.path, md5: expected != nil, interrupted: events.interrupted)
    guard let expected, let md5 = found.md5 else { return (found, nil) }
    guard md5 == expected else {
      try part.restart(nil)
      throw TransferFailure(
        reason: "what came has the MD5 \(md5), and the server says \(expected)", isTransient: true,
        advice: "The file was damaged on its way, or on the server. Nothing of it is kept; try again later.")
    }
    return (found, md5)
  }

  /// Waits, and stops waiting when asked to stop.
  private func pause(_ seconds: Double, events: DownloadEvents) throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if events.interrupted() { throw DownloadError.stopped }
      usleep(useconds_t(min(100_000, max(1000, seconds * 1e6))))
    }
  }
}
