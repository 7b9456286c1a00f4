import OrderedCollections

extension AnnData {
  /// The slice with the matrix under `raw` as X and raw's genes as var; what belongs to the other genes is left out.
  /// - Throws: `AnnDataError.missingKey` where there is no raw matrix.
  public func usingRaw() throws -> AnnData {
    guard let raw, let matrix = raw.x else {
      throw AnnDataError.missingKey(
        "raw/X", group: "the file", available: (x == nil ? [] : ["X"]) + layers.keys.map { "layers/" + $0 },
        file: source, advice: layers.isEmpty ? "Leave out --use-raw." : "Name a layer with --layer.")
    }
    var result = self
    (result.x, result.var, result.varm) = (matrix, raw.var, raw.varm)
    (result.layers, result.varp, result.raw) = ([:], [:], nil)
    return result
  }

  /// The slice with a layer as X, and no longer among the layers.
  /// - Throws: `AnnDataError.missingKey` where there is no such layer.
  public func using(layer: String) throws -> AnnData {
    guard let matrix = layers[layer] else {
      throw AnnDataError.missingKey(layer, group: "layers", available: Array(layers.keys), file: source, advice: nil)
    }
    var result = self
    result.x = matrix
    result.layers[layer] = nil
    return result
  }
}
