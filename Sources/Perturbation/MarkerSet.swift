/// Genes known to mark a domain.
public struct Marker: Sendable, Equatable {
  public enum Direction: String, Sendable { case enriched, depleted }

  public var gene: String
  /// One domain, or several of which any may depend on the gene.
  public var domains: [String]
  public var direction: Direction

  public init(_ gene: String, _ domains: [String], _ direction: Direction = .enriched) {
    self.gene = gene
    self.domains = domains
    self.direction = direction
  }

  /// For tables: the domains joined by `/`.
  public var domain: String { domains.joined(separator: "/") }

  /// Markers of the layers of the dorsolateral prefrontal cortex.
  /// - Source: layer markers of the literature, most of them among those of Maynard et al. 2021; SNAP25, a synapse's gene, is
  ///   low in white matter.
  public static let dlpfc: [Marker] =
    ["RELN", "AQP4", "FABP7"].map { Marker($0, ["Layer1"]) }
    + ["CUX2", "HPCAL1", "ENC1", "CARTPT"].map { Marker($0, ["Layer2", "Layer3"]) }
    + [Marker("RORB", ["Layer4"])] + ["PCP4", "TRABD2A"].map { Marker($0, ["Layer5"]) }
    + ["KRT17", "B3GALT2"].map { Marker($0, ["Layer6"]) } + ["MBP", "MOBP", "GFAP"].map { Marker($0, ["WM"]) }
    + [Marker("SNAP25", ["WM"], .depleted)]
}
