import Autodiff
import Kernels
import Metrics
import Models
import StomicsCore

/// Trains one model on one set of spots, epoch by epoch: full batch, weighted cross-entropy on the training spots,
/// AdamW, learning rate halved on a plateau of the validation ARI, early stop.
public final class Trainer {
  public let model: Model
  public let configuration: TrainingConfiguration
  /// Seconds of each epoch run by this object: step, evaluation, bookkeeping.
  public private(set) var epochSeconds: [Double] = []
  /// Cost of one epoch by kind of operation: the latest one's.
  public private(set) var costs: [OperationKind: Tape.Cost] = [:]

  /// Floats of the largest buffer that training holds.
  public var largestBuffer: Int { tape.largestBuffer }

  private let data: ModelData
  private let training: LabelledSpots
  private let validation: LabelledSpots
  /// `[C]`
  public let classWeights: [Float]
  private var tape = Tape()
  private var firstMoments: [Float]
  private var secondMoments: [Float]
  private var best: [Float]
  public private(set) var progress: TrainerState.Progress
  /// The shared beginning of the last evaluation and the next step; it lies on the tape below this mark.
  private var prefix: Model.Prefix?
  private var prefixMark = 0

  private struct LabelledSpots {
    let selection: SpotSelection
    /// `[R]`
    let labels: [Int32]

    init(_ spots: [Int], _ labels: [Int32], _ data: ModelData) {
      let ascending = spots.sorted()
      selection = data.select(ascending)
      self.labels = ascending.map { labels[$0] }
    }
  }

  /// - Parameters:
  ///   - labels: `[N]`, the class of every spot; -1 where it has none
  ///   - training, validation: disjoint spots, all labelled
  ///   - fingerprint: names the settings and data for `TrainerState`
  public init(
    _ model: Model, data: ModelData, labels: [Int32], training: [Int], validation: [Int],
    configuration: TrainingConfiguration,
    fingerprint: String = ""
  ) throws(TrainingError) {
    guard !training.isEmpty else { throw .noTrainingSpots("no spot is left to train on: the split gave none") }
    guard !validation.isEmpty else { throw .noTrainingSpots("no spot is left to validate on: the split gave none") }
    self.model = model
    self.data = data
    self.configuration = configuration
    self.training = LabelledSpots(training, labels, data)
    self.validation = LabelledSpots(validation, labels, data)
    classWeights = Self.classWeights(
      training.map { labels[$0] }, classes: model.configuration.classCount, weighted: configuration.classWeights)
    best = model.parameters.snapshot
    firstMoments = [Float](repeating: 0, count: best.count)
    secondMoments = firstMoments
    progress = TrainerState.Progress(
      schedule: PlateauSchedule(
        learningRate: configuration.learningRate, factor: configuration.schedulerFactor,
        patience: configuration.schedulerPatience,
        threshold: configuration.schedulerThreshold), fingerprint: fingerprint)
  }

  /// w_c = (1 / n_c) / Σ (1 / n_c) · C over the training spots; a class without any has weight 0.
  public static func classWeights(_ labels: [Int32], classes: Int, weighted: Bool = true) -> [Float] {
    var counts = [Int](repeating: 0, count: classes)
    for label in labels where label >= 0 { counts[Int(label)] += 1 }
    guard weighted else { return counts.map { $0 > 0 ? 1 : 0 } }
    let inverse = counts.map { $0 > 0 ? 1 / Double($0) : 0 }
    let sum = inverse.reduce(0, +)
    return inverse.map { Float($0 / sum * Double(classes)) }
  }

  // MARK: State

  public var state: TrainerState {
    get {
      TrainerState(
        parameters: model.parameters.snapshot, firstMoments: firstMoments, secondMoments: secondMoments, best: best,
        progress: progress)
    }
    set {
      model.parameters.restore(newValue.parameters)
      firstMoments = newValue.firstMoments
      secondMoments = newValue.secondMoments
      best = newValue.best
      progress = newValue.progress
      prefix = nil
    }
  }

  /// Epochs run so far.
  public var epoch: Int { progress.history.count }

  /// Whether the last epoch is reached or the validation ARI has not risen for `patience` epochs.
  public var isFinished: Bool { epoch >= configuration.epochs || progress.epochsSinceBest >= configuration.patience }

  /// Sets the model to the best epoch's parameters and lets go of the buffers of training.
  public func restoreBest() {
    model.parameters.restore(best)
    prefix = nil
    tape = Tape()
  }

  // MARK: Epochs

  /// One training step and the evaluation of the validation spots.
  @discardableResult
  public func runEpoch() throws(TrainingError) -> EpochRecord {
    let start = ContinuousClock.now
    tape.resetCosts()
    let learningRate = progress.schedule.learningRate
    let trainLoss = try step(learningRate: learningRate)
    let evaluation = evaluate()
    guard trainLoss.isFinite, evaluation.loss.isFinite else {
      throw .nonFiniteLoss(epoch: epoch + 1, learningRate: learningRate)
    }
    let record = EpochRecord(
      epoch: epoch + 1, trainLoss: trainLoss, validationLoss: evaluation.loss, validationARI: evaluation.ari,
      validationNMI: evaluation.nmi, validationAccuracy: evaluation.accuracy, learningRate: learningRate)
    progress.history.append(record)
    progress.schedule.step(evaluation.ari)
    if evaluation.ari > progress.bestValidationARI ?? -.infinity {
      progress.bestValidationARI = evaluation.ari
      progress.bestEpoch = record.epoch
      progress.epochsSinceBest = 0
      best = model.parameters.snapshot
    } else {
      progress.epochsSinceBest += 1
    }
    costs = tape.costs
    epochSeconds.append(start.duration(to: .now).seconds)
    return record
  }

  /// Computes what training step and evaluation share, unless the last evaluation left it.
  private func sharedPrefix() -> Model.Prefix {
    if let prefix { return prefix }
    tape.rewind()
    let fresh = model.prefix(tape, data)
    prefix = fresh
    prefixMark = tape.mark
    return fresh
  }

  private func step(learningRate: Double) throws(TrainingError) -> Double {
    let shared = sharedPrefix()
    model.parameters.zeroGradients()
    tape.beginTraining(seed: UInt64(configuration.seed), step: epoch + 1)
    let output = model.finish(tape, shared, data, training.selection)
    let loss = tape.crossEntropy(output.logits, labels: training.labels, classWeights: classWeights)
    let value = Double(tape.value(loss)[0, 0])
    guard value.isFinite else { throw .nonFiniteLoss(epoch: epoch + 1, learningRate: learningRate) }
    tape.backward(from: loss)
    firstMoments.withUnsafeMutableBufferPointer { m in
      secondMoments.withUnsafeMutableBufferPointer { v in
        guard let m = m.baseAddress, let v = v.baseAddress else { return }
        Kernels.adamW(
          model.parameters.values, gradients: model.parameters.gradients, m: m, v: v,
          count: model.parameters.layout.count, learningRate: learningRate, weightDecay: configuration.weightDecay,
          step: epoch + 1)
      }
    }
    prefix = nil
    return value
  }

  private func evaluate() -> (loss: Double, ari: Double, nmi: Double, accuracy: Double) {
    let shared = sharedPrefix()
    tape.beginEvaluation()
    let output = model.finish(tape, shared, data, validation.selection)
    let loss = tape.crossEntropy(output.logits, labels: validation.labels, classWeights: classWeights)
    let value = Double(tape.value(loss)[0, 0])
    let predicted = mostProbableClasses(tape.value(output.logits))
    tape.rewind(to: prefixMark)
    let table = ContingencyTable(validation.labels, predicted)
    let right = zip(validation.labels, predicted).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
    return (value, table.adjustedRandIndex, table.normalisedMutualInformation, Double(right) / Double(predicted.count))
  }
}

extension Duration {
  /// In seconds.
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
