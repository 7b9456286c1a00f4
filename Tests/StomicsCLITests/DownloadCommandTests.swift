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
    let isSlice = try readFile(folder + "/151674.h5ad") == slice
    #expect(isSlice)
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
    let isSlice = try readFile(folder + "/151673.h5ad") == slice
    #expect(isSlice)
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
    for total in [nil, 50_000_000] {
      let console = Console(.captured)
      let display = DownloadDisplay(console)
      display.planned(files, total)
      for (index, size) in [(0, 2_000_000), (1, 48_000_000)] {
        for bytes in [0, size / 2, size] {
          display.arrived(DownloadProgress(file: files[index], index: index, bytes: bytes, total: size))
        }
      }
      let lines = console.captured.errors.split(separator: "\n").map { $0.components(separatedBy: "  ") }
      if total == nil {
        #expect(lines.map { $0[0] } == ["151507.h5ad (1 of 2)", "151508.h5ad (2 of 2)"])
        #expect(lines.map { $0[1] } == ["2000/2000 kB", "48/48 MB"])
      } else {
        #expect(lines.map { $0[0] } == ["downloading"] && lines.map { $0[1] } == ["50/50 MB"])
        #expect(lines[0].last == "151508.h5ad (2 of 2)")
      }
    }
  }
}

/// A TLS server of OpenSSL's on 127.0.0.1 that sends a folder's files as they are, as whole answers; it ends with the
/// object.
private final class SecureServer {
  let port: String
  /// Its certificate, which signs itself.
  let certificate: String
  private let process: Process

  /// Nil where it does not start within 10 s.
  init?(_ scratch: Scratch) throws {
    certificate = scratch.path + "/certificate.pem"
    let key = scratch.path + "/key.pem"
    let made = try Program.shell(
      "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1"
        + " -keyout '\(key)' -out '\(certificate)'")
    try #require(made.exitCode == 0, "\(made.printed)")
    let log = scratch.path + "/server.log"
    process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = [
      "-c",
      "exec openssl s_server -accept 127.0.0.1:0 -HTTP -naccept 20 -cert '\(certificate)' -key '\(key)' > '\(log)' 2>&1",
    ]
    process.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
    try process.run()
    var found: String?
    for _ in 0..<1000 where found == nil {
      usleep(10_000)
      let lines = (try? String(contentsOfFile: log, encoding: .utf8))?.split(separator: "\n") ?? []
      found = lines.first { $0.hasPrefix("ACCEPT ") }?.split(separator: ":").last.map(String.init)
    }
    guard let found else {
      process.terminate()
      return nil
    }
    port = found
  }

  deinit { process.terminate() }
}

@Suite(
  "Downloads by https", .enabled(if: Program.path != nil && FileManager.default.fileExists(atPath: "/usr/bin/openssl")))
struct SecureDownloadTests {
  @Test("a server of unknown certificate is refused, a trusted one serves, and neither may send on to plain http")
  func certificates() throws {
    let scratch = try Scratch()
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(slice.count)\r\nConnection: close\r\n\r\n"
    _ = try scratch.file("151673.h5ad", Array(answer.utf8) + slice)
    let plain = try FileServer()
    plain.set("/151674.h5ad", .file(slice))
    let onwards = "HTTP/1.1 302 Found\r\nLocation: \(plain.address)/151674.h5ad\r\nContent-Length: 0\r\n\r\n"
    _ = try scratch.file("151674.h5ad", Array(onwards.utf8))
    let server = try #require(try SecureServer(scratch))
    func download(_ name: String, trusting: String) throws -> (exitCode: Int32, printed: String) {
      try Program.shell(
        "no_proxy=127.0.0.1 CURL_CA_BUNDLE= SSL_CERT_FILE='\(trusting)' stomics download dlpfc --slice \(name)"
          + " -o '\(scratch.path)/out' --mirror https://127.0.0.1:\(server.port) --retries 0")
    }
    let unknown = try download("151673", trusting: "")
    #expect(unknown.exitCode == 74 && unknown.printed.contains("certificate cannot be verified"), "\(unknown.printed)")
    let trusted = try download("151673", trusting: server.certificate)
    #expect(trusted.exitCode == 0, "\(trusted.printed)")
    let isSlice = try readFile(scratch.path + "/out/151673.h5ad") == slice
    #expect(isSlice)
    let sentOn = try download("151674", trusting: server.certificate)
    #expect(sentOn.exitCode == 74 && sentOn.printed.contains("an address that is not https"), "\(sentOn.printed)")
    #expect(plain.requests.isEmpty)
  }
}

@Suite("Stopped downloads", .enabled(if: Program.path != nil))
struct DownloadInterruptionTests {
  /// Starts a download as a process of its own.
  private func start(_ server: FileServer, _ folder: String, pipe: Pipe) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["--default-signal=INT", try #require(Program.path)]
      + ["download", "dlpfc", "--slice", "151673", "-o", folder, "--mirror", server.address]
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    return process
  }

  private func size(_ path: String) -> Int { (try? readFile(path).count) ?? 0 }

  @Test(
    "a signal ends it with 128 + its number, keeps what came, and the next run goes on", arguments: [SIGINT, SIGTERM])
  func signals(signal: Int32) throws {
    let server = try FileServer()
    let scratch = try Scratch()
    let pipe = Pipe()
    server.set("/151673.h5ad", .slow(slice, piece: max(1, slice.count / 200)))
    let process = try start(server, scratch.path, pipe: pipe)
    while process.isRunning && size(scratch.path + "/151673.h5ad.part") == 0 { usleep(10_000) }
    kill(process.processIdentifier, signal)
    let printed = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 128 + signal, "\(printed)")
    let goOn = "go on with: stomics download dlpfc -o \(scratch.path) --slice 151673 --mirror \(server.address)"
    #expect(printed.contains(goOn), "\(printed)")
    try expectToGoOn(server, scratch.path)
  }

  @Test("after kills at random moments, of start-up and of the end too, the slice is whole or not there")
  func killed() throws {
    let server = try FileServer()
    let scratch = try Scratch()
    server.set("/151673.h5ad", .slow(slice, piece: slice.count / 20))
    var random = SeededGenerator(seed: 11)
    var kills = 0
    while kills < 20 {
      let before = server.requests.count
      let process = try start(server, scratch.path, pipe: Pipe())
      // Every other one gets as far as its request, however slowly the machine starts it.
      while kills % 2 == 1 && process.isRunning && server.requests.count == before { usleep(10_000) }
      usleep(UInt32(random.uniform(10_000, 300_000)))
      if process.isRunning { kills += 1 }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      guard let found = try? readFile(scratch.path + "/151673.h5ad") else { continue }
      let isSlice = found == slice
      #expect(isSlice)
      try FileManager.default.removeItem(atPath: scratch.path + "/151673.h5ad")
    }
    let arguments = ["download", "dlpfc", "--slice", "151673", "-o", scratch.path, "--mirror", server.address]
    #expect(Stomics.run(arguments).exitCode == 0)
    let isSlice = try readFile(scratch.path + "/151673.h5ad") == slice
    #expect(isSlice)
    let continued = server.requests.count { $0.headers["range"] != nil }
    #expect(continued > 0, "no part was ever continued")
  }

  private func expectToGoOn(_ server: FileServer, _ folder: String) throws {
    let part = size(folder + "/151673.h5ad.part")
    #expect(part > 0 && part < slice.count)
    server.set("/151673.h5ad", .file(slice))
    let outcome = Stomics.run(["download", "dlpfc", "--slice", "151673", "-o", folder, "--mirror", server.address])
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(server.requests.last?.headers["range"] == "bytes=\(part)-")
    let isSlice = try readFile(folder + "/151673.h5ad") == slice
    #expect(isSlice)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["151673.h5ad", "SHA256SUMS"])
  }
}
