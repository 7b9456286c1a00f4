// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import Autodiff
import Kernels
import StomicsCore
import Synchronization

/// A model's predictions of one slice under edits of single genes, exact, and computed only where an edit reaches.
///
/// Everything of the slice as it is stands ready, layer by layer. An edit changes the first layer only at the edited
/// spots, by a closed form: with S the sparse part of the standardised input, W₁ = W diag(γ), m and r each row's mean and
/// 1 / deviation, Y = r(S W₁ᵀ - cᵀW₁ᵀ - m 1ᵀW₁ᵀ) + (W β + b), and a change δ of gene g's value z to z'
///
///     U' = U + δ W₁[g] - (δ/G) 1ᵀW₁ᵀ,  m' = m + δ/G,  q' = q + (z'² - z²)/G,  r' = (q' - m'² + ε)^-½,  Y' = r' U' + (W β + b)
///
/// with U = (Y - (W β + b)) / r and q the row's mean square. Each further layer is computed for the spots it reaches,
/// reading the slice's own rows elsewhere.
public final class IncrementalModel {
  public let model: Model
  /// The slice as it is: `[N, C]`, `[N, D]`.
  public private(set) var probabilities: Matrix
  public private(set) var embeddings: Matrix
  let spotCount: Int
  let graph: IncrementalGraph?
  let firstLayer: FirstLayer
  /// What comes into each graph layer, and what leaves the last; the first is the encoder's output, or the genes where a
  /// graph layer reads them and adds them to its own output; nil where it does not.
  let inputs: [RowStore?]
  /// What each graph layer passes on along edges, with the scores of graph attention.
  let messages: [RowStore]
  let sourceScores: [RowStore]
  let targetScores: [RowStore]
  /// Of each layer of cross-attention.
  let keys: [RowStore]
  let values: [RowStore]
  /// Of the first layer of cross-attention.
  let queries: RowStore?
  /// Of the image encoder, `[N, D]`.
  let image: RowStore?
  let outcome: (embeddings: RowStore, probabilities: RowStore)
  /// A tape that no thread uses, so that any may take it.
  private struct IdleTape: @unchecked Sendable { let tape: Tape }
  private let tapes = Mutex<[IdleTape]>([])
  private let flopCount = Mutex<Double>(0)

  /// Floating-point operations of all matrix products and sums over edges so far.
  public var flops: Double { flopCount.withLock { $0 } }

  /// - Parameters:
  ///   - data: one slice on genes, as `expression` made it
  ///   - expression: its standardised values, `[N, G]`
  public init(_ model: Model, _ data: ModelData, _ expression: StandardisedMatrix) {
    let configuration = model.configuration
    precondition(configuration.mode.readsGenes && expression.slices.count == 1, "one slice, and a model that reads genes")
    self.model = model
    spotCount = data.spotCount
    let n = data.spotCount
    let width = configuration.embeddingWidth
    graph = data.context.flatMap { context in
      configuration.mode.usesGraph
        ? IncrementalGraph(context, usesCrossAttention: configuration.usesCrossAttention) : nil
    }
    func stores(_ count: Int, _ columns: Int) -> [RowStore] {
      (0..<count).map { _ in RowStore(baseRows: n, columns: columns) }
    }
    let layers = configuration.mode.usesGraph ? configuration.spatialLayers : 0
    let readsGenes = configuration.mode.graphReadsGenes
    firstLayer = FirstLayer(model, data)
    inputs = (0...layers).map { layer in
      layer == 0 && readsGenes && data.residual == nil ? nil : RowStore(baseRows: n, columns: width)
    }
    messages = stores(layers, width)
    let attentionLayers = configuration.mode.usesGraphAttention ? layers : 0
    sourceScores = stores(attentionLayers, configuration.spatialHeads)
    targetScores = stores(attentionLayers, configuration.spatialHeads)
    let fusionLayers = configuration.usesCrossAttention ? configuration.fusionLayers : 0
    keys = stores(fusionLayers, width)
    values = stores(fusionLayers, width)
    queries = fusionLayers > 0 ? RowStore(baseRows: n, columns: width) : nil
    image = model.image == nil ? nil : RowStore(baseRows: n, columns: width)
    outcome = (
      RowStore(baseRows: n, columns: configuration.outputWidth), RowStore(baseRows: n, columns: configuration.classCount)
    )
    probabilities = Matrix(rows: 0, columns: configuration.classCount)
    embeddings = Matrix(rows: 0, columns: configuration.outputWidth)
    computeBase(data)
  }

  /// Answers edits one after another, several at a time; `body` gets each one's number and response, on any thread and in
  /// no particular order.
  public func respond(to edits: [GeneEdit], _ body: (Int, EditResponse) -> Void) {
    let layers = messages.count
    let edits = graph.map { graph in edits.map { $0.ordered(by: graph.order.ranks) } } ?? edits
    var reaches = [Reach?](repeating: nil, count: edits.count)
    reaches.withUnsafeMutableBufferPointer { reaches in
      nonisolated(unsafe) let reaches = reaches
      parallelFor(edits.count) { e in
        reaches[e] = Reach(of: edits[e], graph, layers: layers, spotCount: spotCount)
      }
    }
    let batch = EditBatch(edits, reaches.compactMap { $0 }, model: self)
    compute(batch)
    parallelFor(edits.count) { e in
      let rows = batch.outcomeRows[e]
      body(
        e,
        EditResponse(
          spots: batch.reaches[e].predicted, isEdited: batch.reaches[e].predicted.map(batch.reaches[e].isEdited),
          probabilities: matrix(outcome.probabilities, rows),
          embeddings: matrix(outcome.embeddings, rows)))
    }
  }

  private func matrix(_ store: RowStore, _ rows: Range<Int>) -> Matrix {
    Matrix(
      rows: rows.count, columns: store.columns,
      values: Array(
        UnsafeBufferPointer(
          start: store.row(spotCount + rows.lowerBound), count: rows.count * store.columns)))
  }

  private func computeBase(_ data: ModelData) {
    let tape = Tape()
    tape.beginEvaluation()
    if let image, let encoder = model.image, let features = data.image {
      tape.copy(
        encoder.finish(tape, model.parameters, encoder.prefix(tape, model.parameters, features)), to: image.values)
    }
    if let residual = data.residual, let genes = inputs[0] { tape.copy(tape.constant(residual), to: genes.values) }
    firstLayer.base.withUnsafeBufferPointer { base in
      guard let first = base.baseAddress else { return }
      // Read only: a store's rows and a constant's have one type.
      enter(UnsafeMutablePointer(mutating: first), rows: spotCount, at: 0)
    }
    let all = 0..<spotCount
    for layer in messages.indices {
      guard let context = graph?.context else { break }
      if layer > 0 || !model.configuration.mode.graphReadsGenes { transform(layer, rows: spotCount, at: 0) }
      score(layer, rows: spotCount, at: 0)
      let rows = StageRows(
        indptr: context.loopedGraph.indptr, sources: context.loopedGraph.sources,
        weights: context.convolution.weights, own: all.map(Int32.init))
      mix(layer, rows, sourceCount: spotCount, at: 0)
    }
    projectKeys(rows: spotCount, at: 0)
    let keySets = graph?.context.keySets
    let own = all.map(Int32.init)
    predict(
      StageRows(indptr: keySets?.indptr ?? [0], sources: keySets?.sources ?? [], own: own), spatial: own, spots: own,
      sourceCount: spotCount, at: 0)
    probabilities = Matrix(
      rows: spotCount, columns: outcome.probabilities.columns,
      values: Array(
        UnsafeBufferPointer(start: outcome.probabilities.values, count: spotCount * outcome.probabilities.columns)))
    embeddings = Matrix(
      rows: spotCount, columns: outcome.embeddings.columns,
      values: Array(UnsafeBufferPointer(start: outcome.embeddings.values, count: spotCount * outcome.embeddings.columns)))
  }

  /// Runs `body` for fixed blocks of rows, each on a tape of its own.
  func forEachChunk(_ rows: Int, _ body: (Tape, Range<Int>) -> Void) {
    parallelRows(rows, blockSize: 960) { block in
      let tape = tapes.withLock { $0.popLast() }?.tape ?? Tape()
      tape.beginEvaluation()
      tape.resetCosts()
      Threads.serially { body(tape, block) }
      let flops = tape.costs.values.reduce(0) { $0 + $1.flops }
      flopCount.withLock { $0 += flops }
      tape.rewind()
      let idle = IdleTape(tape: tape)
      tapes.withLock { $0.append(idle) }
    }
  }
}
