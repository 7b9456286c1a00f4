import FoundationEssentials
import StomicsCore
import Yams

extension TrainingConfiguration {
  /// The settings of a YAML file, where there is one, and of flags over them.
  /// - Parameter flags: settings by flat key, with the text given for each
  /// - Throws: `ConfigurationError` or `SplitError`
  public static func resolved(
    file: String? = nil, flags: [(setting: String, text: String)] = []
  ) throws -> TrainingConfiguration {
    var result = TrainingConfiguration()
    if let file { try result.load(file: file) }
    for (setting, text) in flags { try result.set(setting, to: text) }
    try result.validate()
    return result
  }

  /// Sets one setting from a flag's text.
  /// - Parameter name: its flat key, nested key or flag
  /// - Throws: `ConfigurationError`
  public mutating func set(_ name: String, to text: String) throws(ConfigurationError) {
    guard let setting = TrainingSetting.named(name) else { throw .unknownFlag(name) }
    guard let value = setting.kind.parse(text) else {
      throw .wrongType(setting: setting.name, found: "'\(text)'", expected: setting.kind.expected, place: .flag)
    }
    if let expected = setting.kind.problem(with: value) {
      throw .outOfRange(setting: setting.name, found: text, expected: expected, place: .flag)
    }
    setting.assign(value, to: &self)
  }

  /// Sets what a YAML file sets; the published system's files are such files.
  /// - Throws: `ConfigurationError`
  public mutating func load(file: String) throws(ConfigurationError) {
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: file))
    } catch {
      throw .unreadable(
        file: file,
        problem: FileManager.default.fileExists(atPath: file) ? "no permission, or a folder" : "there is no such file")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw .notYAML(file: file, line: nil, problem: "it is not UTF-8 text")
    }
    try load(yaml: text, file: file)
  }

  /// Sets what YAML text sets.
  ///
  /// A setting stands under its flat key at the top level, or under its nested key, or under its flat key inside a
  /// section that its nested key begins with. Each may be set once.
  /// - Parameter file: the file's name, for messages
  /// - Throws: `ConfigurationError`
  public mutating func load(yaml text: String, file: String) throws(ConfigurationError) {
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw ConfigurationError(error, file: file)
    } catch {
      throw .notYAML(file: file, line: nil, problem: "\(error)")
    }
    // An empty file, and one of comments only, sets nothing.
    guard let root else { return }
    if case .scalar(let scalar) = root, isNull(scalar) { return }
    var reader = ConfigurationReader(file: file)
    try reader.read(root, section: [], into: &self)
  }
}

private struct ConfigurationReader {
  let file: String
  var seen: [String: ConfigurationError.Place] = [:]

  /// Reads one mapping: the whole file, or a section of it.
  mutating func read(
    _ node: Node, section: [String], into configuration: inout TrainingConfiguration
  ) throws(ConfigurationError) {
    guard case .mapping(let mapping) = node else {
      throw .notAMapping(section: section.last, place: place(node))
    }
    for (keyNode, value) in mapping {
      guard let key = keyNode.string else { throw .notAMapping(section: section.last, place: place(keyNode)) }
      let path = section + [key]
      let isSection = TrainingSetting.all.contains { $0.path.count > path.count && $0.path.starts(with: path) }
      if case .mapping = value, isSection {
        try read(value, section: path, into: &configuration)
      } else if let setting = setting(key, in: section) {
        try read(value, for: setting, at: place(keyNode), into: &configuration)
      } else if case .scalar(let scalar) = value, isSection, isNull(scalar) {
        continue  // a section with nothing in it
      } else if isSection {
        throw .notAMapping(section: key, place: place(keyNode))
      } else {
        throw .unknownKey(key: key, section: section.last, known: knownKeys(in: section), place: place(keyNode))
      }
    }
  }

  /// Reads one setting's value.
  private mutating func read(
    _ node: Node, for setting: TrainingSetting, at place: ConfigurationError.Place,
    into configuration: inout TrainingConfiguration
  ) throws(ConfigurationError) {
    if let first = seen[setting.name] { throw .setTwice(setting: setting.name, first: first, second: place) }
    seen[setting.name] = place
    func wrongType(_ found: String) -> ConfigurationError {
      .wrongType(setting: setting.name, found: found, expected: setting.kind.expected, place: place)
    }
    guard case .scalar(let scalar) = node else {
      if case .sequence = node { throw wrongType("a list") }
      throw wrongType("a section")
    }
    let value: SettingValue
    if isNull(scalar) {
      if !setting.kind.isOptional { throw wrongType("empty") }
      value = .absent
    } else {
      let quoted = isQuoted(scalar)
      guard let parsed = setting.kind.parse(scalar.string, quoted: quoted) else {
        throw wrongType(quoted ? "the text '\(scalar.string)'" : "'\(scalar.string)'")
      }
      value = parsed
    }
    if let expected = setting.kind.problem(with: value) {
      throw .outOfRange(setting: setting.name, found: scalar.string, expected: expected, place: place)
    }
    setting.assign(value, to: &configuration)
  }

  private func setting(_ key: String, in section: [String]) -> TrainingSetting? {
    TrainingSetting.all.first { $0.path == section + [key] || ($0.name == key && $0.path.starts(with: section)) }
  }

  private func knownKeys(in section: [String]) -> [String] {
    var keys = Set<String>()
    for setting in TrainingSetting.all where setting.path.starts(with: section) {
      keys.insert(setting.path[section.count])
      keys.insert(setting.name)
    }
    return Array(keys)
  }

  private func place(_ node: Node) -> ConfigurationError.Place { .file(file, line: node.mark?.line ?? 1) }
}

private func isQuoted(_ scalar: Node.Scalar) -> Bool { scalar.style != .plain && scalar.style != .any }

/// YAML's ways of saying nothing.
private func isNull(_ scalar: Node.Scalar) -> Bool {
  !isQuoted(scalar) && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
}

extension ConfigurationError {
  fileprivate init(_ error: YamlError, file: String) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      self = .notYAML(file: file, line: mark.line, problem: problem)
    case .duplicatedKeysInMapping(let duplicates, let context):
      self = .notYAML(
        file: file, line: context.mark.line,
        problem: "the section that begins here has '\(duplicates.sorted().joined(separator: "', '"))' twice")
    case .reader(let problem, _, _, _): self = .notYAML(file: file, line: nil, problem: problem)
    default: self = .notYAML(file: file, line: nil, problem: "\(error)")
    }
  }
}
