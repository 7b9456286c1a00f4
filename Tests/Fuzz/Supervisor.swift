import Glibc
import StomicsCore

/// Gives work to worker processes, watches them, and keeps the books.
struct Supervisor {
  /// A file that led to something else than a result or an error.
  struct Failure {
    let kind: String
    let seed: Int
    /// The stored file, in a replay.
    var stored: String?
    var what: String
    /// Whether it happens again in a process of its own; nil until that was tried.
    var repeats: Bool?
  }

  /// What one kind of file led to.
  struct Tally {
    var files = 0
    var opened = 0
    var results = 0
    var errors = 0
    var failures = 0
    var slowestMilliseconds = 0
    var largestKilobytes = 0
  }

  /// No file may take longer. On a busy machine a process gets only a part of the time, so it is stopped once it has
  /// had half of this, or after six times as long without having had it.
  static let secondsAllowed = 10.0

  private struct Running {
    var item: WorkItem
    let process: ChildProcess
    /// The file it is at, since when.
    var current: Int?
    var since = 0.0
    /// The processor time it had had by then.
    var processorSince = 0.0
    var line: [UInt8] = []
    var wasKilled = false
  }

  let corpus: Corpus
  let jobs: Int
  private(set) var failures: [Failure] = []
  private(set) var tallies: [String: Tally] = [:]
  private var waiting: [WorkItem] = []
  private var running: [Running] = []
  private var order: [String] = []
  private let started = monotonicSeconds()

  init(corpus: Corpus, jobs: Int) {
    self.corpus = corpus
    self.jobs = jobs
  }

  /// Shares out `count` damaged files over the kinds, in pieces of 100.
  mutating func plan(count: Int, seed: UInt64, kinds: [Kind]) {
    let all = kinds.reduce(0) { $0 + $1.share }
    // By shares, rounded; what is left over goes to the first kind.
    var counts = kinds.map { max(1, count * $0.share / all) }
    if let first = counts.first { counts[0] = max(1, first + count - counts.reduce(0, +)) }
    for (kind, own) in zip(kinds, counts) {
      order.append(kind.name)
      for start in stride(from: 0, to: own, by: 100) {
        waiting.append(
          WorkItem(kind: kind.name, seeds: Int(seed) + start..<Int(seed) + min(own, start + 100)))
      }
    }
  }

  /// Opens stored files instead.
  mutating func plan(replaying files: [Stored], in folder: String) {
    for kind in Kind.all {
      let own = files.filter { $0.kind == kind.name }.map { folder + "/" + $0.file }
      if own.isEmpty { continue }
      order.append(kind.name)
      var item = WorkItem(kind: kind.name, seeds: 0..<own.count)
      item.stored = own
      waiting.append(item)
    }
  }

  // MARK: The loop

  mutating func run() throws {
    while !waiting.isEmpty || !running.isEmpty {
      while running.count < jobs, !waiting.isEmpty { try start(waiting.removeFirst()) }
      var descriptors = running.map { pollfd(fd: $0.process.output, events: Int16(POLLIN), revents: 0) }
      poll(&descriptors, nfds_t(descriptors.count), 200)
      for index in running.indices.reversed() {
        if descriptors[index].revents != 0, !readLines(index) {
          finish(index)
        } else if let seed = running[index].current, !running[index].wasKilled, hangs(running[index]) {
          running[index].wasKilled = true
          kill(running[index].process.id, SIGKILL)
          let worker = running[index]
          let elapsed = Int(monotonicSeconds() - worker.since)
          let used = Int(worker.process.processorSeconds - worker.processorSince)
          note("\(worker.item.kind) \(seed): stopped after \(elapsed) s, of which it computed \(used) s")
        }
      }
    }
  }

  private func hangs(_ worker: Running) -> Bool {
    let elapsed = monotonicSeconds() - worker.since
    if elapsed <= Self.secondsAllowed { return false }
    return elapsed > 6 * Self.secondsAllowed
      || worker.process.processorSeconds - worker.processorSince > Self.secondsAllowed / 2
  }

  private mutating func start(_ item: WorkItem) throws {
    let process = try ChildProcess(
      ["--work", item.text, "--scratch", corpus.folder, "--fixtures", corpus.fixtures],
      errors: "\(corpus.folder)/errors-\(running.count)-\(monotonicSeconds())")
    running.append(Running(item: item, process: process))
  }

  /// Takes what the worker printed; false at its end.
  private mutating func readLines(_ index: Int) -> Bool {
    var block = [UInt8](repeating: 0, count: 65536)
    let count = block.withUnsafeMutableBytes { read(running[index].process.output, $0.baseAddress, $0.count) }
    if count <= 0 { return count < 0 && (errno == EINTR || errno == EAGAIN) }
    for byte in block[..<count] {
      if byte == 10 {
        handle(String(decoding: running[index].line, as: UTF8.self), index)
        running[index].line.removeAll(keepingCapacity: true)
      } else {
        running[index].line.append(byte)
      }
    }
    return true
  }

  private mutating func handle(_ line: String, _ index: Int) {
    if line.hasPrefix("begin ") {
      running[index].current = Int(line.dropFirst(6))
      running[index].since = monotonicSeconds()
      running[index].processorSince = running[index].process.processorSeconds
    } else if line.hasPrefix("end ") {
      let fields = line.dropFirst(4).split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count == 7, let seed = Int(fields[0]) else { return }
      let numbers = fields[3...5].map { Int($0) ?? 0 }
      running[index].current = nil
      running[index].item.seeds = seed + 1..<running[index].item.seeds.upperBound
      var fault = fields[6].isEmpty ? nil : String(fields[6])
      if numbers[1] * 1024 > 4 * numbers[2] + 200_000_000 {
        fault = "\(numbers[1] / 1024) MiB of memory for a file of \(numbers[2]) bytes"
      }
      book(
        running[index].item, seed: seed, opened: fields[1] == "1", isResult: fields[2] == "1", fault: fault,
        milliseconds: numbers[0], kilobytes: numbers[1])
    }
  }

  /// A worker has ended: its work is done, or the file it was at has ended it.
  private mutating func finish(_ index: Int) {
    let worker = running.remove(at: index)
    let ending = worker.process.wait()
    defer { worker.process.removeErrors() }
    if let seed = worker.current {
      let what =
        worker.wasKilled ? "no end after \(Int(Self.secondsAllowed)) s" : "\(ending) \(worker.process.lastError)"
      book(
        worker.item, seed: seed, opened: true, isResult: false, fault: what, milliseconds: 0, kilobytes: 0)
      var rest = worker.item
      rest.seeds = seed + 1..<worker.item.seeds.upperBound
      if !rest.seeds.isEmpty { waiting.insert(rest, at: 0) }
    } else if !worker.item.seeds.isEmpty {
      // It never came to its first file, or ended between two.
      let seed = worker.item.seeds.lowerBound
      book(
        worker.item, seed: seed, opened: false, isResult: false,
        fault: "the worker ended between two files: \(ending) \(worker.process.lastError)", milliseconds: 0,
        kilobytes: 0)
      var rest = worker.item
      rest.seeds = seed + 1..<worker.item.seeds.upperBound
      if !rest.seeds.isEmpty { waiting.append(rest) }
    }
  }

  // MARK: The books

  private mutating func book(
    _ item: WorkItem, seed: Int, opened: Bool, isResult: Bool, fault: String?, milliseconds: Int, kilobytes: Int
  ) {
    if item.isRepeat {
      let place = failures.lastIndex { $0.kind == item.kind && $0.seed == seed }
      guard let place else { return }
      failures[place].repeats = fault != nil
      // A busy machine can make anything slow once.
      if fault == nil, failures[place].what.hasPrefix("no end after") {
        failures.remove(at: place)
        tallies[item.kind]?.failures -= 1
        tallies[item.kind]?.errors += isResult ? 0 : 1
        tallies[item.kind]?.results += isResult ? 1 : 0
      } else if let fault, !fault.isEmpty {
        failures[place].what = fault
      }
      return
    }
    var tally = tallies[item.kind] ?? Tally()
    tally.files += 1
    tally.opened += opened ? 1 : 0
    tally.slowestMilliseconds = max(tally.slowestMilliseconds, milliseconds)
    tally.largestKilobytes = max(tally.largestKilobytes, kilobytes)
    if let fault {
      tally.failures += 1
      failures.append(
        Failure(
          kind: item.kind, seed: seed, stored: item.stored.isEmpty ? nil : item.stored[seed], what: fault,
          repeats: nil))
      note("\(item.kind) \(item.stored.isEmpty ? "\(seed)" : item.stored[seed]): \(fault)")
      var again = item
      again.seeds = seed..<seed + 1
      again.isRepeat = true
      waiting.append(again)
    } else if isResult {
      tally.results += 1
    } else {
      tally.errors += 1
    }
    tallies[item.kind] = tally
  }

  private func note(_ text: String) { say("fuzz: \(text)", on: 2) }

  /// The table, and below it each failure with the command that makes it again.
  var report: String {
    var lines = [
      "| kind | files | got past opening | results | errors | failures | slowest | most memory |",
      "|---|---|---|---|---|---|---|---|",
    ]
    var all = Tally()
    func row(_ name: String, _ t: Tally) -> String {
      let share = t.files > 0 ? 100 * t.opened / t.files : 0
      return "| \(name) | \(t.files) | \(share) % | \(t.results) | \(t.errors) | \(t.failures) "
        + "| \(t.slowestMilliseconds) ms | \(t.largestKilobytes / 1024) MiB |"
    }
    for name in order {
      let t = tallies[name] ?? Tally()
      lines.append(row(name, t))
      all.files += t.files
      all.opened += t.opened
      all.results += t.results
      all.errors += t.errors
      all.failures += t.failures
      all.slowestMilliseconds = max(all.slowestMilliseconds, t.slowestMilliseconds)
      all.largestKilobytes = max(all.largestKilobytes, t.largestKilobytes)
    }
    lines.append(row("all", all))
    lines.append("\(Int(monotonicSeconds() - started)) s")
    if !failures.isEmpty { lines.append("\nWhat was neither a result nor an error:") }
    for failure in failures.prefix(60) {
      let again = failure.repeats == false ? " (not again in a process of its own)" : ""
      let command =
        failure.stored.map { "(stored as \($0))" }
        ?? "scripts/fuzz --kind \(failure.kind) --seed \(failure.seed) --count 1"
      lines.append("  \(command)\n      \(failure.what)\(again)")
    }
    if failures.count > 60 { lines.append("  … and \(failures.count - 60) more") }
    return lines.joined(separator: "\n")
  }
}

func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Writes a line to a descriptor at once, past any buffer: the last words before a crash must be out.
func say(_ text: String, on descriptor: Int32 = 1) {
  let bytes = Array((text + "\n").utf8)
  _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
}
