// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import AnnData
import Autodiff
import SparseGraph
import StomicsCore

/// Whom every spot listens to in one layer of a model.
public struct AttentionMap: Sendable, Equatable {
  public enum Kind: Sendable {
    /// Graph attention: a spot's neighbours and itself.
    case graph
    /// Cross-attention: a spot's neighbours; itself where it has none.
    case cross
  }

  public let kind: Kind
  /// The layer's number, as in the keys of a checkpoint.
  public let layer: Int
  /// `[N, N]`, the mean over the layer's heads: row i lists the spots that spot i listens to, with weights that sum to 1.
  public let weights: CSRMatrix
  /// The same of each head.
  public let heads: [CSRMatrix]

  /// The key in obsp.
  public var key: String {
    switch kind {
    case .graph: Keys.graphAttention(layer: layer)
    case .cross: Keys.crossAttention(layer: layer)
    }
  }

  /// - Parameter alpha: `[E, A]`
  init(_ kind: Kind, layer: Int, graph: Graph, alpha: [Float]) {
    self.kind = kind
    self.layer = layer
    let heads = graph.edgeCount == 0 ? 1 : alpha.count / graph.edgeCount
    let means = (0..<graph.edgeCount).map { e in
      Float(alpha[e * heads..<(e + 1) * heads].reduce(0.0) { $0 + Double($1) } / Double(heads))
    }
    func matrix(_ values: [Float]) -> CSRMatrix {
      CSRMatrix(
        rows: graph.targetCount, columns: graph.sourceCount, indptr: graph.indptr, indices: graph.sources,
        values: values)
    }
    weights = matrix(means)
    self.heads = (0..<heads).map { head in matrix((0..<graph.edgeCount).map { alpha[$0 * heads + head] }) }
  }
}

extension Model {
  /// The attention weights of every layer that has any, without dropout: graph attention's layers, then
  /// cross-attention's.
  /// - Throws: `ModelError.configuration` where the mode has no attention.
  public func attention(_ data: ModelData) throws(ModelError) -> [AttentionMap] {
    guard let context = data.context,
      configuration.mode.usesGraphAttention || configuration.usesCrossAttention
    else {
      let mode = configuration.mode.rawValue
      throw .configuration(
        configuration.mode.usesGraph
          ? "mode \(mode) has no attention to write: a graph convolution weighs neighbours by their number alone"
          : "mode \(mode) has no attention to write: it does not look at neighbours")
    }
    let tape = Tape()
    tape.beginEvaluation()
    _ = finish(tape, prefix(tape, data), data, data.select())
    let graph = tape.attentionWeights(.graphAttention).enumerated().map {
      AttentionMap(.graph, layer: $0, graph: context.loopedGraph, alpha: $1)
    }
    let cross = tape.attentionWeights(.neighbourAttention).enumerated().map {
      AttentionMap(.cross, layer: $0, graph: context.keySets, alpha: $1)
    }
    return graph + cross
  }
}

extension AnnData {
  /// Writes attention into obsp, one matrix a layer, rows the spots that listen; with `heads` one more for each head.
  public mutating func annotate(_ attention: [AttentionMap], heads: Bool = false) {
    for map in attention {
      precondition(map.weights.rows == observationCount, "the attention is of another slice")
      obsp[map.key] = .sparse(SparseArray(map.weights))
      guard heads else { continue }
      for (number, weights) in map.heads.enumerated() {
        obsp[Keys.head(number, of: map.key)] = .sparse(SparseArray(weights))
      }
    }
  }
}
