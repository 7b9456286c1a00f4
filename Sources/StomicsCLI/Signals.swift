import Glibc
import Synchronization

/// Makes writing to a closed pipe an error instead of the program's end.
func ignoreBrokenPipes() {
  signal(SIGPIPE, SIG_IGN)
}

/// Ctrl-C and `kill` as a question that a long job asks between two steps.
///
/// The first signal only sets a flag, so that the job stops at a place it can go on from; the second ends the program.
enum Interruption {
  /// The signal received, 0 for none. A global, because a signal handler may touch nothing else.
  private static let received = Atomic<Int32>(0)

  /// Starts listening to SIGINT and SIGTERM, where they are not ignored already (as in a shell's background).
  static func listen() {
    received.store(0, ordering: .relaxed)  // also makes the global before a handler can need it
    // A parent may have started this program with signals blocked; such a parent's `kill` is meant all the same.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    for number in [SIGINT, SIGTERM] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { Interruption.received.store($0, ordering: .relaxed) }
      action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
      var before = sigaction()
      sigaction(number, &action, &before)
      let wasIgnored =
        unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
      if wasIgnored { sigaction(number, &before, nil) }
    }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Whether a signal came since `listen()`.
  static var requested: Bool { received.load(ordering: .relaxed) != 0 }

  /// The exit code a shell expects of a program that a signal stopped: 128 + its number.
  static var exitCode: Int32 { 128 + received.load(ordering: .relaxed) }
}
