import StomicsCore

/// What is wrong with settings, and where they were found.
public enum ConfigurationError: StomicsError, Equatable {
  /// Where a setting was found.
  public enum Place: Sendable, Equatable, CustomStringConvertible {
    case file(String, line: Int)
    case flag

    public var description: String {
      switch self {
      case .file(let file, let line): "\(file), line \(line)"
      case .flag: "the command line"
      }
    }

    /// What a message about it begins with.
    fileprivate var opening: String { self == .flag ? "" : "\(self): " }
  }

  case unreadable(file: String, problem: String)
  case notYAML(file: String, line: Int?, problem: String)
  case notAMapping(section: String?, place: Place)
  case unknownKey(key: String, section: String?, known: [String], place: Place)
  case unknownFlag(String)
  case wrongType(setting: String, found: String, expected: String, place: Place)
  case outOfRange(setting: String, found: String, expected: String, place: Place?)
  case setTwice(setting: String, first: Place, second: Place)
  case headsDoNotDivide(setting: String, heads: Int, embeddingWidth: Int)
  case noEmbedding(mode: String)

  public var kind: ErrorKind {
    if case .unreadable = self { return .file }
    return .usage
  }

  public var description: String {
    switch self {
    case .unreadable(let file, let problem): return "\(file) cannot be read: \(problem)."
    case .notYAML(let file, let line, let problem):
      return "\(file)\(line.map { ", line \($0)" } ?? ""): this is not YAML: \(problem)."
    case .notAMapping(let section, let place):
      return "\(place.opening)\(section.map { "'\($0)' is" } ?? "the file is") not a list of 'key: value' lines."
    case .unknownKey(let key, let section, let known, let place):
      let known = known.sorted()
      return
        "\(place.opening)there is no setting '\(key)'\(section.map { " in '\($0)'" } ?? "")."
        + "\(didYouMean(key, among: known)) Known here: \(known.joined(separator: ", "))."
    case .unknownFlag(let name):
      return "There is no setting '\(name)'.\(didYouMean(name, among: TrainingSetting.all.map(\.name)))"
    case .wrongType(let setting, let found, let expected, let place):
      return "\(place.opening)\(named(setting, place)) is \(found); it must be \(expected)."
    case .outOfRange(let setting, let found, let expected, let place):
      return "\(place?.opening ?? "")\(named(setting, place)) is \(found); it must be \(expected)."
    case .setTwice(let setting, let first, let second):
      return "\(second.opening)'\(setting)' is set a second time; the first is in \(first). Keep one of them."
    case .noEmbedding(let mode):
      return "mode \(mode) reads an embedding of obsm: name it with --embedding obsm:KEY."
    case .headsDoNotDivide(let setting, let heads, let embeddingWidth):
      let divisors = (1...min(embeddingWidth, 16)).filter { embeddingWidth % $0 == 0 }
      return
        "\(setting) is \(heads), which does not divide embed_dim \(embeddingWidth). "
        + "Use one of \(divisors.map(String.init).joined(separator: ", ")), or another --embed-dim."
    }
  }

  /// The setting by its flag where a flag gave it, else by its key.
  private func named(_ setting: String, _ place: Place?) -> String {
    if place == .flag, let flag = TrainingSetting.named(setting)?.flag { return flag }
    return "'\(setting)'"
  }
}
