import StomicsCore

/// What can stop a training.
public enum TrainingError: StomicsError {
  case nonFiniteLoss(epoch: Int, learningRate: Double)
  case noTrainingSpots(String)
  case cannotResume(folder: String, problem: String)
  case runFolder(folder: String, problem: String)

  public var kind: ErrorKind {
    switch self {
    case .nonFiniteLoss, .noTrainingSpots: .data
    case .cannotResume: .usage
    case .runFolder: .file
    }
  }

  public var description: String {
    switch self {
    case .nonFiniteLoss(let epoch, let learningRate):
      "the loss of epoch \(epoch) is not a finite number (learning rate \(learningRate)). Try a lower --lr, and check the input with `stomics info`."
    case .noTrainingSpots(let problem): problem
    case .cannotResume(let folder, let problem): "cannot resume \(folder): \(problem)"
    case .runFolder(let folder, let problem): "\(folder): \(problem)"
    }
  }
}
