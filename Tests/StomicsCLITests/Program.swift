import Foundation
import Testing

/// The built `stomics` as a process of its own: for signals, pipes and full disks, which no in-process run can show.
struct Program {
  /// The executable lies beside the bundle of tests.
  static let path: String? = {
    let candidates = CommandLine.arguments.map { URL(fileURLWithPath: $0) }
      .map { $0.deletingLastPathComponent().appendingPathComponent("stomics").path }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  /// Runs a shell line in which `stomics` is the program; returns its exit code and everything it printed.
  static func shell(_ line: String, in folder: String = "/") throws -> (exitCode: Int32, printed: String) {
    let program = try #require(path)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", "stomics() { '\(program)' \"$@\"; }; " + line]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}

@Suite("The program as a process", .enabled(if: Program.path != nil))
struct ProgramTests {
  @Test("a reader that has enough ends nothing")
  func closedPipe() throws {
    let result = try Program.shell("set -o pipefail; stomics --help | head -n 1")
    #expect(result.exitCode == 0)
    #expect(result.printed.hasPrefix("OVERVIEW"))
  }

  @Test("a full disk under standard output is a file error")
  func fullDisk() throws {
    let result = try Program.shell("stomics --help > /dev/full")
    #expect(result.exitCode == 74)
    #expect(result.printed == "Error: cannot write the results to standard output: No space left on device.\n")
  }
}
