import Glibc
import StomicsCore

/// Puts the answer to a request for a file, or for the rest of one, into its part.
final class PartReceiver: ResponseReceiver {
  private let part: PartFile
  private let address: String
  private let arrived: () -> Void
  private let interrupted: () -> Bool

  init(
    _ part: PartFile, address: String, arrived: @escaping () -> Void, interrupted: @escaping () -> Bool
  ) {
    self.part = part
    self.address = address
    self.arrived = arrived
    self.interrupted = interrupted
  }

  var isInterrupted: Bool { interrupted() }

  func begin(_ head: ResponseHead) throws {
    switch head.status {
    case 200:
      // The first answer, or one of a server that does not continue, or has another version of the file now.
      try part.restart(
        PartFile.Origin(address: address, version: head.version, total: head.contentLength, md5: head.md5))
    case 206: try checkContinuation(head)
    case 416: try startOver("the server has no bytes after those that are here")
    default: throw TransferFailure(status: head.status, waitSeconds: head.retryAfterSeconds)
    }
    if let total = part.origin?.total { try checkSpace(total - part.count) }
    arrived()
  }

  func receive(_ bytes: UnsafeRawBufferPointer) throws {
    try part.append(bytes)
    arrived()
  }

  /// A part that goes on elsewhere, or of another version, is of no use.
  private func checkContinuation(_ head: ResponseHead) throws {
    guard let origin = part.origin, let range = head.contentRange, range.first == part.count else {
      return try startOver("the server sent other bytes than were asked for")
    }
    let isSame =
      (head.version.entityTag == nil || head.version.entityTag == origin.version.entityTag)
      && (range.total == nil || origin.total == nil || range.total == origin.total)
    if !isSame { try startOver("the server's file has changed") }
  }

  private func startOver(_ reason: String) throws {
    try part.restart(nil)
    throw TransferFailure(reason: reason, isTransient: true)
  }

  private func checkSpace(_ needed: Int) throws {
    var disk = statvfs()
    guard statvfs(part.path, &disk) == 0 else { return }
    let (free, isHuge) = Int(clamping: disk.f_bavail).multipliedReportingOverflow(by: Int(clamping: disk.f_frsize))
    if !isHuge && needed > free { throw DownloadError.noSpace(path: part.path, needed: needed, free: free) }
  }
}

extension TransferFailure {
  /// What an HTTP status other than success means for a download.
  init(status: Int, waitSeconds: Int?) {
    let reason = "the server answered \(status)"
    switch status {
    case 408, 425, 429, 500, 502, 503, 504:
      self.init(reason: reason, isTransient: true, waitSeconds: waitSeconds)
    case 202:
      self.init(
        reason: reason + ", which is how Figshare asks whether a person is there", isTransient: false,
        advice: "Try again later, or fetch the file with a browser and put it into the folder under this name.")
    case 401, 403, 407:
      self.init(
        reason: reason + ", which refuses access", isTransient: false,
        advice: "A proxy is named in https_proxy, another place that serves the files with --mirror.")
    case 404, 410:
      self.init(
        reason: reason + ": it has no such file", isTransient: false,
        advice: "Another place that serves the files can be named with --mirror.")
    default: self.init(reason: reason, isTransient: false)
    }
  }
}
