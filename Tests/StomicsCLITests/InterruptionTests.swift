import Foundation
import StomicsCore
import TestSupport
import Testing

@testable import StomicsCLI

@Suite("Stopped trainings", .enabled(if: Program.path != nil))
struct InterruptionTests {
  /// A training of so many epochs that it can be stopped in the middle, and none of them stops it early.
  private static let settings = [
    "--embed-dim", "16", "--hidden-dim", "32", "--patience", "1000000",
  ]

  /// Starts the program in a process of its own; what it prints goes to the pipe, or nowhere.
  private func start(_ arguments: [String], printingTo pipe: Pipe? = nil) throws -> Process {
    let process = Process()
    // `env` gives back the default reaction to Ctrl-C that a shell takes from what runs in its background.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["--default-signal=INT", try #require(Program.path)] + arguments
    process.standardOutput = pipe ?? FileHandle.nullDevice
    process.standardError = pipe ?? FileHandle.nullDevice
    try process.run()
    return process
  }

  @Test("a signal ends it with 128 + its number, says how to go on, and loses nothing", arguments: [SIGINT, SIGTERM])
  func interrupt(signal: Int32) throws {
    let slice = try SmallSlice()
    let run = slice.folder + "/run"
    let pipe = Pipe()
    let process = try start(
      ["train", slice.path, "-o", run, "--epochs", "100000", "--checkpoint-interval", "100000"] + Self.settings,
      printingTo: pipe)
    while !FileManager.default.fileExists(atPath: run + "/config.yaml") && process.isRunning { usleep(10_000) }
    usleep(300_000)
    kill(process.processIdentifier, signal)
    let printed = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 128 + signal, "\(printed)")
    #expect(printed.contains("Go on with: stomics train \(slice.path) -o \(run) --resume"))
    let history = String(decoding: try slice.bytes("run/history.csv"), as: UTF8.self)
    let epochs = history.split(separator: "\n").count - 1
    #expect(epochs > 0)
    #expect(printed.contains("stopped after epoch \(epochs)"))
    let resumed = succeed(["train", slice.path, "-o", run, "--resume", "--epochs", "\(epochs + 2)"])
    #expect(resumed.errors.contains("going on after epoch \(epochs)"))
  }

  @Test("after 20 kills at random moments weights and history are those of a run never disturbed")
  func kills() throws {
    let slice = try SmallSlice()
    let arguments = ["train", slice.path, "--epochs", "120", "--checkpoint-interval", "3"] + Self.settings
    succeed(arguments + ["-o", slice.folder + "/whole", "--quiet"])
    var random = SeededGenerator(seed: 7)
    var kills = 0
    while kills < 20 {
      // Start-up is part of what is disturbed: some are killed before the first epoch, some while a file is written.
      let process = try start(arguments + ["-o", slice.folder + "/run", "--resume"])
      usleep(UInt32(random.uniform(20_000, 300_000)))
      guard process.isRunning else {
        // A fast machine was done before: from the beginning.
        try FileManager.default.removeItem(atPath: slice.folder + "/run")
        continue
      }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      kills += 1
    }
    succeed(arguments + ["-o", slice.folder + "/run", "--resume", "--quiet"])
    for file in ["model.safetensors", "history.csv", "predictions.csv", "state.safetensors"] {
      #expect(try slice.bytes("whole/" + file) == slice.bytes("run/" + file), "\(file) differs")
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: slice.folder + "/run")
    #expect(!names.contains { $0.hasSuffix(".tmp") }, "unfinished files are left: \(names)")
  }
}
