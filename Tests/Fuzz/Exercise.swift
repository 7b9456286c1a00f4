import StomicsCLI
import StomicsCore

/// What one damaged file led to.
struct Ending: Sendable {
  /// Whether the reader got past opening.
  var opened = false
  /// Whether everything that was done gave a result, none an error.
  var isResult = true
  /// What is neither a result nor an error made for users.
  var fault: String?
}

extension Kind {
  /// Does with the file everything the kind lists. `choice` picks from `oneOf`, `output` is where results may go.
  func exercise(_ path: String, choice: UInt64, output: String) -> Ending {
    var ending = Ending()
    func attempt(_ body: () throws -> Void) -> Bool {
      do {
        try body()
        return true
      } catch is any StomicsError {
        ending.isResult = false
      } catch {
        ending.isResult = false
        ending.fault = ending.fault ?? "an error that was not made for users: \(type(of: error)): \(error)"
      }
      return false
    }
    ending.opened = attempt { try open(path) }
    if ending.opened { _ = attempt { try read(path) } }
    var lines = commands
    if !oneOf.isEmpty { lines.append(oneOf[Int(choice % UInt64(oneOf.count))]) }
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    for line in lines {
      let arguments = line.split(separator: " ").map { word in
        word == "@" ? path : String(word).replacing("^", with: folder).replacing("%", with: output)
      }
      let outcome = Stomics.run(arguments + ["--quiet", "--threads", "2"])
      switch ErrorKind(rawValue: outcome.exitCode) {
      case nil where outcome.exitCode == 0: break
      case .data, .file, .usage: ending.isResult = false
      case .software, nil:
        ending.isResult = false
        ending.fault =
          ending.fault ?? "'stomics \(line)' ends with \(outcome.exitCode): \(outcome.errors.prefix(300))"
      }
    }
    return ending
  }
}
