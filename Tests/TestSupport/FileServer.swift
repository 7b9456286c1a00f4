import Glibc
import Synchronization

/// A small HTTP/1.1 server on 127.0.0.1 for tests of downloads: it serves what it is told, misbehaves as it is told, and
/// ends with the object. Every request gets a connection of its own, one after the other.
public final class FileServer: Sendable {
  /// One way to answer.
  public enum Answer: Sendable {
    /// The file, continued where a request asks for it and its condition holds.
    case file([UInt8], headers: [String] = [], version: String? = "\"v1\"")
    /// The file from its beginning, whatever was asked for.
    case wholeFile([UInt8], headers: [String] = [])
    /// As `file`, but the connection breaks after so many bytes of the body.
    case broken([UInt8], after: Int, version: String? = "\"v1\"")
    /// As `broken`, but the connection stays open and silent, until the client gives up or the server ends.
    case silent([UInt8], after: Int)
    /// As `file`, in pieces of so many bytes with a pause of 20 ms after each.
    case slow([UInt8], piece: Int)
    /// A status line, headers and a body as they are.
    case status(Int, headers: [String] = [], body: String = "")
    /// The file's length is given as this, then the file comes and the connection ends.
    case claimed(length: Int, [UInt8], headers: [String] = [])
  }

  /// A request as it came.
  public struct Request: Sendable {
    public var path: String
    public var headers: [String: String]
  }

  /// A proxy of the environment must not stand between a test and its server. The environment is touched only where it
  /// names one, and once: other threads may be reading it.
  private static let avoidProxies: Void = {
    let names: [String] = ["http_proxy", "all_proxy", "ALL_PROXY"]
    if names.contains(where: { getenv($0) != nil }) {
      setenv("no_proxy", "127.0.0.1", 1)
    }
  }()

  private let shared: Shared
  public let port: UInt16

  /// `http://127.0.0.1:PORT`
  public var address: String { "http://127.0.0.1:\(port)" }

  public struct Failure: Error { public var code = errno }

  public init() throws {
    _ = Self.avoidProxies
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &place) { place in
      place.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &size) == 0
      }
    }
    guard isListening else { throw Failure() }
    port = UInt16(bigEndian: place.sin_port)
    shared = Shared(listener: listener)
    var thread = pthread_t()
    let context = Unmanaged.passRetained(shared)
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Shared>.fromOpaque(context).takeRetainedValue().serve()
        return nil
      }, context.toOpaque())
    guard code == 0 else {
      context.release()
      throw Failure(code: code)
    }
    pthread_detach(thread)
  }

  deinit { shared.state.withLock { $0.isStopped = true } }

  /// What to answer to requests for a path, one after the other; the last answer stays.
  public func set(_ path: String, _ answers: Answer...) { shared.state.withLock { $0.answers[path] = answers } }

  /// Every request so far.
  public var requests: [Request] { shared.state.withLock { $0.requests } }
}

/// What the server's thread works with; it outlives the server by a fraction of a second.
private final class Shared: Sendable {
  struct State {
    var answers: [String: [FileServer.Answer]] = [:]
    var requests: [FileServer.Request] = []
    var isStopped = false
  }

  private let listener: Int32
  let state = Mutex(State())

  init(listener: Int32) { self.listener = listener }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  func serve() {
    while !isStopped {
      guard isReadable(listener) else { continue }
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else { continue }
      // Whatever a client does, the thread comes back.
      var limit = timeval(tv_sec: 10, tv_usec: 0)
      for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
        setsockopt(connection, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
      }
      if let request = read(from: connection) { answer(request, on: connection) }
      close(connection)
    }
    close(listener)
  }

  /// Whether something is to be read within 50 ms.
  private func isReadable(_ descriptor: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 50) > 0
  }

  private func read(from connection: Int32) -> FileServer.Request? {
    var text = [UInt8]()
    var byte: UInt8 = 0
    while !text.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      guard text.count < 65536, recv(connection, &byte, 1, 0) == 1 else { return nil }
      text.append(byte)
    }
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\r\n")
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count == 3 else { return nil }
    var headers = [String: String]()
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
    }
    return FileServer.Request(path: String(words[1]), headers: headers)
  }

  private func answer(_ request: FileServer.Request, on connection: Int32) {
    let answer: FileServer.Answer = state.withLock { state in
      state.requests.append(request)
      guard var answers = state.answers[request.path], let first = answers.first else { return .status(404) }
      if answers.count > 1 {
        answers.removeFirst()
        state.answers[request.path] = answers
      }
      return first
    }
    func send(_ bytes: ArraySlice<UInt8>) -> Bool { Self.send(bytes, on: connection) }
    func head(_ status: Int, _ headers: [String]) -> Bool {
      let lines = ["HTTP/1.1 \(status) \(status == 200 ? "OK" : "Answer")", "Connection: close"] + headers
      return send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)[...])
    }
    /// The headers, and the bytes that were asked for.
    func begin(_ file: [UInt8], _ headers: [String], version: String?) -> ArraySlice<UInt8> {
      var headers = headers
      if let version { headers.append("ETag: \(version)") }
      let condition = request.headers["if-range"]
      guard let range = request.headers["range"], condition == nil || condition == version,
        let first = Int(range.dropFirst("bytes=".count).dropLast())
      else {
        _ = head(200, headers + ["Content-Length: \(file.count)"])
        return file[...]
      }
      guard first < file.count else {
        _ = head(416, headers + ["Content-Range: bytes */\(file.count)", "Content-Length: 0"])
        return []
      }
      let range206 = "Content-Range: bytes \(first)-\(file.count - 1)/\(file.count)"
      _ = head(206, headers + [range206, "Content-Length: \(file.count - first)"])
      return file[first...]
    }
    switch answer {
    case .file(let file, let headers, let version): _ = send(begin(file, headers, version: version))
    case .wholeFile(let file, let headers):
      _ = head(200, headers + ["Content-Length: \(file.count)"]) && send(file[...])
    case .broken(let file, let count, let version): _ = send(begin(file, [], version: version).prefix(count))
    case .silent(let file, let count):
      _ = send(begin(file, [], version: "\"v1\"").prefix(count))
      // A client that gives up closes its end, which can then be read.
      while !isStopped && !isReadable(connection) {}
    case .slow(let file, let piece):
      var rest = begin(file, [], version: "\"v1\"")
      while !rest.isEmpty && !isStopped && send(rest.prefix(piece)) {
        rest = rest.dropFirst(piece)
        usleep(20_000)
      }
    case .status(let status, let headers, let body):
      _ = head(status, headers + ["Content-Length: \(body.utf8.count)"]) && send(Array(body.utf8)[...])
    case .claimed(let length, let file, let headers):
      _ = head(200, headers + ["Content-Length: \(length)"]) && send(file[...])
    }
  }

  private static func send(_ bytes: ArraySlice<UInt8>, on connection: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
