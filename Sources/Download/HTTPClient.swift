internal import CCurl
import StomicsCore

/// What takes an answer while it comes in.
protocol ResponseReceiver: AnyObject {
  /// The answer's status and headers, after redirections; called once, before the body.
  func begin(_ head: ResponseHead) throws
  /// The next bytes of the body.
  func receive(_ bytes: UnsafeRawBufferPointer) throws
  /// Asked about once a second and whenever bytes came.
  var isInterrupted: Bool { get }
}

/// A connection that asks for files, one after the other, with libcurl; it closes itself.
///
/// Proxies are those of the environment (`https_proxy` and so on), certificates the system's or those of
/// `CURL_CA_BUNDLE` or `SSL_CERT_FILE`.
final class HTTPClient {
  private let library: CurlLibrary.Functions
  private let handle: UnsafeMutableRawPointer
  private let stallSeconds: Int

  /// - Parameter stallSeconds: after so long without a connection, or without a byte, a request fails.
  /// - Throws: `DownloadError.missingLibrary`
  init(stallSeconds: Int) throws {
    library = try CurlLibrary.functions()
    guard let handle = stomics_curl_open(library) else {
      throw DownloadError.missingLibrary("libcurl.so.4", package: "libcurl4")
    }
    self.handle = handle
    self.stallSeconds = stallSeconds
  }

  deinit { stomics_curl_close(library, handle) }

  /// Asks for `address`, follows redirections, and hands the answer to `receiver`.
  ///
  /// A request by https may be sent on to https only.
  /// - Throws: what the receiver throws; `TransferFailure` where the answer did not come, or not whole;
  ///   `DownloadError.stopped`
  func get(_ address: String, headers: [String] = [], receiver: some ResponseReceiver) throws {
    let transfer = Transfer(receiver, stallSeconds: stallSeconds)
    var list: UnsafeMutablePointer<curl_slist>?
    defer { stomics_curl_free(library, list) }
    for header in ["Accept: */*", "Accept-Encoding: identity"] + headers {
      guard let longer = stomics_curl_append(library, list, header) else { break }
      list = longer
    }
    var message = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
    let code = message.withUnsafeMutableBufferPointer { message in
      let configured = configure(address, headers: list)
      guard configured == CURLE_OK else { return configured }
      stomics_curl_set_error_buffer(library, handle, message.baseAddress)
      let code = withExtendedLifetime(transfer) {
        stomics_curl_set_callbacks(
          library, handle, receiveHeader, receiveBody, tick, Unmanaged.passUnretained(transfer).toOpaque())
        return stomics_curl_perform(library, handle)
      }
      // The buffers and the transfer are gone after this call; the connection stays for the next request.
      stomics_curl_reset(library, handle)
      return code
    }
    if let failure = transfer.failure { throw failure }
    guard code == CURLE_OK else {
      let text = message[0] == 0 ? String(cString: stomics_curl_message(library, code)) : lossless(message)
      throw TransferFailure(code: code, message: text, stallSeconds: stallSeconds)
    }
    try transfer.begin()  // an answer without a body
  }

  private func configure(_ address: String, headers: UnsafeMutablePointer<curl_slist>?) -> CURLcode {
    stomics_curl_set_text(library, handle, CURLOPT_URL, address)
    stomics_curl_set_text(library, handle, CURLOPT_USERAGENT, "stomics/\(stomicsVersion)")
    stomics_curl_set_headers(library, handle, headers)
    for (option, value) in [
      (CURLOPT_NOSIGNAL, 1), (CURLOPT_FOLLOWLOCATION, 1), (CURLOPT_MAXREDIRS, 10),
      (CURLOPT_CONNECTTIMEOUT, stallSeconds),
    ] {
      stomics_curl_set_number(library, handle, option, value)
    }
    if let bundle = environment("CURL_CA_BUNDLE") ?? environment("SSL_CERT_FILE") {
      stomics_curl_set_text(library, handle, CURLOPT_CAINFO, bundle)
    }
    // A library that cannot keep a request to https must not make it.
    return stomics_curl_set_schemes(library, handle, address.lowercased().hasPrefix("http://"))
  }
}

/// A request under way: what libcurl's callbacks get.
private final class Transfer {
  private let receiver: any ResponseReceiver
  private var head: ResponseHead?
  private var hasBegun = false
  private let stallSeconds: Int
  private var lastArrival = ContinuousClock.now
  /// Why the transfer was ended from this side.
  var failure: (any Error)?

  init(_ receiver: any ResponseReceiver, stallSeconds: Int) {
    self.receiver = receiver
    self.stallSeconds = stallSeconds
  }

  func begin() throws {
    guard !hasBegun else { return }
    hasBegun = true
    guard let head else { throw TransferFailure(reason: "the server's answer is no HTTP", isTransient: false) }
    try receiver.begin(head)
  }

  /// A header line; a status line begins the next answer, after a redirection for example.
  func header(_ line: String) {
    lastArrival = .now
    if let next = ResponseHead(statusLine: line) { head = next } else { head?.add(line: line) }
  }

  func body(_ bytes: UnsafeRawBufferPointer) -> Bool {
    lastArrival = .now
    do {
      try begin()
      try receiver.receive(bytes)
      return true
    } catch {
      failure = error
      return false
    }
  }

  func mayGoOn() -> Bool {
    if receiver.isInterrupted {
      failure = DownloadError.stopped
    } else if ContinuousClock.now - lastArrival > .seconds(stallSeconds) {
      failure = TransferFailure(reason: "nothing came for \(stallSeconds) s", isTransient: true)
    }
    return failure == nil
  }
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
  context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

private let receiveHeader: curl_write_callback = { bytes, size, count, context in
  let buffer = UnsafeRawBufferPointer(start: bytes, count: size * count)
  transfer(context)?.header(String(decoding: buffer, as: UTF8.self))
  return size * count
}

private let receiveBody: curl_write_callback = { bytes, size, count, context in
  let took = transfer(context)?.body(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? false
  return took ? size * count : 0
}

private let tick: curl_xferinfo_callback = { context, _, _, _, _ in transfer(context)?.mayGoOn() == true ? 0 : 1 }

private func lossless(_ message: [CChar]) -> String {
  String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
