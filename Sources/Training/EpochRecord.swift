/// One line of history.csv. It holds nothing that depends on the machine's speed: equal runs have equal histories.
public struct EpochRecord: Sendable, Equatable, Codable {
  /// From 1.
  public var epoch: Int
  public var trainLoss: Double
  public var validationLoss: Double
  public var validationARI: Double
  public var validationNMI: Double
  public var validationAccuracy: Double
  /// The rate this epoch's step was made with.
  public var learningRate: Double

  static let header = "epoch,train_loss,val_loss,val_ari,val_nmi,val_accuracy,learning_rate"

  var csv: String {
    "\(epoch),\(trainLoss),\(validationLoss),\(validationARI),\(validationNMI),\(validationAccuracy),\(learningRate)"
  }
}
