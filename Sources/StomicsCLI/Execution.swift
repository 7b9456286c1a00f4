import ArgumentParser
import StomicsCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension Stomics {
  /// What a command printed and how it ended.
  public struct Outcome: Sendable, Equatable {
    public var exitCode: Int32
    /// What went to standard output: results.
    public var output: String
    /// What went to standard error: progress, notes, warnings, errors.
    public var errors: String
  }

  /// Runs one command line inside this process and returns what it printed; `arguments` excludes the program's name.
  public static func run(_ arguments: [String]) -> Outcome {
    let console = Console(.captured)
    let code = execute(arguments, console: console)
    let printed = console.captured
    return Outcome(exitCode: code, output: printed.output, errors: printed.errors)
  }

  /// Runs the command line of this process and returns the exit code.
  public static func runProcess() -> Int32 {
    // A closed pipe (`stomics info slice.h5ad | head -3`) must not end a run half way: writes fail instead, and the
    // console goes silent.
    ignoreBrokenPipes()
    return execute(Array(CommandLine.arguments.dropFirst()), console: Console(.process))
  }

  /// Parses, runs, and turns whatever was thrown into a message and an exit code: the one place that does.
  static func execute(_ arguments: [String], console: Console) -> Int32 {
    let code = dispatch(arguments, console: console)
    guard code == 0, let failure = console.outputFailure else { return code }
    return end(running: failure, console: console)
  }

  private static func dispatch(_ arguments: [String], console: Console) -> Int32 {
    let command: any ParsableCommand
    do {
      command = try parseAsRoot(arguments)
    } catch {
      return end(parsing: error, console: console)
    }
    guard let command = command as? any StomicsCommand else {
      // The root without a subcommand, a group of commands, or `help`: all of them only print help.
      var other = command
      do {
        try other.run()
        return 0
      } catch {
        return end(parsing: error, console: console)
      }
    }
    return perform(command, console: console)
  }

  /// Runs a parsed command.
  static func perform(_ command: any StomicsCommand, console: Console) -> Int32 {
    console.configure(command.general)
    Threads.count = command.general.threads ?? Threads.available
    do {
      try command.run(console: console)
      return 0
    } catch {
      return end(running: error, console: console)
    }
  }

  /// Help and version requests go to standard output; anything else is a usage error.
  private static func end(parsing error: any Error, console: Console) -> Int32 {
    let text = fullMessage(for: error)
    if exitCode(for: error) == .success {
      console.line(text)
      return 0
    }
    console.error(text)
    return ErrorKind.usage.rawValue
  }

  private static func end(running error: any Error, console: Console) -> Int32 {
    switch error {
    case let error as any StomicsError:
      console.error("Error: \(error.description)")
      return error.kind.rawValue
    case let error as ExitCode:
      return error.rawValue
    case let error as CocoaError:
      console.error("Error: \(error.fileProblem)")
      return ErrorKind.file.rawValue
    case is ValidationError, is CleanExit:
      return end(parsing: error, console: console)
    default:
      console.error("Error: \(error)\nThis should have been a clearer message: it is a bug of stomics.")
      return ErrorKind.software.rawValue
    }
  }
}

extension CocoaError {
  /// The path and the reason, without Foundation's codes.
  fileprivate var fileProblem: String {
    let path = filePath ?? url?.path
    let reason = underlying.map { "\($0)" } ?? "code \(code.rawValue)"
    return "the file system refused \(path.map { "'\($0)'" } ?? "an operation"): \(reason)."
  }
}
