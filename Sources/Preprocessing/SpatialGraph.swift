// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import AnnData
import OrderedCollections
import SparseGraph
import StomicsCore

extension GraphRecipe.Direction {
  /// The same direction in SparseGraph's words.
  public var graphDirection: GraphDirection {
    switch self {
    case .symmetric: .symmetric
    case .knn: .knn
    case .reverseKNN: .reverseKNN
    }
  }
}

extension GraphRecipe.Kind {
  /// How SparseGraph builds it; nil of none.
  public var method: GraphMethod? {
    switch self {
    case .none: nil
    case .kNearest(let count): .kNearest(count)
    case .rings(let count): .rings(count)
    case .radius(let radius): .radius(radius)
    case .delaunay(let longest): .delaunay(maximumEdge: longest)
    }
  }
}

/// The neighbour lists in a file, under squidpy's keys.
enum SpatialGraph {
  /// Writes `obsp/spatial_connectivities` (1 an edge), `obsp/spatial_distances` and `uns/spatial_neighbors`.
  ///
  /// Parameters have squidpy's names; those that squidpy does not keep (rings, Delaunay's cut) stand beside them under
  /// its arguments' names.
  static func store(_ neighbours: NeighbourGraph, _ kind: GraphRecipe.Kind, in adata: inout AnnData) {
    let graph = neighbours.graph
    func matrix(_ values: [Double]) -> Element {
      .sparse(
        SparseArray(
          layout: .csr, rows: graph.targetCount, columns: graph.sourceCount, indptr: graph.indptr,
          indices: graph.sources, values: .float64(values)))
    }
    adata.obsp[Keys.spatialConnectivities] = matrix([Double](repeating: 1, count: graph.edgeCount))
    adata.obsp[Keys.spatialDistances] = matrix(neighbours.distances)
    adata.uns[Keys.spatialNeighbours] = .dictionary([
      "connectivities_key": .string(Keys.spatialConnectivities),
      "distances_key": .string(Keys.spatialDistances),
      "params": .dictionary(parameters(kind)),
    ])
  }

  private static func parameters(_ kind: GraphRecipe.Kind) -> OrderedDictionary<String, Element> {
    func whole(_ count: Int) -> Element { .scalar(.int64([Int64(count)])) }
    func number(_ value: Double) -> Element { .scalar(.float64([value])) }
    switch kind {
    case .none: return [:]
    case .kNearest(let k): return ["coord_type": .string("generic"), "n_neighbors": whole(k)]
    case .rings(let count):
      return ["coord_type": .string("grid"), "n_neighbors": whole(6), "n_rings": whole(count)]
    case .radius(let radius): return ["coord_type": .string("generic"), "radius": number(radius)]
    case .delaunay(let longest):
      var result: OrderedDictionary<String, Element> = [
        "coord_type": .string("generic"), "delaunay": .scalar(.bool([true])),
      ]
      if let longest { result["radius"] = .array(DenseArray(shape: [2], values: .float64([0, longest]))) }
      return result
    }
  }

  /// The neighbour lists in the file where they are those of the k nearest: k entries in every row; else nil.
  static func stored(in adata: AnnData, count k: Int) -> Graph? {
    guard case .sparse(let sparse) = adata.obsp[Keys.spatialConnectivities], sparse.layout == .csr,
      case .dictionary(let record) = adata.uns[Keys.spatialNeighbours],
      case .dictionary(let parameters) = record["params"],
      case .scalar(let neighbours) = parameters["n_neighbors"], neighbours.doubles.first == Double(k),
      parameters["coord_type"] == .string("generic"),
      let matrix = try? sparse.csrMatrix(), matrix.rows == adata.observationCount,
      matrix.columns == matrix.rows
    else { return nil }
    for i in 0..<matrix.rows {
      let row = matrix.range(ofRow: i)
      if row.count != k || matrix.indices[row].contains(Int32(i)) { return nil }
    }
    return Graph(
      targetCount: matrix.rows, sourceCount: matrix.rows, indptr: matrix.indptr, sources: matrix.indices)
  }
}
