// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import Autodiff
import Kernels
import StomicsCore

/// Several edits answered together: which rows each stage computes, one edit after another.
struct EditBatch {
  let edits: [GeneEdit]
  let reaches: [Reach]
  /// The rows of each edit after each graph layer, counted from the first edited row: `[layer][edit]`.
  let starts: [[Int]]
  /// Edited rows after each graph layer.
  let counts: [Int]
  /// What each graph layer computes.
  let layers: [StageRows]
  /// What the fusion and the classifier compute, with each row's spot, and its row after the graph.
  let last: StageRows
  let lastSpots: [Int32]
  let lastSpatial: [Int32]
  /// The rows of each edit in what comes out.
  let outcomeRows: [Range<Int>]

  init(_ edits: [GeneEdit], _ reaches: [Reach], model: IncrementalModel) {
    self.edits = edits
    self.reaches = reaches
    let n = model.spotCount
    let layerCount = model.messages.count
    var starts: [[Int]] = []
    var counts: [Int] = []
    for layer in 0...layerCount {
      var next = 0
      starts.append(
        reaches.map { reach in
          defer { next += reach.spots[layer].count }
          return next
        })
      counts.append(next)
    }
    self.starts = starts
    self.counts = counts
    var outcomeRows: [Range<Int>] = []
    for reach in reaches {
      let start = outcomeRows.last?.upperBound ?? 0
      outcomeRows.append(start..<start + reach.predicted.count)
    }
    self.outcomeRows = outcomeRows

    /// The rows of one edit's stage; nil for those after the graph.
    func rows(_ e: Int, layer: Int?) -> StageRows {
      let reach = reaches[e]
      var rows = StageRows()
      let source = layer ?? layerCount
      func sourceRow(_ spot: Int) -> Int32 { reach.row(spot, after: source, first: n + starts[source][e]) }
      guard let layer else {
        func own(_ spot: Int) -> Int32 { reach.row(spot, after: 0, first: n + starts[0][e]) }
        if model.graph?.keyTargets != nil, let keySets = model.graph?.context.keySets {
          rows.append(reach.predicted, keySets, weights: nil, source: sourceRow, own: own)
        } else {
          rows.own = reach.predicted.map { own(Int($0)) }
        }
        return rows
      }
      if let context = model.graph?.context {
        rows.append(
          reach.spots[layer + 1], context.loopedGraph,
          weights: model.sourceScores.isEmpty ? context.convolution.weights : nil, source: sourceRow, own: sourceRow)
      }
      return rows
    }
    // Every edit's stages on their own, then one after another.
    var parts = [[StageRows]](repeating: [], count: edits.count)
    parts.withUnsafeMutableBufferPointer { parts in
      nonisolated(unsafe) let parts = parts
      parallelFor(edits.count) { e in
        parts[e] = (0..<layerCount).map { rows(e, layer: $0) } + [rows(e, layer: nil)]
      }
    }
    let joined = (0...layerCount).map { stage in
      var all = StageRows()
      for part in parts { all.append(part[stage]) }
      return all
    }
    layers = Array(joined.dropLast())
    last = joined[layerCount]
    lastSpots = reaches.flatMap(\.predicted)
    lastSpatial = reaches.indices.flatMap { e in
      reaches[e].predicted.map {
        reaches[e].row(Int($0), after: layerCount, first: n + starts[layerCount][e])
      }
    }
  }
}

extension IncrementalModel {
  /// Computes every stage of a batch; what comes out lies in `outcome`, behind the slice's own rows.
  func compute(_ batch: EditBatch) {
    let n = spotCount
    for (layer, count) in batch.counts.enumerated() {
      inputs[layer]?.reserve(editedRows: count)
      guard layer < messages.count else { continue }
      messages[layer].reserve(editedRows: count)
      if !sourceScores.isEmpty {
        sourceScores[layer].reserve(editedRows: count)
        targetScores[layer].reserve(editedRows: count)
      }
    }
    let spatialCount = batch.counts[messages.count]
    for store in keys + values { store.reserve(editedRows: spatialCount) }
    queries?.reserve(editedRows: batch.counts[0])
    outcome.embeddings.reserve(editedRows: batch.last.count)
    outcome.probabilities.reserve(editedRows: batch.last.count)

    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, batch.counts[0] * firstLayer.width)) { buffer in
      guard let first = buffer.baseAddress else { return }
      parallelFor(batch.edits.count) { e in
        firstLayer.write(batch.edits[e], to: first + batch.starts[0][e] * firstLayer.width)
      }
      if model.configuration.mode.graphReadsGenes, let genes = inputs[0] {
        parallelFor(batch.edits.count) { e in copyGenes(batch.edits[e], to: genes, at: n + batch.starts[0][e]) }
      }
      enter(first, rows: batch.counts[0], at: n)
    }
    for layer in messages.indices {
      let rows = batch.counts[layer]
      if layer > 0 || !model.configuration.mode.graphReadsGenes { transform(layer, rows: rows, at: n) }
      score(layer, rows: rows, at: n)
      mix(layer, batch.layers[layer], sourceCount: n + rows, at: n)
    }
    projectKeys(rows: spatialCount, at: n)
    predict(
      batch.last, spatial: batch.lastSpatial, spots: batch.lastSpots, sourceCount: n + spatialCount, at: n)
  }

  /// The genes of edited spots, where a graph layer adds them to its output.
  private func copyGenes(_ edit: GeneEdit, to genes: RowStore, at start: Int) {
    for (k, spot) in edit.spots.enumerated() {
      let row = genes.row(start + k)
      row.update(from: genes.row(Int(spot)), count: genes.columns)
      row[edit.column] = edit.new[k]
    }
  }

  /// From the first Linear to what comes into the graph, `at` the given row; or the first message where a graph layer
  /// reads the genes.
  func enter(_ first: UnsafeMutablePointer<Float>, rows: Int, at start: Int) {
    let width = firstLayer.width
    guard let encoder = model.expression, let entrance = inputs[0] else {
      messages[0].row(start).update(from: first, count: rows * width)
      return
    }
    forEachChunk(rows) { tape, chunk in
      let y = tape.borrowed(first + chunk.lowerBound * width, rows: chunk.count, columns: width)
      let x = encoder.finish(tape, model.parameters, encoder.activate(tape, y))
      tape.copy(x, to: entrance.row(start + chunk.lowerBound))
      if let queries, let fusion = model.crossAttention {
        _ = fusion.project(
          tape, model.parameters, x, .query, layer: 0, at: queries.row(start + chunk.lowerBound))
      }
    }
  }

  /// What a graph layer passes on.
  func transform(_ layer: Int, rows: Int, at start: Int) {
    guard let encoder = model.graph, let input = inputs[layer] else { return }
    forEachChunk(rows) { tape, chunk in
      let x = borrow(tape, input, start + chunk.lowerBound, chunk.count)
      let weight = tape.parameter(encoder.conv(layer) + ".lin.weight", of: model.parameters)
      _ = tape.linear(x, weight: weight, at: messages[layer].row(start + chunk.lowerBound))
    }
  }

  /// The scores of graph attention.
  func score(_ layer: Int, rows: Int, at start: Int) {
    guard let encoder = model.graph, !sourceScores.isEmpty else { return }
    forEachChunk(rows) { tape, chunk in
      let first = start + chunk.lowerBound
      let scores = tape.attentionScores(
        borrow(tape, messages[layer], first, chunk.count),
        attSrc: tape.parameter(encoder.conv(layer) + ".att_src", of: model.parameters),
        attDst: tape.parameter(encoder.conv(layer) + ".att_dst", of: model.parameters),
        heads: model.configuration.spatialHeads)
      tape.copy(scores.source, to: sourceScores[layer].row(first))
      tape.copy(scores.target, to: targetScores[layer].row(first))
    }
  }

  /// A graph layer after its messages: what comes into the next one.
  func mix(_ layer: Int, _ rows: StageRows, sourceCount: Int, at start: Int) {
    guard let encoder = model.graph, let output = inputs[layer + 1] else { return }
    let block = model.parameters
    forEachChunk(rows.count) { tape, chunk in
      let (graph, weights) = rows.graph(chunk, sourceCount: sourceCount)
      let own = Array(rows.own[chunk])
      let edges = EdgeList(forwardOnly: graph)
      let sent = borrow(tape, messages[layer], 0, sourceCount)
      let mixed: Variable
      if sourceScores.isEmpty {
        mixed = encoder.convolve(tape, block, sent, layer, ConvolutionEdges(edges: edges, weights: Array(weights)))
      } else {
        mixed = tape.graphAttention(
          sent, sourceScores: borrow(tape, sourceScores[layer], 0, sourceCount),
          targetScores: tape.gatherRows(borrow(tape, targetScores[layer], 0, sourceCount), own),
          bias: tape.parameter(encoder.conv(layer) + ".bias", of: block), edges: edges,
          heads: model.configuration.spatialHeads)
      }
      let residual = inputs[layer].map { tape.gatherRows(borrow(tape, $0, 0, sourceCount), own) }
      _ = encoder.normalise(
        tape, block, mixed, residual: residual, layer, at: output.row(start + chunk.lowerBound))
    }
  }

  /// Keys and values of cross-attention.
  func projectKeys(rows: Int, at start: Int) {
    guard let fusion = model.crossAttention, let spatial = inputs[messages.count] else { return }
    forEachChunk(rows) { tape, chunk in
      let first = start + chunk.lowerBound
      let x = borrow(tape, spatial, first, chunk.count)
      for layer in keys.indices {
        _ = fusion.project(tape, model.parameters, x, .key, layer: layer, at: keys[layer].row(first))
        _ = fusion.project(tape, model.parameters, x, .value, layer: layer, at: values[layer].row(first))
      }
    }
  }

  /// Fusion and classifier.
  /// - Parameters:
  ///   - rows: edges among the rows after the graph, and each row's own before it
  ///   - spatial: each row's own after the graph
  ///   - spots: each row's spot
  func predict(_ rows: StageRows, spatial: [Int32], spots: [Int32], sourceCount: Int, at start: Int) {
    let block = model.parameters
    let classes = model.configuration.classCount
    forEachChunk(rows.count) { tape, chunk in
      let fused = fuse(tape, rows, Array(spatial[chunk]), Array(spots[chunk]), chunk, sourceCount: sourceCount)
      let p = outcome.probabilities.row(start + chunk.lowerBound)
      _ = tape.linear(fused, "classifier", of: block, at: p)
      tape.copy(fused, to: outcome.embeddings.row(start + chunk.lowerBound))
      Kernels.softmaxRows(p, into: p, rows: chunk.count, columns: classes)
    }
  }

  private func fuse(
    _ tape: Tape, _ rows: StageRows, _ spatial: [Int32], _ spots: [Int32], _ chunk: Range<Int>, sourceCount: Int
  ) -> Variable {
    let block = model.parameters
    let own = Array(rows.own[chunk])
    func gather(_ store: RowStore?, _ picked: [Int32]) -> Variable? {
      store.map { tape.gatherRows(borrow(tape, $0, 0, $0.rows), picked) }
    }
    let after = messages.isEmpty ? nil : gather(inputs[messages.count], spatial)
    guard model.expression != nil, let expression = gather(inputs[0], own) else {
      return after ?? tape.constant(Matrix(rows: chunk.count, columns: model.configuration.outputWidth))
    }
    let imageRows = gather(image, spots)
    guard let after else {
      guard let gated = model.gated, let imageRows else { return expression }
      return gated(tape, block, expression: expression, spatial: imageRows, nil)
    }
    let fused: Variable
    if let fusion = model.crossAttention {
      fused = fusion.attend(
        tape, block, expression: expression, firstQueries: gather(queries, own),
        edges: EdgeList(forwardOnly: rows.graph(chunk, sourceCount: sourceCount).graph)
      ) { layer in
        (borrow(tape, keys[layer], 0, sourceCount), borrow(tape, values[layer], 0, sourceCount))
      }
    } else {
      fused =
        model.gated.map { $0(tape, block, expression: expression, spatial: after, nil) }
        ?? tape.concatenateColumns(expression, after)
    }
    guard let multimodal = model.multimodal, let imageRows else { return fused }
    return multimodal(tape, block, fused: fused, image: imageRows, nil)
  }

  private func borrow(_ tape: Tape, _ store: RowStore, _ first: Int, _ count: Int) -> Variable {
    tape.borrowed(store.row(first), rows: count, columns: store.columns)
  }
}
