import StomicsCore

/// One setting of a training: its names, what it takes, and what it does.
///
/// The flag, the flat key and the nested key of one setting all come from this one entry of `TrainingSetting.all`.
public struct TrainingSetting: Sendable {
  /// The flat key in a YAML file, unique among all settings: "embed_dim".
  public let name: String
  /// The nested key, as the published system's files have it: ["model", "embed_dim"].
  public let path: [String]
  /// What values are allowed.
  public let kind: SettingKind
  /// One sentence for `--help`.
  public let help: String
  private let get: @Sendable (TrainingConfiguration) -> SettingValue
  private let set: @Sendable (inout TrainingConfiguration, SettingValue) -> Void

  init(
    _ path: [String], name: String, kind: SettingKind, help: String,
    get: @escaping @Sendable (TrainingConfiguration) -> SettingValue,
    set: @escaping @Sendable (inout TrainingConfiguration, SettingValue) -> Void
  ) {
    self.path = path
    self.name = name
    self.kind = kind
    self.help = help
    self.get = get
    self.set = set
  }

  /// The flag on the command line: "--embed-dim".
  public var flag: String { "--" + name.replacing("_", with: "-") }

  /// The nested key as one word: "model.embed_dim".
  public var dottedPath: String { path.joined(separator: ".") }

  /// The value a configuration holds.
  public func value(in configuration: TrainingConfiguration) -> SettingValue { get(configuration) }

  /// The default as text, nil where the default is to leave it open.
  public var defaultText: String? {
    let value = get(TrainingConfiguration())
    return value == .absent ? nil : value.text
  }

  /// Sets a value whose kind and range have been checked.
  func assign(_ value: SettingValue, to configuration: inout TrainingConfiguration) { set(&configuration, value) }

  /// The setting of that flat key, nested key or flag.
  public static func named(_ name: String) -> TrainingSetting? {
    all.first { $0.name == name || $0.dottedPath == name || $0.flag == name }
  }
}

/// A setting's value, as files and flags hold it.
public enum SettingValue: Sendable, Equatable {
  case integer(Int)
  case number(Double)
  case toggle(Bool)
  case text(String)
  /// Left open: null in YAML.
  case absent

  /// As it stands in messages and files.
  public var text: String {
    switch self {
    case .integer(let value): String(value)
    case .number(let value): String(value)
    case .toggle(let value): String(value)
    case .text(let value): value
    case .absent: "null"
    }
  }
}

/// What values a setting takes.
public enum SettingKind: Sendable, Equatable {
  /// A whole number of the range.
  case integer(ClosedRange<Int>, optional: Bool)
  /// A number of the interval.
  case number(Interval, optional: Bool)
  case toggle
  /// One of some words; case, `-` and `_` do not matter.
  case word([String], optional: Bool)
  case text(optional: Bool)

  /// An interval of numbers.
  public enum Interval: String, Sendable {
    case positive = "a number above 0"
    case notNegative = "a number of at least 0"
    /// A share that leaves something: above 0 and below 1.
    case insideUnit = "a number above 0 and below 1"
    /// A probability of dropping: 0 allowed, 1 not.
    case belowOne = "a number of at least 0 and below 1"

    func contains(_ value: Double) -> Bool {
      switch self {
      case .positive: value > 0 && value.isFinite
      case .notNegative: value >= 0 && value.isFinite
      case .insideUnit: value > 0 && value < 1
      case .belowOne: value >= 0 && value < 1
      }
    }
  }

  /// What is allowed, for messages: "a whole number of at least 1".
  public var expected: String {
    switch self {
    case .integer(let range, _):
      range.upperBound == Int.max
        ? "a whole number of at least \(range.lowerBound)"
        : "a whole number of \(range.lowerBound) to \(range.upperBound)"
    case .number(let interval, _): interval.rawValue
    case .toggle: "true or false"
    case .word(let words, _): "one of \(words.joined(separator: ", "))"
    case .text: "text"
    }
  }

  /// The value the text stands for, nil where it is of another kind. Ranges are checked by `problem(with:)`.
  /// - Parameter quoted: whether a file put it in quotes, so that it is text whatever it looks like
  func parse(_ text: String, quoted: Bool = false) -> SettingValue? {
    switch self {
    case .integer: return quoted ? nil : Int(text).map { .integer($0) }
    case .number: return quoted ? nil : Double(text).map { .number($0) }
    case .toggle:
      if quoted { return nil }
      switch text.lowercased() {
      case "true", "yes", "on": return .toggle(true)
      case "false", "no", "off": return .toggle(false)
      default: return nil
      }
    case .word(let words, _):
      let wanted = SettingKind.folded(text)
      return words.first { SettingKind.folded($0) == wanted }.map { .text($0) }
    case .text: return .text(text)
    }
  }

  /// Whether the value may be left open.
  var isOptional: Bool {
    switch self {
    case .integer(_, let optional), .number(_, let optional), .word(_, let optional), .text(let optional): optional
    case .toggle: false
    }
  }

  /// What is expected where the value is not allowed, nil where it is.
  func problem(with value: SettingValue) -> String? {
    let allowed =
      switch (self, value) {
      case (_, .absent): isOptional
      case (.integer(let range, _), .integer(let number)): range.contains(number)
      case (.number(let interval, _), .number(let number)): interval.contains(number)
      case (.toggle, .toggle): true
      case (.word(let words, _), .text(let word)): words.contains(word)
      case (.text, .text): true
      default: false
      }
    return allowed ? nil : expected
  }

  private static func folded(_ word: String) -> String { word.lowercased().replacing("_", with: "-") }
}
