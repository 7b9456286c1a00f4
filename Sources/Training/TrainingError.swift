import StomicsCore

/// What can stop a training.
public enum TrainingError: StomicsError {
  case nonFiniteLoss(epoch: Int, learningRate: Double)
  case noTrainingSpots(String)
  case noLabelKey(file: String)
  case otherGenes(wanted: Int, found: Int, file: String)
  case cannotResume(folder: String, problem: String)
  case runFolder(folder: String, problem: String)

  public var kind: ErrorKind {
    switch self {
    case .nonFiniteLoss, .noTrainingSpots: .data
    case .cannotResume, .noLabelKey, .otherGenes: .usage
    case .runFolder: .file
    }
  }

  public var description: String {
    switch self {
    case .nonFiniteLoss(let epoch, let learningRate):
      "the loss of epoch \(epoch) is not a finite number (learning rate \(learningRate)). Try a lower --lr, and check the input with `stomics info`."
    case .noTrainingSpots(let problem): problem
    case .noLabelKey(let file):
      "\(file) does not say which obs column holds the labels. Name it with --label-key, or preprocess with --label-key."
    case .otherGenes(let wanted, let found, let file):
      "\(file) was preprocessed with \(found) highly variable genes, the settings ask for \(wanted). Preprocess again with --n-top-genes \(wanted), or leave n_top_genes out."
    case .cannotResume(let folder, let problem): "cannot resume \(folder): \(problem)"
    case .runFolder(let folder, let problem): "\(folder): \(problem)"
    }
  }
}
