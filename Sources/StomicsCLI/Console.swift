import Glibc
import StomicsCore
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The only place that prints: results to standard output; progress, notes, warnings and errors to standard error.
public final class Console: Sendable {
  /// Where the text goes.
  enum Destination: Sendable {
    /// This process's standard output and standard error.
    case process
    /// Memory, for tests.
    case captured
  }

  private struct State {
    var quiet = false
    var json = false
    var output = ""
    var errors = ""
    /// What the terminal's last line holds and must be wiped before anything else is printed.
    var statusWidth = 0
    /// Why standard output took no more, where it did not.
    var outputFailure: Int32 = 0
  }

  private let destination: Destination
  private let state = Mutex(State())
  /// Whether standard error is a terminal: progress is then one line rewritten in place.
  let isTerminal: Bool

  init(_ destination: Destination) {
    self.destination = destination
    switch destination {
    case .process: isTerminal = isatty(STDERR_FILENO) == 1 && getenv("TERM").map { String(cString: $0) } != "dumb"
    case .captured: isTerminal = false
    }
  }

  func configure(_ options: GeneralOptions) {
    state.withLock {
      $0.quiet = options.quiet
      $0.json = options.json
    }
  }

  /// Whether progress and notes are left out.
  public var isQuiet: Bool { state.withLock { $0.quiet } }
  /// Whether results are printed as JSON.
  public var printsJSON: Bool { state.withLock { $0.json } }

  /// What was printed so far, of a captured console.
  var captured: (output: String, errors: String) { state.withLock { ($0.output, $0.errors) } }

  // MARK: - Results

  /// A line of results, on standard output.
  public func line(_ text: String = "") {
    state.withLock { write(text + "\n", to: STDOUT_FILENO, &$0) }
  }

  /// The result of a command: `value` as JSON with `--json`, `text` otherwise.
  public func result(_ value: some Encodable, text: @autoclosure () -> String) throws {
    guard printsJSON else {
      let text = text()
      if !text.isEmpty { line(text) }
      return
    }
    line(String(decoding: try Self.json(value), as: UTF8.self))
  }

  /// `value` as the JSON that results are printed and kept as.
  static func json(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    // JSON has no infinities: they become text.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try encoder.encode(value)
  }

  // MARK: - Progress and messages

  /// A line on what is going on, on standard error; left out with `--quiet`.
  public func note(_ text: String) {
    state.withLock { if !$0.quiet { write(text + "\n", to: STDERR_FILENO, &$0) } }
  }

  /// Something the user should know although the command goes on.
  public func warning(_ text: String) {
    state.withLock { write("Warning: \(text)\n", to: STDERR_FILENO, &$0) }
  }

  /// The reason a command ends, as it is.
  func error(_ text: String) {
    state.withLock { write(text + "\n", to: STDERR_FILENO, &$0) }
  }

  /// Rewrites the terminal's status line; only for a terminal.
  func status(_ text: String) {
    state.withLock {
      guard isTerminal, !$0.quiet else { return }
      let width = Int(terminalWidth)
      let shown = text.count < width ? text : String(text.prefix(width - 1))
      let padding = String(repeating: " ", count: max(0, $0.statusWidth - shown.count))
      $0.statusWidth = 0
      write("\r" + shown + padding, to: STDERR_FILENO, &$0)
      $0.statusWidth = shown.count
    }
  }

  /// Why standard output could not be written, a closed pipe aside (its reader had enough).
  var outputFailure: OutputFailure? {
    let failure = state.withLock { $0.outputFailure }
    return failure == 0 || failure == EPIPE ? nil : OutputFailure(code: failure)
  }

  private func write(_ text: String, to descriptor: Int32, _ state: inout State) {
    if case .captured = destination {
      if descriptor == STDOUT_FILENO { state.output += text } else { state.errors += text }
      return
    }
    var text = text
    if state.statusWidth > 0 {
      let wipe = "\r" + String(repeating: " ", count: state.statusWidth) + "\r"
      state.statusWidth = 0
      write(wipe, to: STDERR_FILENO, &state)
    }
    if descriptor == STDOUT_FILENO && state.outputFailure != 0 { return }
    let failure = text.withUTF8 { writeAll($0, to: descriptor) }
    if descriptor == STDOUT_FILENO { state.outputFailure = failure }
  }

  private var terminalWidth: UInt16 {
    var size = winsize()
    return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20 ? size.ws_col : 80
  }
}

/// Standard output could not be written.
struct OutputFailure: StomicsError {
  var code: Int32
  var kind: ErrorKind { .file }
  var description: String { "cannot write the results to standard output: \(String(cString: strerror(code)))." }
}

/// Writes all bytes; returns 0, or the reason it stopped.
private func writeAll(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) -> Int32 {
  guard let base = bytes.baseAddress else { return 0 }
  var done = 0
  while done < bytes.count {
    let count = Glibc.write(descriptor, base + done, bytes.count - done)
    if count >= 0 {
      done += count
    } else if errno != EINTR {
      return errno
    }
  }
  return 0
}
