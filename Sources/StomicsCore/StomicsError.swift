/// An error a user can act on: what was wrong, where, what was there instead, and what to do.
///
/// Bugs are preconditions; everything that files, flags or data can cause is thrown as one of these.
public protocol StomicsError: Error, CustomStringConvertible, Sendable {
  /// Which exit code the command line ends with.
  var kind: ErrorKind { get }
}

/// Exit codes of the command line (sysexits.h).
public enum ErrorKind: Int32, Sendable {
  /// Flags or settings that make no sense.
  case usage = 64
  /// The content of a file is not what it should be.
  case data = 65
  /// A bug of this program.
  case software = 70
  /// A file cannot be opened, read or written.
  case file = 74
}
