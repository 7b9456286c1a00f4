import Autodiff
import Glibc
import Kernels
import Models
import StomicsCore

/// A small network over dense features: two hidden layers with LayerNorm, GELU and dropout, trained in mini-batches by
/// AdamW over one cycle of the learning rate.
///
/// A fixed number of epochs: nothing is chosen by validation spots.
struct SmallNetwork {
  static let width = 64
  static let epochs = 15
  static let batchSize = 512
  private static let highestRate = 3e-3
  private static let weightDecay = 1e-2
  private static let inputDropout: Float = 0.1
  private static let hiddenDropout: Float = 0.4

  private let parameters: ParameterBlock

  var parameterCount: Int { parameters.layout.count }

  /// - Parameters:
  ///   - features: `[N, F]`, standardised
  ///   - labels: `[N]`, codes in 0..<C
  init(_ features: Matrix, labels: [Int32], classCount: Int, seed: Int) {
    var layout = ParameterLayout()
    var inputs = features.columns
    for (layer, outputs) in [Self.width, Self.width, classCount].enumerated() {
      let bound = 1 / Float(inputs).squareRoot()
      layout.declare("\(layer).weight", [outputs, inputs], .uniform(bound))
      layout.declare("\(layer).bias", [outputs], .uniform(bound))
      if layer < 2 {
        layout.declare("\(layer).norm.weight", [outputs], .ones)
        layout.declare("\(layer).norm.bias", [outputs], .zeros)
      }
      inputs = outputs
    }
    parameters = ParameterBlock(layout)
    parameters.initialise(seed: UInt64(bitPattern: Int64(seed)))
    train(features, labels, classCount, seed: seed)
  }

  private func train(_ features: Matrix, _ labels: [Int32], _ classCount: Int, seed: Int) {
    let count = labels.count
    let batches = (count + Self.batchSize - 1) / Self.batchSize
    let steps = Self.epochs * batches
    var first = [Float](repeating: 0, count: parameterCount)
    var second = first
    var generator = SeededGenerator(seed: UInt64(bitPattern: Int64(seed)), stream: 99)
    let tape = Tape()
    let weights = [Float](repeating: 1, count: classCount)
    for epoch in 0..<Self.epochs {
      let order = generator.permutation(count)
      for batch in 0..<batches {
        let step = epoch * batches + batch
        let rows = Array(order[batch * Self.batchSize..<min(count, (batch + 1) * Self.batchSize)])
        tape.rewind()
        tape.beginTraining(seed: UInt64(bitPattern: Int64(seed)), step: step + 1)
        parameters.zeroGradients()
        let logits = logits(tape, tape.constant(features.gatheringRows(rows)))
        tape.backward(from: tape.crossEntropy(logits, labels: rows.map { labels[$0] }, classWeights: weights))
        first.withUnsafeMutableBufferPointer { m in
          second.withUnsafeMutableBufferPointer { v in
            guard let m = m.baseAddress, let v = v.baseAddress else { return }
            Kernels.adamW(
              parameters.values, gradients: parameters.gradients, m: m, v: v, count: parameterCount,
              learningRate: Self.rate(step, of: steps), weightDecay: Self.weightDecay, step: step + 1)
          }
        }
      }
    }
  }

  /// One cycle: from 1/25 of the highest rate up to it over 30 % of the steps, then down to nearly 0, along cosines.
  ///
  /// Source: Smith and Topin 2018, with the numbers of PyTorch's OneCycleLR.
  private static func rate(_ step: Int, of steps: Int) -> Double {
    let rise = max(1, 0.3 * Double(steps) - 1)
    let lowest = highestRate / 25
    func between(_ a: Double, _ b: Double, _ share: Double) -> Double { b + (a - b) / 2 * (1 + cos(.pi * share)) }
    if Double(step) <= rise { return between(lowest, highestRate, Double(step) / rise) }
    let share = min(1, (Double(step) - rise) / max(1, Double(steps - 1) - rise))
    return between(highestRate, lowest / 1e4, share)
  }

  private func logits(_ tape: Tape, _ features: Variable) -> Variable {
    func linear(_ x: Variable, _ layer: Int) -> Variable {
      tape.linear(
        x, weight: tape.parameter("\(layer).weight", of: parameters),
        bias: tape.parameter("\(layer).bias", of: parameters))
    }
    var x = tape.dropout(features, Self.inputDropout)
    for layer in 0..<2 {
      let normalised = tape.layerNorm(
        linear(x, layer), gamma: tape.parameter("\(layer).norm.weight", of: parameters),
        beta: tape.parameter("\(layer).norm.bias", of: parameters))
      x = tape.gelu(normalised, dropout: Self.hiddenDropout)
    }
    return linear(x, 2)
  }

  /// Class probabilities, `[N, C]`.
  func probabilities(_ features: Matrix) -> Matrix {
    let tape = Tape()
    tape.beginEvaluation()
    return softmax(tape.value(logits(tape, tape.constant(features))))
  }
}
