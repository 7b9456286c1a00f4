import ArgumentParser
import StomicsCore
import Testing

@testable import StomicsCLI

/// A command that prints a little and then throws what it is told to.
private struct Failing: StomicsCommand {
  @OptionGroup var general: GeneralOptions
  @Option var problem: Int32?
  @Flag var surprise = false

  func run(console: Console) throws {
    console.note("about to fail")
    console.line("a result")
    if surprise { throw Surprise() }
    if let problem { throw Problem(kind: ErrorKind(rawValue: problem) ?? .software) }
  }
}

private struct Problem: StomicsError {
  var kind: ErrorKind
  var description: String { "something is wrong with slice.h5ad." }
}

private struct Surprise: Error {}

@Suite("The command line")
struct CommandLineTests {
  /// Every command under the root, groups included.
  static func commands(under command: any ParsableCommand.Type = Stomics.self) -> [any ParsableCommand.Type] {
    command.configuration.subcommands.flatMap { [$0] + commands(under: $0) }
  }

  @Test("help and version go to standard output, with exit code 0")
  func help() {
    let help = Stomics.run(["--help"])
    #expect(help.exitCode == 0)
    #expect(help.output.contains("USAGE: stomics"))
    #expect(help.errors.isEmpty)
    #expect(Stomics.run([]).output == help.output)
    #expect(Stomics.run(["--version"]).output == stomicsVersion + "\n")
  }

  @Test("the help of every command explains it and shows an example")
  func examples() {
    for command in Self.commands() {
      let configuration = command.configuration
      #expect(!configuration.abstract.isEmpty, "\(command) says nothing of itself")
      if configuration.subcommands.isEmpty {
        let example = configuration.discussion.split(separator: "\n").contains {
          $0.drop { $0 == " " }.hasPrefix("stomics ") && $0.contains(" \(command._commandName) ")
        }
        #expect(example, "\(command) shows no example")
      }
    }
  }

  @Test("an unknown flag or command is a usage error", arguments: ["--no-such-flag", "no-such-command"])
  func unknown(argument: String) {
    let outcome = Stomics.run([argument])
    #expect(outcome.exitCode == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains(argument))
  }

  @Test("a thrown error decides the exit code", arguments: [ErrorKind.usage, .data, .file, .software])
  func exitCodes(kind: ErrorKind) throws {
    let console = Console(.captured)
    #expect(Stomics.perform(try Failing.parse(["--problem", "\(kind.rawValue)"]), console: console) == kind.rawValue)
    #expect(console.captured.errors == "about to fail\nError: something is wrong with slice.h5ad.\n")
    #expect(console.captured.output == "a result\n")
  }

  @Test("an error nobody foresaw is called a bug")
  func bug() throws {
    let console = Console(.captured)
    #expect(Stomics.perform(try Failing.parse(["--surprise"]), console: console) == 70)
    #expect(console.captured.errors.contains("bug"))
  }

  @Test("--quiet leaves results, warnings and errors")
  func quiet() throws {
    let console = Console(.captured)
    #expect(Stomics.perform(try Failing.parse(["--quiet"]), console: console) == 0)
    console.progress("training", total: 2, unit: "epochs").finish("done")
    console.warning("few spots")
    #expect(console.captured.output == "a result\n")
    #expect(console.captured.errors == "Warning: few spots\n")
  }

  @Test("--json prints the value, otherwise the text")
  func json() throws {
    let plain = Console(.captured)
    try plain.result(["ari": 0.5], text: "ARI 0.5")
    #expect(plain.captured.output == "ARI 0.5\n")
    let console = Console(.captured)
    console.configure(try GeneralOptions.parse(["--json"]))
    try console.result(["ari": Double.nan], text: "ARI nan")
    #expect(console.captured.output == "{\n  \"ari\" : \"nan\"\n}\n")
    struct Value: Encodable { var macroF1 = 0.5, byClass = ["newLayer": 1] }
    let keys = Console(.captured)
    keys.configure(try GeneralOptions.parse(["--json"]))
    try keys.result(Value(), text: "")
    #expect(keys.captured.output.contains("\"macro_f1\"") && keys.captured.output.contains("\"newLayer\""))
  }

  @Test("a thread count below one is refused")
  func threads() {
    #expect(throws: (any Error).self) { try GeneralOptions.parse(["--threads", "0"]) }
  }
}
