/// What to take of an input that holds more than one thing; the defaults take what nearly everyone wants.
///
/// An option that could change nothing about the input at hand is refused when it is read.
public struct InputOptions: Sendable, Equatable {
  /// Which features are taken, by their type.
  public enum FeatureTypes: Sendable, Equatable {
    case all
    /// Those of the given types, as the file names them.
    case only([String])
  }

  /// The genome whose features are taken; nil takes all, and is an error where each genome has a matrix of its own.
  public var genome: String?
  /// nil takes `Gene Expression` alone.
  public var featureTypes: FeatureTypes?
  /// The name under `uns/spatial`; nil takes the file's own, else the files' prefix, else the folder's name. In a folder
  /// with the files of several libraries it says which.
  public var library: String?
  /// The edge of the bins of a Visium HD folder in micrometres; nil takes 8.
  public var binMicrometres: Int?
  /// Takes the matrix of all barcodes in place of the filtered one.
  public var rawMatrix = false

  public init() {}
}

/// Something worth knowing about what was read: which of several things was taken, what was left out.
public struct InputNote: Sendable, Equatable, Codable, CustomStringConvertible {
  public var text: String
  /// Whether something is missing or odd, and not just chosen.
  public var isWarning: Bool

  public var description: String { text }

  static func note(_ text: String) -> InputNote { InputNote(text: text, isWarning: false) }
  static func warning(_ text: String) -> InputNote { InputNote(text: text, isWarning: true) }
}
