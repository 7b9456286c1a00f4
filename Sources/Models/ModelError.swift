import StomicsCore

/// What can be wrong with a model's settings or its checkpoint.
public enum ModelError: StomicsError {
  case configuration(String)
  case checkpoint(file: String, problem: String)
  case unreadable(file: String, problem: String)
  case mismatch(file: String, key: String, found: String, expected: String)

  public var kind: ErrorKind {
    switch self {
    case .configuration: .usage
    case .unreadable: .file
    case .checkpoint, .mismatch: .data
    }
  }

  public var description: String {
    switch self {
    case .configuration(let problem): "model settings: \(problem)"
    case .checkpoint(let file, let problem): "checkpoint \(file): \(problem)"
    case .unreadable(let file, let problem): "\(file): \(problem)"
    case .mismatch(let file, let key, let found, let expected):
      "checkpoint \(file): '\(key)' is \(found), the model needs \(expected). Was it trained with other settings?"
    }
  }
}
