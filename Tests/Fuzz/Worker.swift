import Compression
import Glibc
import StomicsCore

/// What one worker process is told to do: damaged files by number, or stored ones by name.
struct WorkItem: Sendable {
  var kind: String
  var seeds: Range<Int>
  /// Stored files instead, numbered from 0.
  var stored: [String] = []
  /// Whether this is a second look at a failure, alone in its process.
  var isRepeat = false

  /// As one argument of the command line: `h5ad:100-200`, or `h5ad:0-2:first.gz,second.gz`.
  var text: String {
    "\(kind):\(seeds.lowerBound)-\(seeds.upperBound)" + (stored.isEmpty ? "" : ":" + stored.joined(separator: ","))
  }

  init(kind: String, seeds: Range<Int>) {
    self.kind = kind
    self.seeds = seeds
  }

  init(parsing text: String) throws {
    let parts = text.split(separator: ":", maxSplits: 2).map(String.init)
    let bounds = parts.count >= 2 ? parts[1].split(separator: "-").compactMap { Int($0) } : []
    guard bounds.count == 2, bounds[0] <= bounds[1] else { throw Corpus.Failure(description: "no work in '\(text)'") }
    kind = parts[0]
    seeds = bounds[0]..<bounds[1]
    if parts.count > 2 { stored = parts[2].split(separator: ",").map(String.init) }
  }
}

/// The process that opens damaged files, one after the other, and reports the begin and end of each on standard output.
struct Worker {
  let task: WorkItem
  let corpus: Corpus

  func run() throws {
    guard let kind = Kind.named(task.kind) else { throw Corpus.Failure(description: "no kind \(task.kind)") }
    // A claimed size of terabytes must fail here, not bring down what else runs on the machine.
    var limit = rlimit(rlim_cur: 8 << 30, rlim_max: 8 << 30)
    setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    let folder = "\(corpus.folder)/work-\(getpid())"
    defer { removeFolder(folder) }
    let files = task.stored.isEmpty ? try corpus.files(of: kind) : []
    for number in task.seeds {
      let bytes: [UInt8]
      if task.stored.isEmpty {
        bytes = Mutant(kind: kind, seed: UInt64(number), files: files).bytes
      } else {
        bytes = try Inflater().inflate(try readFile(task.stored[number]), format: .gzip)
      }
      let path = folder + "/" + kind.path
      removeFolder(folder)
      try lay(bytes, at: path, kind, in: folder)
      say("begin \(number)")
      let start = monotonicSeconds()
      resetPeak()
      let ending = kind.exercise(path, choice: UInt64(number) / 7, output: folder + "/out")
      let milliseconds = Int((monotonicSeconds() - start) * 1000)
      let fields = [
        "\(number)", ending.opened ? "1" : "0", ending.isResult ? "1" : "0", "\(milliseconds)", "\(peakKilobytes())",
        "\(bytes.count)", ending.fault.map { $0.replacing("\n", with: " ") } ?? "",
      ]
      say("end " + fields.joined(separator: "\t"))
    }
  }

  /// The damaged file and what lies beside it.
  private func lay(_ bytes: [UInt8], at path: String, _ kind: Kind, in folder: String) throws {
    try makeFolder(folder)
    for name in [kind.path] + kind.companions.keys where name.contains("/") {
      try makeFolder(folder + "/" + name.split(separator: "/").dropLast().joined(separator: "/"))
    }
    for (name, source) in kind.companions {
      try AtomicFile.write(corpus.bytes(of: source, for: name), to: folder + "/" + name)
    }
    try AtomicFile.write(bytes, to: path)
  }

  /// Sets the mark of the most memory used back to what is used now (proc(5), clear_refs).
  private func resetPeak() {
    let descriptor = open("/proc/self/clear_refs", O_WRONLY)
    guard descriptor >= 0 else { return }
    write(descriptor, "5", 1)
    close(descriptor)
  }

  /// The most memory that was resident since `resetPeak`.
  private func peakKilobytes() -> Int {
    guard let bytes = try? readFile("/proc/self/status") else { return 0 }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("VmHWM:") {
      return Int(line.split(whereSeparator: { !$0.isNumber }).first ?? "0") ?? 0
    }
    return 0
  }
}
