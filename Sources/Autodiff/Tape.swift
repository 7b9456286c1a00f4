import Kernels
import StomicsCore

/// A value on a tape, shape `[rows, columns]`.
public struct Variable: Sendable, Equatable {
  let id: Int
  public let rows: Int
  public let columns: Int
  public var count: Int { rows * columns }
}

/// Records operations as they are computed, and runs their vector-Jacobian products backwards.
///
/// A model is written forward only: each operation computes at once and leaves behind how its inputs' gradients follow
/// from its output's. A part of the tape can be kept and continued from (`mark`, `rewind`): the evaluation after a step
/// and the next training step share everything before the first dropout.
public final class Tape {
  struct Node {
    let count: Int
    var value: UnsafeMutablePointer<Float>
    var gradient: UnsafeMutablePointer<Float>?
    /// Whether the buffers belong to the pool (a parameter's belong to its block).
    let isPooled: Bool
    let needsGradient: Bool
    let kind: OperationKind?
    var backward: (() -> Void)?
    /// Further buffers the backward pass reads.
    var saved: [Saved] = []
  }

  struct Saved {
    let buffer: UnsafeMutablePointer<Float>
    let count: Int
  }

  private let pool = BufferPool()
  private var nodes: [Node] = []
  private var parameterNodes: [String: Int] = [:]

  /// Whether dropout drops. Set by `beginStep`.
  public private(set) var isTraining = false
  private var dropoutSeed: UInt64 = 0
  private var dropoutCount: UInt64 = 0

  /// Whether parameters get gradients; where only those of inputs are wanted, weights cost nothing.
  private let learns: Bool

  public init(learns: Bool = true) { self.learns = learns }

  /// Floats the tape's buffers hold in all.
  public var allocatedCount: Int { pool.allocatedCount }

  /// Floats of the largest buffer so far.
  public var largestBuffer: Int { pool.largest }

  /// What the operations of one kind took so far.
  public struct Cost: Sendable, Equatable {
    public var seconds = 0.0
    /// Multiplications and additions of matrix products and of sums over edges.
    public var flops = 0.0
  }

  /// Cost by kind of operation, forward and backward, since the tape was made or `resetCosts`.
  public private(set) var costs: [OperationKind: Cost] = [:]
  private var operationStart: ContinuousClock.Instant?

  /// Forgets the costs so far, so that the next ones are of what follows.
  public func resetCosts() { costs = [:] }

  /// Counts floating-point operations to the kind of `variable`.
  func count(flops: Int, of kind: OperationKind) { costs[kind, default: Cost()].flops += Double(flops) }

  private func count(since start: ContinuousClock.Instant?, of kind: OperationKind?) {
    guard let start, let kind else { return }
    let duration = start.duration(to: .now).components
    costs[kind, default: Cost()].seconds += Double(duration.seconds) + Double(duration.attoseconds) * 1e-18
  }

  // MARK: Steps

  /// Starts a training step: dropout draws from (seed, step) and from the place of the operation, nothing else.
  public func beginTraining(seed: UInt64, step: Int) {
    isTraining = true
    var generator = SeededGenerator(seed: seed, stream: UInt64(step) &+ 1)
    dropoutSeed = generator.next()
    dropoutCount = 0
  }

  /// From here on dropout does nothing.
  public func beginEvaluation() { isTraining = false }

  /// The next dropout mask with the given probability; none outside training.
  func nextDropout(_ probability: Float) -> Dropout {
    guard isTraining, probability > 0 else { return .none }
    dropoutCount += 1
    var generator = SeededGenerator(seed: dropoutSeed, stream: dropoutCount)
    return Dropout(probability: probability, key: generator.next())
  }

  /// The tape's present length, for `rewind`.
  public var mark: Int { nodes.count }

  /// Forgets everything recorded after `mark`; its buffers are used again. Gradients of what stays are dropped.
  public func rewind(to mark: Int = 0) {
    while nodes.count > mark {
      release(nodes.removeLast())
    }
    for id in nodes.indices where nodes[id].isPooled {
      if let gradient = nodes[id].gradient {
        pool.give(gradient)
        nodes[id].gradient = nil
      }
    }
    parameterNodes = parameterNodes.filter { $0.value < mark }
  }

  private func release(_ node: Node) {
    for saved in node.saved { pool.give(saved.buffer) }
    guard node.isPooled else { return }
    pool.give(node.value)
    if let gradient = node.gradient { pool.give(gradient) }
  }

  // MARK: Leaves

  /// A constant input: a copy of the matrix, no gradient.
  public func constant(_ matrix: Matrix) -> Variable { leaf(matrix, needsGradient: false) }

  /// An input whose gradient is wanted: a copy of the matrix.
  public func input(_ matrix: Matrix) -> Variable { leaf(matrix, needsGradient: true) }

  private func leaf(_ matrix: Matrix, needsGradient: Bool) -> Variable {
    let buffer = pool.take(matrix.values.count)
    matrix.values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { buffer.update(from: base, count: source.count) }
    }
    nodes.append(
      Node(
        count: matrix.values.count, value: buffer, gradient: nil, isPooled: true, needsGradient: needsGradient,
        kind: nil))
    return Variable(id: nodes.count - 1, rows: matrix.rows, columns: matrix.columns)
  }

  /// A constant input read in place, no gradient: the memory must stay as it is until the tape is rewound.
  public func borrowed(_ values: UnsafeMutablePointer<Float>, rows: Int, columns: Int) -> Variable {
    nodes.append(
      Node(count: rows * columns, value: values, gradient: nil, isPooled: false, needsGradient: false, kind: nil))
    return Variable(id: nodes.count - 1, rows: rows, columns: columns)
  }

  /// A parameter of the block, read in place; its gradient adds up in the block's gradients. Matrices keep their shape,
  /// vectors are one row.
  public func parameter(_ key: String, of block: ParameterBlock) -> Variable {
    let entry = block.layout[key]
    let rows = entry.shape.count > 1 ? entry.shape.dropLast().reduce(1, *) : 1
    let columns = entry.shape.last ?? 1
    if let id = parameterNodes[key] { return Variable(id: id, rows: rows, columns: columns) }
    nodes.append(
      Node(
        count: entry.range.count, value: block.values + entry.range.lowerBound,
        gradient: block.gradients + entry.range.lowerBound, isPooled: false, needsGradient: learns, kind: nil))
    parameterNodes[key] = nodes.count - 1
    return Variable(id: nodes.count - 1, rows: rows, columns: columns)
  }

  /// A part of a parameter, sharing value and gradient.
  fileprivate func view(of parameter: Variable, offset: Int, rows: Int, columns: Int) -> Variable {
    let node = nodes[parameter.id]
    precondition(!node.isPooled, "only parameters have views")
    precondition(offset >= 0 && offset + rows * columns <= node.count, "the view lies outside the parameter")
    nodes.append(
      Node(
        count: rows * columns, value: node.value + offset, gradient: node.gradient.map { $0 + offset },
        isPooled: false, needsGradient: learns, kind: nil))
    return Variable(id: nodes.count - 1, rows: rows, columns: columns)
  }

  // MARK: For operations

  /// A new value with unspecified content, to be computed by the calling operation.
  /// - Parameter place: memory of the caller for it, which has room for it and outlives it; nil: the tape's own
  func allocate(
    _ kind: OperationKind, rows: Int, columns: Int, at place: UnsafeMutablePointer<Float>? = nil,
    from inputs: Variable?...
  ) -> Variable {
    let needsGradient = inputs.contains { $0.map { nodes[$0.id].needsGradient } ?? false }
    let count = rows * columns
    operationStart = .now
    nodes.append(
      Node(
        count: count, value: place ?? pool.take(count), gradient: nil, isPooled: place == nil,
        needsGradient: needsGradient, kind: kind))
    return Variable(id: nodes.count - 1, rows: rows, columns: columns)
  }

  /// A buffer that lives as long as `owner`, for what a backward pass reads.
  func save(_ count: Int, with owner: Variable) -> UnsafeMutablePointer<Float> {
    let buffer = pool.take(count)
    nodes[owner.id].saved.append(Saved(buffer: buffer, count: count))
    return buffer
  }

  /// A buffer for the time of `body`.
  func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    let buffer = pool.take(count)
    body(buffer)
    pool.give(buffer)
  }

  /// Where the value lies.
  func pointer(_ variable: Variable) -> UnsafeMutablePointer<Float> { nodes[variable.id].value }

  func needsGradient(_ variable: Variable) -> Bool { nodes[variable.id].needsGradient }

  /// Where the gradient lies, zero when first asked for; backward passes add to it.
  func gradient(_ variable: Variable) -> UnsafeMutablePointer<Float> {
    if let gradient = nodes[variable.id].gradient { return gradient }
    let gradient = pool.take(variable.count)
    Kernels.fill(gradient, value: 0, count: variable.count)
    nodes[variable.id].gradient = gradient
    return gradient
  }

  /// The gradient's place, or nil where none is wanted.
  func gradientIfNeeded(_ variable: Variable) -> UnsafeMutablePointer<Float>? {
    needsGradient(variable) ? gradient(variable) : nil
  }

  /// Leaves behind how the inputs' gradients follow from `output`'s; dropped where no input needs one.
  func record(_ output: Variable, backward: @escaping () -> Void) {
    count(since: operationStart, of: nodes[output.id].kind)
    if nodes[output.id].needsGradient { nodes[output.id].backward = backward }
  }

  // MARK: Results

  /// A copy of the value.
  public func value(_ variable: Variable) -> Matrix {
    Matrix(
      rows: variable.rows, columns: variable.columns,
      values: Array(UnsafeBufferPointer(start: pointer(variable), count: variable.count)))
  }

  /// Copies the value to where `destination` points, which has room for `variable.count` floats.
  public func copy(_ variable: Variable, to destination: UnsafeMutablePointer<Float>) {
    destination.update(from: pointer(variable), count: variable.count)
  }

  /// A copy of an input's or parameter's gradient after `backward`; zeros where nothing flowed.
  public func gradientValue(_ variable: Variable) -> Matrix {
    guard let gradient = nodes[variable.id].gradient else {
      return Matrix(rows: variable.rows, columns: variable.columns)
    }
    return Matrix(
      rows: variable.rows, columns: variable.columns,
      values: Array(UnsafeBufferPointer(start: gradient, count: variable.count)))
  }

  /// The kinds of operation recorded so far, in order.
  public var recordedKinds: [OperationKind] { nodes.compactMap(\.kind) }

  /// The weights of every attention of a kind on the tape, in order, each `[E, A]` in the order of its edges, before
  /// dropout.
  public func attentionWeights(_ kind: OperationKind) -> [[Float]] {
    precondition(kind == .graphAttention || kind == .neighbourAttention, "\(kind) has no attention weights")
    return nodes.compactMap { node in
      // Both operations save their coefficients first.
      guard node.kind == kind, let alpha = node.saved.first else { return nil }
      return Array(UnsafeBufferPointer(start: alpha.buffer, count: alpha.count))
    }
  }

  /// Adds the gradients of `sum(seed ∘ output)` to every parameter and input that led to `output`; `seed` is 1 when nil.
  public func backward(from output: Variable, seed: Matrix? = nil) {
    let start = gradient(output)
    if let seed {
      precondition(seed.rows == output.rows && seed.columns == output.columns, "the seed has the output's shape")
      seed.values.withUnsafeBufferPointer { source in
        if let base = source.baseAddress { Kernels.add(base, into: start, count: output.count) }
      }
    } else {
      Kernels.fill(start, value: 1, count: output.count)
    }
    for id in stride(from: output.id, through: 0, by: -1) {
      guard let gradient = nodes[id].gradient, let backward = nodes[id].backward else { continue }
      let start = ContinuousClock.now
      backward()
      count(since: start, of: nodes[id].kind)
      // What flowed into an intermediate value has been passed on: its buffer serves the nodes before it.
      nodes[id].gradient = nil
      pool.give(gradient)
    }
  }
}

extension Tape {
  /// Some consecutive rows of a parameter as a parameter of their own, sharing value and gradient.
  public func rows(of parameter: Variable, _ range: Range<Int>) -> Variable {
    view(of: parameter, offset: range.lowerBound * parameter.columns, rows: range.count, columns: parameter.columns)
  }

  /// Some consecutive elements of a vector parameter, sharing value and gradient.
  public func elements(of parameter: Variable, _ range: Range<Int>) -> Variable {
    view(of: parameter, offset: range.lowerBound, rows: 1, columns: range.count)
  }
}
