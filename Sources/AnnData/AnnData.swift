import OrderedCollections
import StomicsCore

/// An annotated matrix: N observations (spots) by G variables (genes), with everything that belongs to them.
///
/// The in-memory form of an h5ad file; shapes: X `[N, G]`, obsm `[N, …]`, obsp `[N, N]`, varm `[G, …]`, varp `[G, G]`.
public struct AnnData: Sendable, Equatable {
  /// Expression `[N, G]`; nil where the file has none.
  public var x: Element?
  public var obs: DataFrame
  public var `var`: DataFrame
  public var layers: OrderedDictionary<String, Element> = [:]
  public var obsm: OrderedDictionary<String, Element> = [:]
  public var varm: OrderedDictionary<String, Element> = [:]
  public var obsp: OrderedDictionary<String, Element> = [:]
  public var varp: OrderedDictionary<String, Element> = [:]
  public var uns: OrderedDictionary<String, Element> = [:]
  public var raw: Raw?
  /// What else lies at the file's root: not interpreted, and passed on when written.
  public var others: OrderedDictionary<String, OpaqueElement> = [:]
  /// The file it was read from, for messages; empty for data made in memory.
  public var source: String = ""

  /// The frozen copy some files keep under `raw`: another gene set over the same spots.
  public struct Raw: Sendable, Equatable {
    public var x: Element?
    public var `var`: DataFrame
    public var varm: OrderedDictionary<String, Element> = [:]

    public init(x: Element?, `var` variables: DataFrame) {
      self.x = x
      self.var = variables
    }
  }

  public init(x: Element?, obs: DataFrame, `var` variables: DataFrame) {
    self.x = x
    self.obs = obs
    self.var = variables
  }

  /// Lets go of the matrices over all genes: X, layers and raw.
  public mutating func dropMatrices() {
    x = nil
    layers = [:]
    raw = nil
  }

  /// Number of observations N.
  public var observationCount: Int { obs.count }
  /// Number of variables G.
  public var variableCount: Int { self.var.count }
}
