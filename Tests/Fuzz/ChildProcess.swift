import Glibc
import StomicsCore

/// This program started again, its standard output coming through a pipe and its standard error going to a file.
struct ChildProcess {
  let id: pid_t
  /// The reading end of its standard output.
  let output: Int32
  private let errors: String

  init(_ arguments: [String], errors: String) throws {
    self.errors = errors
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw Corpus.Failure(description: "no pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    // Swift's own report of a crash takes seconds and says nothing that is needed here.
    setenv("SWIFT_BACKTRACE", "enable=no", 1)
    var argv = (["stomics-fuzz"] + arguments).map { strdup($0) } + [nil]
    defer { for argument in argv { free(argument) } }
    var id: pid_t = 0
    let failure = posix_spawn(&id, "/proc/self/exe", &actions, nil, &argv, environ)
    close(ends[1])
    guard failure == 0 else {
      close(ends[0])
      throw Corpus.Failure(description: "a worker could not be started: \(String(cString: strerror(failure)))")
    }
    self.id = id
    output = ends[0]
  }

  /// The processor time it has had (proc(5), stat: the 14th and 15th field).
  var processorSeconds: Double {
    guard let bytes = try? readFile("/proc/\(id)/stat") else { return 0 }
    // The second field, a name in parentheses, may hold blanks.
    let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Waits for its end and says how it ended.
  func wait() -> String {
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0 && errno == EINTR {}
    close(output)
    let signal = status & 0x7f
    return signal == 0 ? "exit code \(status >> 8 & 0xff)" : "signal \(signal) (\(String(cString: strsignal(signal))))"
  }

  /// The first line on standard error that says why, if there is one.
  var lastError: String {
    guard let bytes = try? readFile(errors) else { return "" }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    let line = lines.first { $0.contains("Fatal error") || $0.contains("rror:") } ?? lines.last
    return line.map { "(\($0.prefix(300)))" } ?? ""
  }

  func removeErrors() { unlink(errors) }
}
