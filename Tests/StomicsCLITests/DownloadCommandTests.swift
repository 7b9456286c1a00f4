import Foundation
import Simulation
import StomicsCore
import TestSupport
import Testing

@testable import Download
@testable import StomicsCLI

/// The bytes of a small h5ad file.
private let slice: [UInt8] = {
  do {
    let scratch = try Scratch()
    try simulateCortex(SimulationOptions(spots: 60, genes: 60, seed: 2)).write(to: scratch.path + "/slice.h5ad")
    return try readFile(scratch.path + "/slice.h5ad")
  } catch {
    return []
  }
}()

@Suite("download")
struct DownloadCommandTests {
  let server: FileServer
  let scratch: Scratch

  init() throws {
    server = try FileServer()
    scratch = try Scratch()
  }

  private var folder: String { scratch.path + "/dlpfc" }

  private func download(_ flags: String...) -> Stomics.Outcome {
    Stomics.run(["download", "dlpfc", "-o", folder, "--mirror", server.address + "/files/{id}"] + flags)
  }

  @Test("without a dataset, or with --list, it says what there is and asks nobody")
  func lists() throws {
    let datasets = Stomics.run(["download"])
    #expect(datasets.exitCode == 0 && datasets == Stomics.run(["download", "--list"]))
    #expect(datasets.output.contains("dlpfc: human dorsolateral") && datasets.output.contains("CC BY 4.0"))
    let files = download("--list")
    #expect(files.output.split(separator: "\n").count == 13)
    #expect(files.output.contains(server.address + "/files/39055568"))
    let json = Stomics.run(["download", "dlpfc", "--list", "--json", "--slice", "151673"])
    #expect(json.output.contains("\"address\" : \"https://ndownloader.figshare.com/files/39055568\""))
    #expect(server.requests.isEmpty)
  }

  @Test("two slices come, are checked, and are not fetched again")
  func twoSlices() throws {
    server.set("/files/39055568", .file(slice))
    server.set("/files/39055565", .file(slice))
    let first = download("--slice", "151674", "--slice", "151673")
    #expect(first.exitCode == 0, "\(first)")
    #expect(first.output.contains("151673.h5ad") && first.output.contains("fetched"))
    #expect(try readFile(folder + "/151674.h5ad") == slice)
    #expect(server.requests.count == 2)
    #expect(server.requests.first?.headers["user-agent"] == "stomics/" + stomicsVersion)
    let second = download("--slice", "151674", "--slice", "151673", "--quiet", "--json")
    #expect(second.exitCode == 0 && second.errors.isEmpty)
    #expect(second.output.contains("\"state\" : \"present\""))
    #expect(server.requests.count == 2)
    #expect(download("--list", "--slice", "151673").output.contains(" kB "))
  }

  @Test("a changed slice is reported, its exit code says so, and --force fetches it")
  func changed() throws {
    server.set("/files/39055568", .file(slice))
    _ = download("--slice", "151673")
    _ = try scratch.file("dlpfc/151673.h5ad", [1, 2, 3])
    let found = download("--slice", "151673")
    #expect(found.exitCode == 65)
    #expect(found.output.contains("NOT AS RECORDED") && found.errors.contains("--force"))
    #expect(try readFile(folder + "/151673.h5ad") == [1, 2, 3])
    #expect(download("--slice", "151673", "--force").exitCode == 0)
    #expect(try readFile(folder + "/151673.h5ad") == slice)
  }

  @Test("a web page in place of the slice is an error that says so, and nothing of it stays")
  func webPage() throws {
    server.set("/files/39055568", .status(200, body: "<!DOCTYPE html><html><body>Please log in</body></html>"))
    let outcome = download("--slice", "151673")
    #expect(outcome.exitCode == 65)
    #expect(outcome.errors.contains("a web page") && outcome.errors.contains("log in"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
  }

  @Test("an HDF5 file of another kind is no slice")
  func otherHDF5() throws {
    server.set("/files/39055568", .file(try Scratch.bytes("tenx.h5")))
    let outcome = download("--slice", "151673")
    #expect(outcome.exitCode == 65)
    #expect(outcome.errors.contains("not an h5ad file"), "\(outcome.errors)")
  }

  @Test(
    "flags that make no sense are usage errors",
    arguments: [
      ["download", "dlpcf"], ["download", "dlpfc", "--slice", "151763"], ["download", "dlpfc", "--mirror", "ftp://x"],
      ["download", "--slice", "151673"], ["download", "dlpfc", "--retries", "-1"],
      ["download", "dlpfc", "--stall-timeout", "0"],
    ])
  func usage(arguments: [String]) {
    #expect(Stomics.run(arguments).exitCode == 64)
  }

  @Test("a missing file and a blocked folder are file errors")
  func fileErrors() throws {
    let missing = download("--slice", "151673")
    #expect(missing.exitCode == 74 && missing.errors.contains("answered 404"))
    let blocked = try scratch.file("blocked", [1])
    let outcome = Stomics.run(["download", "dlpfc", "-o", blocked + "/x", "--mirror", server.address])
    #expect(outcome.exitCode == 74 && outcome.errors.contains(blocked))
  }

  @Test("the progress of a download: file by file, or all of it")
  func display() throws {
    let files = Array(Dataset.dlpfc.files.prefix(2))
    for total in [nil, 5_000_000] {
      let console = Console(.captured)
      let display = DownloadDisplay(console)
      display.planned(files, total)
      for (index, size) in [(0, 2_000_000), (1, 3_000_000)] {
        for bytes in [0, size / 2, size] {
          display.arrived(DownloadProgress(file: files[index], index: index, bytes: bytes, total: size))
        }
      }
      let lines = console.captured.errors.split(separator: "\n").map { $0.components(separatedBy: "  ") }
      if total == nil {
        #expect(lines.map { $0[0] } == ["151507.h5ad (1 of 2)", "151508.h5ad (2 of 2)"])
        #expect(lines.map { $0[1] } == ["2/2 MB", "3/3 MB"])
      } else {
        #expect(lines.map { $0[0] } == ["downloading"] && lines.map { $0[1] } == ["5/5 MB"])
        #expect(lines[0].last == "151508.h5ad (2 of 2)")
      }
    }
  }
}

@Suite("Stopped downloads", .enabled(if: Program.path != nil))
struct DownloadInterruptionTests {
  /// Starts a slow download as a process of its own and waits until some of it is there.
  private func start(_ server: FileServer, _ folder: String, pipe: Pipe) throws -> Process {
    server.set("/151673.h5ad", .slow(slice, piece: max(1, slice.count / 200)))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["--default-signal=INT", try #require(Program.path)]
      + ["download", "dlpfc", "--slice", "151673", "-o", folder, "--mirror", server.address]
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    while process.isRunning && size(folder + "/151673.h5ad.part") == 0 { usleep(10_000) }
    return process
  }

  private func size(_ path: String) -> Int { (try? readFile(path).count) ?? 0 }

  @Test(
    "a signal ends it with 128 + its number, keeps what came, and the next run goes on", arguments: [SIGINT, SIGTERM])
  func signals(signal: Int32) throws {
    let server = try FileServer()
    let scratch = try Scratch()
    let pipe = Pipe()
    let process = try start(server, scratch.path, pipe: pipe)
    kill(process.processIdentifier, signal)
    let printed = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 128 + signal, "\(printed)")
    let goOn = "go on with: stomics download dlpfc -o \(scratch.path) --slice 151673 --mirror \(server.address)"
    #expect(printed.contains(goOn), "\(printed)")
    try expectToGoOn(server, scratch.path)
  }

  @Test("a kill leaves a part that the next run continues")
  func killed() throws {
    let server = try FileServer()
    let scratch = try Scratch()
    let process = try start(server, scratch.path, pipe: Pipe())
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try expectToGoOn(server, scratch.path)
  }

  private func expectToGoOn(_ server: FileServer, _ folder: String) throws {
    let part = size(folder + "/151673.h5ad.part")
    #expect(part > 0 && part < slice.count)
    server.set("/151673.h5ad", .file(slice))
    let outcome = Stomics.run(["download", "dlpfc", "--slice", "151673", "-o", folder, "--mirror", server.address])
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(server.requests.last?.headers["range"] == "bytes=\(part)-")
    #expect(try readFile(folder + "/151673.h5ad") == slice)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["151673.h5ad", "SHA256SUMS"])
  }
}
