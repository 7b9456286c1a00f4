import StomicsCore

/// Compressed bytes that cannot be unpacked, or bytes that cannot be packed.
public enum CompressionError: StomicsError, Equatable {
  /// The stream breaks its own format: truncated, damaged, or another format altogether.
  case damaged(format: String)
  /// The stream holds another number of bytes than its surroundings say.
  case wrongSize(format: String, expected: Int, found: Int)
  /// The stream unpacks to more than the caller allows.
  case tooLarge(format: String, limit: Int)
  /// No compressor with such a level.
  case invalidLevel(Int)

  public var kind: ErrorKind {
    switch self {
    case .invalidLevel: .usage
    default: .data
    }
  }

  public var description: String {
    switch self {
    case .damaged(let format): "a \(format) stream is damaged or truncated"
    case .wrongSize(let format, let expected, let found):
      "a \(format) stream unpacks to \(found) bytes where \(expected) were announced"
    case .tooLarge(let format, let limit):
      "a \(format) stream unpacks to more than \(limit) bytes, the most that is allowed here"
    case .invalidLevel(let level): "no compression level \(level); levels go from 0 (store) to 12 (smallest)"
    }
  }
}
