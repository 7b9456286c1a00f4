import Foundation
import StomicsCore
import Testing

/// A Chromium without a window, where this machine has one.
struct Browser {
  /// The program; nil where none is installed or it does not start.
  static let path: String? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    for name in ["chromium", "chromium-browser", "google-chrome"] {
      for folder in folders {
        let candidate = folder + "/" + name
        guard FileManager.default.isExecutableFile(atPath: candidate) else { continue }
        if let result = try? launch(candidate, ["--version"], in: "/tmp"), result.exitCode == 0 { return candidate }
      }
    }
    return nil
  }()

  let folder: String

  /// What a run of the browser printed.
  struct Output {
    var exitCode: Int32
    var output: String
    var errors: String
  }

  /// Opens a page without any network, lets its scripts run for 8 virtual seconds, and does what the flags say.
  func open(_ page: String, _ flags: [String], width: Int = 1280, height: Int = 2400) throws -> Output {
    let program = try #require(Self.path)
    let result = try Self.launch(
      program,
      [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
        "--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-component-update",
        "--user-data-dir=\(folder)/profile", "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr",
        "--window-size=\(width),\(height)", "--virtual-time-budget=8000", "--force-device-scale-factor=1",
      ] + flags + ["file://" + page], in: folder)
    #expect(result.exitCode == 0, "\(result.errors.suffix(2000))")
    return result
  }

  /// Runs a program for 120 seconds at most.
  private static func launch(_ program: String, _ arguments: [String], in folder: String) throws -> Output {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    process.arguments = ["120", program] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    var handles: [FileHandle] = []
    let paths = ["out", "err"].map { FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).\($0)" }
    defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
    for path in paths {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
      handles.append(try FileHandle(forWritingTo: URL(fileURLWithPath: path)))
    }
    process.standardOutput = handles[0]
    process.standardError = handles[1]
    try process.run()
    process.waitUntilExit()
    let texts = try paths.map { String(decoding: try readFile($0), as: UTF8.self) }
    return Output(exitCode: process.terminationStatus, output: texts[0], errors: texts[1])
  }
}

extension Browser.Output {
  /// What the page's scripts and policy complained of.
  var complaints: [Substring] { errors.split(separator: "\n").filter { $0.contains("CONSOLE") } }
}
