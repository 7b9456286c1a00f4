import StomicsCore
import Synchronization

/// How far a long job is, with its rate and the time left.
///
/// On a terminal it is one line rewritten in place; elsewhere a plain line every few seconds; nothing with `--quiet`.
public final class Progress: Sendable {
  private struct State {
    var lastShown: ContinuousClock.Instant
    var completed = 0
  }

  private let console: Console
  private let title: String
  private let unit: String
  private let total: Int
  private let first: Int
  private let start: ContinuousClock.Instant
  private let interval: Duration
  private let state: Mutex<State>

  /// - Parameters:
  ///   - total: how many units the job has.
  ///   - first: how many were done before (a resumed run); they do not count for the rate.
  init(_ title: String, total: Int, unit: String, startingAt first: Int, console: Console) {
    self.console = console
    self.title = title
    self.unit = unit
    self.total = total
    self.first = first
    start = .now
    interval = console.isTerminal ? .milliseconds(100) : .seconds(5)
    state = Mutex(State(lastShown: start, completed: first))
  }

  /// Says that `completed` units are done; `detail` stands at the line's end.
  public func update(_ completed: Int, detail: @autoclosure () -> String = "") {
    let due = state.withLock { state in
      state.completed = completed
      let now = ContinuousClock.Instant.now
      guard now - state.lastShown >= interval || completed == total else { return false }
      state.lastShown = now
      return true
    }
    guard due, !console.isQuiet else { return }
    let text = Self.line(
      title: title, completed: completed, first: first, total: total, unit: unit, elapsed: .now - start,
      detail: detail(), bar: console.isTerminal)
    if console.isTerminal { console.status(text) } else { console.note(text) }
  }

  /// Ends the line with what came out of the job.
  public func finish(_ text: String) {
    console.note("\(title): \(text) (\((ContinuousClock.Instant.now - start).readable))")
  }

  /// One line of progress; a function of its arguments, so that a test can read it.
  static func line(
    title: String, completed: Int, first: Int, total: Int, unit: String, elapsed: Duration, detail: String, bar: Bool
  ) -> String {
    var parts = [title]
    if bar && total > 0 {
      let width = 10
      let filled = min(width, completed * width / total)
      parts.append("[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "]")
    }
    parts.append(bar ? "\(completed)/\(total)" : "\(completed)/\(total) \(unit)")
    let done = completed - first
    let seconds = elapsed.inSeconds
    if done > 0 && seconds > 0 {
      let rate = Double(done) / seconds
      parts.append("\(rate.formatted(significantDigits: 3)) \(unit)/s")
      if completed < total {
        parts.append("\(Duration.seconds(Double(total - completed) / rate).readable) left")
      }
    }
    if !detail.isEmpty { parts.append(detail) }
    return parts.joined(separator: "  ")
  }
}

extension Console {
  /// Starts showing the progress of a job of `total` units.
  public func progress(_ title: String, total: Int, unit: String, startingAt first: Int = 0) -> Progress {
    Progress(title, total: total, unit: unit, startingAt: first, console: self)
  }

  /// Runs one step of a command and notes how long it took.
  public func step<Result>(_ title: String, _ work: () throws -> Result) rethrows -> Result {
    let start = ContinuousClock.Instant.now
    status(title + " …")
    let result = try work()
    note("\(title): \((ContinuousClock.Instant.now - start).readable)")
    return result
  }
}
