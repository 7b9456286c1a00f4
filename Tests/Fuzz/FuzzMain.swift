import ArgumentParser
import Glibc
import StomicsCore

/// `stomics-fuzz`: damages files of every kind and looks whether anything but a result or an error comes of it.
///
/// The process that is started keeps the books; the work is done by processes of the same program, so that a crash ends
/// one of those only.
@main struct StomicsFuzz: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stomics-fuzz",
    abstract: "Open damaged files of every kind, and report what ends otherwise than with a result or an error.")

  @Option(help: "How many damaged files to make, over all kinds.") var count = 500
  @Option(help: "The number of the first one; the same number over the same seed file makes the same damaged file.")
  var seed = 1
  @Option(help: "Only this kind: \(Kind.all.map(\.name).joined(separator: ", ")).") var kind: String?
  @Option(help: "How many to work on at a time.") var jobs = min(4, Threads.available)
  @Option(help: "Store what failed here, packed, with a line each in seeds.tsv.") var keep: String?
  @Option(help: "Instead of making files, open those stored here by --keep.") var replay: String?
  @Option(help: "Write the one damaged file of --kind and --seed here, and do nothing else.") var write: String?
  @Option(help: "Where the fixtures lie.") var fixtures = "Tests/Fixtures"
  @Option(help: "A folder for what is made on the way; a temporary one by default.") var scratch: String?
  @Option(help: .hidden) var work: String?

  func validate() throws {
    guard count > 0, seed >= 0, jobs > 0 else { throw ValidationError("--count, --seed and --jobs are positive.") }
    if let kind, Kind.named(kind) == nil { throw ValidationError("There is no kind '\(kind)'.") }
    if write != nil && kind == nil { throw ValidationError("--write needs --kind.") }
  }

  func run() throws {
    if let work {
      try Worker(task: WorkItem(parsing: work), corpus: Corpus(folder: scratch ?? ".", fixtures: fixtures)).run()
      return
    }
    let folder = scratch ?? temporaryFolder()
    defer { if scratch == nil { removeFolder(folder) } }
    try makeFolder(folder)
    let corpus = Corpus(folder: folder, fixtures: fixtures)
    try corpus.make()
    let kinds = kind.flatMap(Kind.named).map { [$0] } ?? Kind.all
    if let write {
      let mutant = try Mutant(kind: kinds[0], seed: UInt64(seed), files: corpus.files(of: kinds[0]))
      try AtomicFile.write(mutant.bytes, to: write)
      say("\(write): \(mutant.file.name), \(mutant.history.joined(separator: "; "))")
      return
    }
    var supervisor = Supervisor(corpus: corpus, jobs: jobs)
    if let replay {
      supervisor.plan(replaying: try Stored.list(in: replay), in: replay)
    } else {
      supervisor.plan(count: count, seed: UInt64(seed), kinds: kinds)
    }
    try supervisor.run()
    if let keep { try Stored.keep(supervisor.failures, corpus: corpus, in: keep) }
    say(supervisor.report)
    if !supervisor.failures.isEmpty { throw ExitCode.failure }
  }
}

/// A new folder for one run.
private func temporaryFolder() -> String {
  let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
  return "\(base)/stomics-fuzz-\(getpid())"
}
