import SparseGraph
import StomicsCore
import TestSupport
import Testing

@testable import Autodiff

/// Operations and layers against PyTorch and PyTorch Geometric, computed in float64.
@Suite("Operations equal PyTorch's")
struct GoldenOperationTests {
  /// Which reference case proves a kind; the cases named `model_…` are compared in ModelsTests, which also checks that
  /// their tapes hold the kind. Dropout has no reference numbers: its masks are this program's own draws, so laws of it
  /// stand in their place (`DropoutTests`).
  static let cases: [OperationKind: String] = [
    .standardisedLinear: "layernorm, model_full_cross_attention", .linear: "linear_gelu_elu", .gelu: "linear_gelu_elu",
    .dropout: "laws", .layerNorm: "layernorm", .addLayerNorm: "model_full_cross_attention",
    .layerNormELU: "model_full_gated", .graphAttention: "gatconv, gatconv_selfloops", .neighbourAttention: "mha",
    .graphConvolution: "gcnconv, gcnconv_selfloops",
    .gatedMix: "model_full_gated", .concatenateColumns: "model_full_gated", .gatherRows: "model_full_gated",
    .crossEntropy: "model_full_gated",
  ]

  @Test("every kind in the registry has a reference case") func registry() {
    #expect(Set(Self.cases.keys) == Set(OperationKind.allCases))
  }

  /// The parameters of a case under its own names.
  private func parameters(of golden: Golden) -> ParameterBlock {
    var layout = ParameterLayout()
    for name in golden.names where name.hasPrefix("param.") {
      layout.declare(String(name.dropFirst(6)), golden[name].shape, .zeros)
    }
    let block = ParameterBlock(layout)
    for entry in layout.entries { block[entry.key] = golden["param." + entry.key].floats }
    return block
  }

  private func matrix(_ values: Golden.Values) -> Matrix {
    let columns = values.shape[values.shape.count - 1]
    return Matrix(rows: values.doubles.count / columns, columns: columns, values: values.floats)
  }

  private func compare(
    _ golden: Golden, _ tape: Tape, _ output: Variable, _ block: ParameterBlock, inputs: [(String, Variable)],
    forward: Double = 1e-5, backward: Double = 1e-4
  ) {
    expectClose(tape.value(output).values, golden["out"].floats, relative: forward, "out")
    tape.backward(from: output, seed: matrix(golden["loss_weight"]))
    for entry in block.layout.entries {
      expectClose(
        block.gradient(entry.key), golden["grad." + entry.key].floats, relative: backward, "gradient of \(entry.key)")
    }
    for (name, variable) in inputs {
      expectClose(
        tape.gradientValue(variable).values, golden["grad.in." + name].floats, relative: backward,
        "gradient of input \(name)")
    }
  }

  @Test("graph attention: GATConv, self loops given or not", arguments: ["gatconv", "gatconv_selfloops"])
  func graphAttention(name: String) throws {
    let golden = try Golden.load(Fixtures.path("model/\(name).safetensors"))
    let block = parameters(of: golden)
    let graph = Graph(edgeIndex: golden["in.edge_index"].ints, spots: 60).withSelfLoops()
    let tape = Tape()
    let x = tape.input(matrix(golden["in.x"]))
    let h = tape.linear(x, weight: tape.parameter("lin.weight", of: block))
    let output = tape.graphAttention(
      h, attSrc: tape.parameter("att_src", of: block), attDst: tape.parameter("att_dst", of: block),
      bias: tape.parameter("bias", of: block), edges: EdgeList(graph), heads: 4)
    compare(golden, tape, output, block, inputs: [("x", x)])
  }

  @Test("graph convolution: GCNConv, self loops given or not", arguments: ["gcnconv", "gcnconv_selfloops"])
  func graphConvolution(name: String) throws {
    let golden = try Golden.load(Fixtures.path("model/\(name).safetensors"))
    let block = parameters(of: golden)
    let graph = Graph(edgeIndex: golden["in.edge_index"].ints, spots: 60).withSelfLoops()
    let degrees = (0..<60).map { Double(graph.edges(into: $0).count) }
    let weights = (0..<60).flatMap { i in
      graph.sources[graph.edges(into: i)].map { Float(1 / (degrees[Int($0)] * degrees[i]).squareRoot()) }
    }
    let tape = Tape()
    let x = tape.input(matrix(golden["in.x"]))
    let h = tape.linear(x, weight: tape.parameter("lin.weight", of: block))
    let output = tape.graphConvolution(
      h, weights: weights, bias: tape.parameter("bias", of: block), edges: EdgeList(graph))
    compare(golden, tape, output, block, inputs: [("x", x)])
  }

  @Test("layer normalisation") func layerNorm() throws {
    let golden = try Golden.load(Fixtures.path("model/layernorm.safetensors"))
    let block = parameters(of: golden)
    let tape = Tape()
    let x = tape.input(matrix(golden["in.x"]))
    let output = tape.layerNorm(
      x, gamma: tape.parameter("weight", of: block), beta: tape.parameter("bias", of: block))
    compare(golden, tape, output, block, inputs: [("x", x)])
  }

  @Test(
    "layer normalisation of an input prepared once, sparse or dense, followed by the identity",
    arguments: [true, false])
  func standardised(sparse: Bool) throws {
    let golden = try Golden.load(Fixtures.path("model/layernorm.safetensors"))
    let x = matrix(golden["in.x"])
    var layout = ParameterLayout()
    layout.declare("weight", [x.columns], .zeros)
    layout.declare("bias", [x.columns], .zeros)
    layout.declare("w", [x.columns, x.columns], .zeros)
    layout.declare("b", [x.columns], .zeros)
    let block = ParameterBlock(layout)
    block["weight"] = golden["param.weight"].floats
    block["bias"] = golden["param.bias"].floats
    block["w"] = (0..<x.columns * x.columns).map { $0 % (x.columns + 1) == 0 ? 1 : 0 }
    let tape = Tape()
    let input = sparse ? StandardisedInput(StandardisedMatrix(dense: x), layerNorm: true) : StandardisedInput(dense: x)
    let output = tape.standardisedLinear(
      input, weight: tape.parameter("w", of: block), bias: tape.parameter("b", of: block),
      gamma: tape.parameter("weight", of: block),
      beta: tape.parameter("bias", of: block))
    expectClose(tape.value(output).values, golden["out"].floats, relative: 1e-5, "out")
    tape.backward(from: output, seed: matrix(golden["loss_weight"]))
    expectClose(block.gradient("weight"), golden["grad.weight"].floats, relative: 1e-4, "gradient of gamma")
    expectClose(block.gradient("bias"), golden["grad.bias"].floats, relative: 1e-4, "gradient of beta")
  }

  @Test("linear and GELU; an ELU follows in the reference, applied here by hand") func linearGELU() throws {
    let golden = try Golden.load(Fixtures.path("model/linear_gelu_elu.safetensors"))
    let block = parameters(of: golden)
    let tape = Tape()
    let x = tape.input(matrix(golden["in.x"]))
    func linear(_ x: Variable, _ key: String) -> Variable {
      tape.linear(
        x, weight: tape.parameter(key + ".weight", of: block), bias: tape.parameter(key + ".bias", of: block))
    }
    let output = linear(tape.gelu(linear(x, "0")), "2")
    let before = tape.value(output)
    let after = before.values.map { $0 > 0 ? $0 : Float(expm1Reference(Double($0))) }
    expectClose(after, golden["out"].floats, relative: 1e-5, "out")
    // dELU = 1 above zero, e^x below
    let weights = matrix(golden["loss_weight"])
    let seed = zip(weights.values, before.values).map { $1 > 0 ? $0 : $0 * Float(expm1Reference(Double($1)) + 1) }
    tape.backward(from: output, seed: Matrix(rows: weights.rows, columns: weights.columns, values: seed))
    for entry in block.layout.entries {
      expectClose(block.gradient(entry.key), golden["grad." + entry.key].floats, relative: 1e-4, entry.key)
    }
    expectClose(tape.gradientValue(x).values, golden["grad.in.x"].floats, relative: 1e-4, "gradient of x")
  }

  @Test("neighbour attention: MultiheadAttention with one query a spot") func attention() throws {
    let golden = try Golden.load(Fixtures.path("model/mha.safetensors"))
    let block = parameters(of: golden)
    // Each of 60 spots has its own 6 keys, some masked out: sources are the 360 key rows.
    let mask = golden["in.mask"].bools
    var pointers = [0]
    var sources: [Int32] = []
    for i in 0..<60 {
      for k in 0..<6 where !mask[i * 6 + k] { sources.append(Int32(i * 6 + k)) }
      pointers.append(sources.count)
    }
    let edges = EdgeList(Graph(targetCount: 60, sourceCount: 360, indptr: pointers, sources: sources))
    let tape = Tape()
    let q = tape.input(matrix(golden["in.q"]))
    let kv = tape.input(matrix(golden["in.kv"]))
    let weight = tape.parameter("in_proj_weight", of: block)
    let bias = tape.parameter("in_proj_bias", of: block)
    func project(_ x: Variable, _ third: Int) -> Variable {
      let range = third * 32..<(third + 1) * 32
      return tape.linear(x, weight: tape.rows(of: weight, range), bias: tape.elements(of: bias, range))
    }
    let mixed = tape.neighbourAttention(
      queries: project(q, 0), keys: project(kv, 1), values: project(kv, 2), edges: edges, heads: 4)
    let output = tape.linear(
      mixed, weight: tape.parameter("out_proj.weight", of: block), bias: tape.parameter("out_proj.bias", of: block))
    compare(golden, tape, output, block, inputs: [("q", q), ("kv", kv)])
  }
}

/// e^x - 1 for x at most 0, by its series or by exp.
private func expm1Reference(_ x: Double) -> Double {
  var term = 1.0
  var sum = 0.0
  for k in 1..<60 {
    term *= x / Double(k)
    sum += term
  }
  return sum
}

@Suite("Dropout")
struct DropoutTests {
  @Test("kept elements are scaled, the others 0, and the share is right") func law() {
    let x = Matrix(rows: 100, columns: 200, repeating: 2)
    let tape = Tape()
    tape.beginTraining(seed: 4, step: 7)
    let y = tape.value(tape.dropout(tape.input(x), 0.25)).values
    let kept = y.filter { $0 != 0 }
    #expect(kept.allSatisfy { abs($0 - 2 / 0.75) < 1e-6 })
    // 20,000 draws: four standard deviations of the share are 0.012.
    #expect(abs(Double(kept.count) / 20_000 - 0.75) < 0.012)
  }

  @Test("depends on seed, step and place, and on nothing else") func draws() {
    func mask(seed: UInt64, step: Int, before: Int = 0) -> [Float] {
      let tape = Tape()
      tape.beginTraining(seed: seed, step: step)
      let x = tape.input(Matrix(rows: 10, columns: 50, repeating: 1))
      for _ in 0..<before { _ = tape.dropout(x, 0.5) }
      return tape.value(tape.dropout(x, 0.5)).values
    }
    #expect(mask(seed: 1, step: 1) == mask(seed: 1, step: 1))
    #expect(mask(seed: 1, step: 1) != mask(seed: 2, step: 1))
    #expect(mask(seed: 1, step: 1) != mask(seed: 1, step: 2))
    #expect(mask(seed: 1, step: 1) != mask(seed: 1, step: 1, before: 1))
  }

  @Test("does nothing in evaluation") func evaluation() {
    let tape = Tape()
    tape.beginEvaluation()
    let x = tape.input(randomMatrix(3, 4, seed: 1))
    #expect(tape.dropout(x, 0.5) == x)
  }
}

@Suite("Tape")
struct TapeTests {
  @Test("buffers are used again: the second step allocates nothing") func pool() {
    var layout = ParameterLayout()
    layout.declare("w", [8, 8], .uniform(1))
    let block = ParameterBlock(layout)
    block.initialise(seed: 1)
    let tape = Tape()
    var sizes: [Int] = []
    for step in 1...3 {
      tape.rewind()
      tape.beginTraining(seed: 1, step: step)
      let x = tape.constant(randomMatrix(20, 8, seed: 2))
      let y = tape.gelu(tape.linear(x, weight: tape.parameter("w", of: block)), dropout: 0.1)
      tape.backward(from: y)
      sizes.append(tape.allocatedCount)
    }
    #expect(sizes[1] == sizes[0] && sizes[2] == sizes[0])
  }

  @Test("what stands before a mark survives a rewind and serves again") func rewind() {
    var layout = ParameterLayout()
    layout.declare("w", [4, 4], .uniform(1))
    let block = ParameterBlock(layout)
    block.initialise(seed: 1)
    let tape = Tape()
    let x = tape.constant(randomMatrix(5, 4, seed: 2))
    let shared = tape.linear(x, weight: tape.parameter("w", of: block))
    let mark = tape.mark
    tape.beginEvaluation()
    let first = tape.value(tape.gelu(shared))
    tape.rewind(to: mark)
    tape.beginTraining(seed: 1, step: 1)
    let second = tape.gelu(shared)
    #expect(tape.value(second) == first)
    tape.backward(from: second)
    #expect(block.gradient("w").contains { $0 != 0 })
  }
}
