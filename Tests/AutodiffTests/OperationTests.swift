import SparseGraph
import StomicsCore
import TestSupport
import Testing

@testable import Autodiff

/// Seven spots, one of them without neighbours but itself.
private let smallGraph = Graph(
  targetCount: 7, sourceCount: 7, indptr: [0, 3, 5, 9, 11, 12, 14, 15],
  sources: [0, 1, 2, 1, 3, 0, 2, 4, 6, 3, 5, 4, 1, 5, 6])

/// A standardised sparse input of 6 spots and 9 genes.
private let smallInput: StandardisedMatrix = {
  var generator = SeededGenerator(seed: 2)
  var dense = Matrix(rows: 6, columns: 9)
  for i in dense.values.indices where generator.uniform() < 0.4 { dense.values[i] = Float(generator.uniform(0, 3)) }
  var pointers = [0]
  var indices: [Int32] = []
  var values: [Float] = []
  for i in 0..<6 {
    for j in 0..<9 where dense[i, j] != 0 {
      indices.append(Int32(j))
      values.append(dense[i, j])
    }
    pointers.append(indices.count)
  }
  return StandardisedMatrix(
    sparse: CSRMatrix(rows: 6, columns: 9, indptr: pointers, indices: indices, values: values),
    offsets: (0..<9).map { 0.1 * Float($0) - 0.3 })
}()

/// The same spots in two slices of 2 and 4, each with offsets of its own.
private let twoSlices = StandardisedMatrix(stacking: [
  smallInput.gatheringRows([0, 1]),
  StandardisedMatrix(
    sparse: smallInput.sparse.gatheringRows([2, 3, 4, 5]), offsets: (0..<9).map { 0.5 - 0.07 * Float($0) }),
])

@Suite("Derivatives of every operation against central differences")
struct GradientTests {
  /// At least one check for every kind in the registry.
  static let checks: [OperationKind: [GradientCheck]] = [
    .standardisedLinear: [
      GradientCheck(
        inputs: [], parameters: [("w", [4, 9]), ("b", [4]), ("gamma", [9]), ("beta", [9])],
        operation: { tape, _, p in
          tape.standardisedLinear(
            StandardisedInput(smallInput, layerNorm: true), weight: p("w"), bias: p("b"), gamma: p("gamma"),
            beta: p("beta"))
        }),
      GradientCheck(
        inputs: [], parameters: [("w", [4, 9])],
        operation: { tape, _, p in
          tape.standardisedLinear(StandardisedInput(smallInput, layerNorm: false), weight: p("w"))
        }),
      GradientCheck(
        inputs: [], parameters: [("w", [4, 9]), ("b", [4]), ("gamma", [9]), ("beta", [9])],
        operation: { tape, _, p in
          tape.standardisedLinear(
            StandardisedInput(twoSlices, layerNorm: true), weight: p("w"), bias: p("b"), gamma: p("gamma"),
            beta: p("beta"))
        }),
      GradientCheck(
        inputs: [], parameters: [("w", [4, 9])],
        operation: { tape, _, p in
          tape.standardisedLinear(StandardisedInput(twoSlices, layerNorm: false), weight: p("w"))
        }),
      GradientCheck(
        inputs: [], parameters: [("w", [4, 9]), ("b", [4]), ("gamma", [9]), ("beta", [9])],
        operation: { tape, _, p in
          tape.standardisedLinear(
            StandardisedInput(dense: randomMatrix(6, 9, seed: 21)), weight: p("w"), bias: p("b"), gamma: p("gamma"),
            beta: p("beta"))
        }),
    ],
    .linear: [
      GradientCheck(
        inputs: [randomMatrix(5, 3, seed: 1)], parameters: [("w", [4, 3]), ("b", [4])],
        operation: { tape, x, p in tape.linear(x[0], weight: p("w"), bias: p("b")) }),
      GradientCheck(
        inputs: [randomMatrix(5, 3, seed: 1)], parameters: [("w", [6, 3]), ("b", [6])],
        operation: { tape, x, p in
          tape.linear(x[0], weight: tape.rows(of: p("w"), 2..<4), bias: tape.elements(of: p("b"), 2..<4))
        }),
    ],
    .gelu: [
      GradientCheck(inputs: [randomMatrix(5, 7, seed: 2)], operation: { tape, x, _ in tape.gelu(x[0]) }),
      GradientCheck(
        inputs: [randomMatrix(5, 7, seed: 2)], operation: { tape, x, _ in tape.gelu(x[0], dropout: 0.4) },
        training: true),
    ],
    .dropout: [
      GradientCheck(
        inputs: [randomMatrix(5, 7, seed: 3)], operation: { tape, x, _ in tape.dropout(x[0], 0.4) }, training: true)
    ],
    .layerNorm: [
      GradientCheck(
        inputs: [randomMatrix(4, 8, seed: 4)], parameters: [("gamma", [8]), ("beta", [8])],
        operation: { tape, x, p in tape.layerNorm(x[0], gamma: p("gamma"), beta: p("beta")) })
    ],
    .addLayerNorm: [false, true].map { training in
      GradientCheck(
        inputs: [randomMatrix(4, 8, seed: 5), randomMatrix(4, 8, seed: 6)],
        parameters: [("gamma", [8]), ("beta", [8])],
        operation: { tape, x, p in
          tape.addLayerNorm(x[0], x[1], gamma: p("gamma"), beta: p("beta"), dropout: 0.3)
        }, training: training)
    },
    .layerNormELU: [false, true].flatMap { training in
      [
        GradientCheck(
          inputs: [randomMatrix(4, 8, seed: 7), randomMatrix(4, 8, seed: 8)],
          parameters: [("gamma", [8]), ("beta", [8])],
          operation: { tape, x, p in
            tape.layerNormELU(x[0], gamma: p("gamma"), beta: p("beta"), residual: x[1], dropout: 0.3)
          }, training: training),
        GradientCheck(
          inputs: [randomMatrix(4, 8, seed: 7)], parameters: [("gamma", [8]), ("beta", [8])],
          operation: { tape, x, p in
            tape.layerNormELU(x[0], gamma: p("gamma"), beta: p("beta"), residual: nil, dropout: 0.3)
          }, training: training),
      ]
    },
    .graphAttention: [false, true].map { training in
      GradientCheck(
        inputs: [randomMatrix(7, 6, seed: 9)], parameters: [("src", [1, 2, 3]), ("dst", [1, 2, 3]), ("bias", [6])],
        operation: { tape, x, p in
          tape.graphAttention(
            x[0], attSrc: p("src"), attDst: p("dst"), bias: p("bias"), edges: EdgeList(smallGraph), heads: 2,
            dropout: 0.3)
        }, training: training)
    },
    .graphConvolution: [[0, 1, 2, 3, 4, 5, 6], [0, 2, 6]].map { targets in
      GradientCheck(
        inputs: [randomMatrix(7, 5, seed: 20)], parameters: [("bias", [5])],
        operation: { tape, x, p in
          let edges = EdgeList(smallGraph.restricted(toTargets: targets))
          return tape.graphConvolution(
            x[0], weights: (0..<edges.edgeCount).map { 0.2 + 0.1 * Float($0) }, bias: p("bias"), edges: edges)
        })
    },
    .neighbourAttention: [false, true].map { training in
      GradientCheck(
        inputs: [randomMatrix(3, 6, seed: 10), randomMatrix(7, 6, seed: 11), randomMatrix(7, 6, seed: 12)],
        operation: { tape, x, _ in
          tape.neighbourAttention(
            queries: x[0], keys: x[1], values: x[2], edges: EdgeList(smallGraph.restricted(toTargets: [0, 2, 6])),
            heads: 2, dropout: 0.3)
        }, training: training)
    },
    .gatedMix: [
      GradientCheck(
        inputs: [randomMatrix(3, 4, seed: 13), randomMatrix(3, 4, seed: 14), randomMatrix(3, 4, seed: 15)],
        operation: { tape, x, _ in tape.gatedMix(logits: x[0], x[1], x[2]) })
    ],
    .concatenateColumns: [
      GradientCheck(
        inputs: [randomMatrix(3, 4, seed: 16), randomMatrix(3, 2, seed: 17)],
        operation: { tape, x, _ in tape.concatenateColumns(x[0], x[1]) })
    ],
    .gatherRows: [
      GradientCheck(
        inputs: [randomMatrix(5, 3, seed: 18)], operation: { tape, x, _ in tape.gatherRows(x[0], [4, 0, 3]) })
    ],
    .crossEntropy: [
      GradientCheck(
        inputs: [randomMatrix(5, 3, seed: 19)],
        operation: { tape, x, _ in
          tape.crossEntropy(x[0], labels: [0, 2, -1, 1, 2], classWeights: [0.5, 2, 1])
        })
    ],
  ]

  @Test("every kind in the registry is checked", arguments: OperationKind.allCases)
  func derivative(kind: OperationKind) throws {
    let checks = try #require(Self.checks[kind], "no gradient check for \(kind)")
    for check in checks { check.run(kind.rawValue) }
  }

  @Test("a check records the kind it stands under", arguments: OperationKind.allCases)
  func recorded(kind: OperationKind) throws {
    for check in try #require(Self.checks[kind]) {
      var layout = ParameterLayout()
      for parameter in check.parameters { layout.declare(parameter.name, parameter.shape, .ones) }
      let block = ParameterBlock(layout)
      let tape = Tape()
      if check.training { tape.beginTraining(seed: 1, step: 1) }
      _ = check.operation(tape, check.inputs.map { tape.input($0) }) { tape.parameter($0, of: block) }
      #expect(tape.recordedKinds == [kind])
    }
  }
}

@Suite("Slices that are standardised by themselves, in one matrix")
struct StackedSlicesTests {
  @Test("the layer over stacked slices is the layer over each slice")
  func stackedLayer() {
    let weight = randomMatrix(4, 9, seed: 5)
    func layer(_ input: StandardisedMatrix, layerNorm: Bool) -> Matrix {
      let tape = Tape()
      tape.beginEvaluation()
      let ones = Matrix(rows: 1, columns: 9, repeating: 1)
      let y = tape.standardisedLinear(
        StandardisedInput(input, layerNorm: layerNorm), weight: tape.constant(weight),
        gamma: layerNorm ? tape.constant(ones) : nil, beta: layerNorm ? tape.constant(Matrix(rows: 1, columns: 9)) : nil
      )
      return tape.value(y)
    }
    for layerNorm in [true, false] {
      let whole = layer(twoSlices, layerNorm: layerNorm)
      let first = layer(twoSlices.gatheringRows([0, 1]), layerNorm: layerNorm)
      let second = layer(twoSlices.gatheringRows([2, 3, 4, 5]), layerNorm: layerNorm)
      expectClose(whole.values, first.values + second.values, relative: 1e-5, "slices, LayerNorm \(layerNorm)")
    }
    let dense = twoSlices.dense()
    #expect(dense[0, 0] == smallInput.dense()[0, 0])
    #expect(dense[2, 3] != smallInput.dense()[2, 3])
  }
}

@Suite("Some rows of a standardised input")
struct GatheredInputTests {
  static let inputs: [(name: String, input: StandardisedInput)] = [
    ("sparse", StandardisedInput(smallInput, layerNorm: true)),
    ("two slices", StandardisedInput(twoSlices, layerNorm: true)),
    ("without LayerNorm", StandardisedInput(twoSlices, layerNorm: false)),
    ("dense", StandardisedInput(dense: randomMatrix(6, 9, seed: 21))),
  ]

  @Test("the layer over some rows is those rows of the layer, and so are its gradients", arguments: inputs.indices)
  func rows(index: Int) {
    let (name, whole) = Self.inputs[index]
    let chosen = [5, 0, 3]
    let part = whole.gatheringRows(chosen)
    #expect(part.rows == 3 && part.columns == 9)
    let seed = randomMatrix(3, 4, seed: 7)
    var spread = Matrix(rows: 6, columns: 4)
    for (r, i) in chosen.enumerated() {
      for k in 0..<4 { spread[i, k] = seed[r, k] }
    }
    func layer(_ input: StandardisedInput, seed: Matrix) -> (Matrix, [Matrix]) {
      let tape = Tape()
      let weight = tape.input(randomMatrix(4, 9, seed: 5))
      let norm = input.normalisesRows
      let gamma = norm ? tape.input(randomMatrix(1, 9, seed: 6)) : nil
      let beta = norm ? tape.input(randomMatrix(1, 9, seed: 8)) : nil
      let bias = norm ? tape.input(randomMatrix(1, 4, seed: 9)) : nil
      let y = tape.standardisedLinear(input, weight: weight, bias: bias, gamma: gamma, beta: beta)
      tape.backward(from: y, seed: seed)
      return (tape.value(y), [weight, gamma, beta, bias].compactMap { $0 }.map(tape.gradientValue))
    }
    let (all, allGradients) = layer(whole, seed: spread)
    let (some, someGradients) = layer(part, seed: seed)
    expectClose(some.values, all.gatheringRows(chosen).values, relative: 1e-6, name)
    for (mine, expected) in zip(someGradients, allGradients) {
      expectClose(mine.values, expected.values, relative: 1e-6, "gradients, \(name)")
    }
  }

  @Test("rows of a matrix of several blocks of columns keep their entries in order") func blocks() {
    var generator = SeededGenerator(seed: 3)
    var dense = Matrix(rows: 5, columns: 1300)
    for i in dense.values.indices where generator.uniform() < 0.1 { dense.values[i] = Float(generator.uniform(0, 3)) }
    let sparse = StandardisedMatrix(dense: dense)
    let weight = randomMatrix(2, 1300, seed: 4)
    func layer(_ input: StandardisedInput) -> [Float] {
      let tape = Tape()
      return tape.value(tape.standardisedLinear(input, weight: tape.constant(weight))).values
    }
    #expect(
      layer(StandardisedInput(sparse, layerNorm: false).gatheringRows([4, 1]))
        == layer(StandardisedInput(sparse.gatheringRows([4, 1]), layerNorm: false)))
  }
}
