import StomicsCore

extension TrainingConfiguration {
  /// All settings as YAML in the published system's nesting; `load(yaml:file:)` of it gives the same configuration.
  public var yaml: String {
    var lines = ["# Settings of a stomics training. `stomics train --config` reads this file."]
    var open = [String]()
    for setting in TrainingSetting.all {
      let sections = setting.path.dropLast()
      let shared = zip(open, sections).prefix { $0 == $1 }.count
      for depth in shared..<sections.count {
        lines.append(indentation(depth) + sections[depth] + ":")
      }
      open = Array(sections)
      lines.append(
        indentation(sections.count) + setting.path[sections.count] + ": "
          + yamlText(setting.value(in: self), setting.kind))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func indentation(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

  /// Text in double quotes, everything else plain.
  private func yamlText(_ value: SettingValue, _ kind: SettingKind) -> String {
    guard case .text(let text) = value, case .text = kind else { return value.text }
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\" + String(scalar)
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      default:
        let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
        if isControl || scalar.value == 0x2028 || scalar.value == 0x2029 || scalar.value == 0xfeff {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}

/// In JSON a configuration is one object, each setting under its flat key. What is missing there has its default.
extension TrainingConfiguration: Codable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for setting in TrainingSetting.all {
      let key = Key(stringValue: setting.name)
      switch setting.value(in: self) {
      case .integer(let value): try container.encode(value, forKey: key)
      case .number(let value): try container.encode(value, forKey: key)
      case .toggle(let value): try container.encode(value, forKey: key)
      case .text(let value): try container.encode(value, forKey: key)
      case .absent: try container.encodeNil(forKey: key)
      }
    }
  }

  public init(from decoder: any Decoder) throws {
    self.init()
    let container = try decoder.container(keyedBy: Key.self)
    for key in container.allKeys {
      guard let setting = TrainingSetting.all.first(where: { $0.name == key.stringValue }) else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: container, debugDescription: "there is no setting '\(key.stringValue)'")
      }
      let value: SettingValue
      if try container.decodeNil(forKey: key) {
        value = .absent
      } else {
        switch setting.kind {
        case .integer: value = .integer(try container.decode(Int.self, forKey: key))
        case .number: value = .number(try container.decode(Double.self, forKey: key))
        case .toggle: value = .toggle(try container.decode(Bool.self, forKey: key))
        case .word, .text: value = .text(try container.decode(String.self, forKey: key))
        }
      }
      if let expected = setting.kind.problem(with: value) {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: container, debugDescription: "\(setting.name) is \(value.text); it must be \(expected)")
      }
      setting.assign(value, to: &self)
    }
  }
}
