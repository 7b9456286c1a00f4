import StomicsCore
import Testing

@testable import Autodiff

/// Compares an operation's vector-Jacobian product with central differences of its forward pass.
///
/// f = Σ w ∘ y with fixed random w is differentiated by every input (matrices and parameters); the worst difference may
/// be `tolerance` times the largest derivative. Differences in Float with a step of 1e-2 are good to about 1e-3.
struct GradientCheck: Sendable {
  /// Inputs that are not parameters.
  var inputs: [Matrix]
  /// Parameters by name.
  var parameters: [(name: String, shape: [Int])] = []
  /// The operation, given the inputs' variables and a way to get at parameters.
  var operation: @Sendable (Tape, [Variable], (String) -> Variable) -> Variable
  /// Whether dropout is active: the same masks in every evaluation.
  var training = false
  var tolerance = 1e-2

  func run(_ name: String, sourceLocation: SourceLocation = #_sourceLocation) {
    var layout = ParameterLayout()
    for parameter in parameters { layout.declare(parameter.name, parameter.shape, .uniform(1)) }
    let block = ParameterBlock(layout)
    block.initialise(seed: 3)

    func forward(_ inputs: [Matrix]) -> (Tape, [Variable], Variable) {
      let tape = Tape()
      if training { tape.beginTraining(seed: 5, step: 1) } else { tape.beginEvaluation() }
      let variables = inputs.map { tape.input($0) }
      return (tape, variables, operation(tape, variables) { tape.parameter($0, of: block) })
    }
    let (tape, variables, output) = forward(inputs)
    let weights = randomMatrix(output.rows, output.columns, seed: 9)
    tape.backward(from: output, seed: weights)
    func value(_ inputs: [Matrix]) -> Double {
      let (tape, _, output) = forward(inputs)
      return zip(tape.value(output).values, weights.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let step: Float = 1e-2
    func compare(_ label: String, _ gradient: [Float], _ shifted: (Int, Float) -> Double) {
      let numeric = gradient.indices.map { (shifted($0, step) - shifted($0, -step)) / (2 * Double(step)) }
      let scale = max(numeric.reduce(0) { max($0, abs($1)) }, 1e-3)
      for i in gradient.indices where !(abs(Double(gradient[i]) - numeric[i]) <= tolerance * scale) {
        Issue.record(
          "\(name), \(label)[\(i)]: gradient \(gradient[i]), central difference \(numeric[i])",
          sourceLocation: sourceLocation)
        return
      }
    }
    for (k, variable) in variables.enumerated() {
      compare("input \(k)", tape.gradientValue(variable).values) { i, delta in
        var changed = inputs
        changed[k].values[i] += delta
        return value(changed)
      }
    }
    for entry in layout.entries {
      compare(entry.key, block.gradient(entry.key)) { i, delta in
        let before = block.values[entry.range.lowerBound + i]
        block.values[entry.range.lowerBound + i] = before + delta
        defer { block.values[entry.range.lowerBound + i] = before }
        return value(inputs)
      }
    }
  }
}

/// Uniform in -1...1.
func randomMatrix(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
  var generator = SeededGenerator(seed: seed)
  return Matrix(
    rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Float(generator.uniform(-1, 1)) })
}
