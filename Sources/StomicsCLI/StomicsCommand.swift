import ArgumentParser
import StomicsCore

/// A subcommand: it parses flags, calls the rooms below, and says what came of it through the console it is given.
public protocol StomicsCommand: ParsableCommand {
  /// The flags every command has: `@OptionGroup(title: "General options") var general: GeneralOptions`.
  var general: GeneralOptions { get }

  /// Does the work. A `StomicsError` thrown here ends the program with its kind's exit code.
  func run(console: Console) throws
}

/// The flags every command has.
public struct GeneralOptions: ParsableArguments {
  @Option(help: "How many threads to use. The results do not depend on it. (default: all cores)")
  var threads: Int?

  @Flag(name: .shortAndLong, help: "Print no progress and no notes; results, warnings and errors stay.")
  var quiet = false

  @Flag(help: "Print the results as JSON.")
  var json = false

  public init() {}

  public func validate() throws {
    if let threads, threads < 1 {
      throw ValidationError("--threads is \(threads); give 1 or more, or leave it out to use all cores.")
    }
  }
}
