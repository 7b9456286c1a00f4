/// A change of some genes' expression, at every spot or at some.
public struct Edit: Sendable, Equatable {
  /// What is done to the genes.
  public enum Kind: Sendable, Equatable {
    /// Counts become 0.
    case knockout
    /// Counts are multiplied by 0 to 1e9; spots without the gene stay without it.
    case factor(Double)
    /// Spots below this quantile of the normalised expression among the expressing spots are raised to it.
    case quantile(Double)
    /// The standardised value becomes 0, which is the mean of the slice: the published system's "knock-out", for
    /// comparison.
    case mean

    /// The word of the `--type` flag.
    public var name: String {
      switch self {
      case .knockout: "knockout"
      case .factor: "factor"
      case .quantile: "quantile"
      case .mean: "mean"
      }
    }

    /// The factor or quantile, nil where there is none.
    public var amount: Double? {
      switch self {
      case .knockout, .mean: nil
      case .factor(let value), .quantile(let value): value
      }
    }
  }

  /// Genes of the model that are edited together.
  public var genes: [String]
  public var kind: Kind
  /// Positions of the spots whose counts are edited, ascending; nil for all.
  public var spots: [Int]?

  public init(genes: [String], kind: Kind, spots: [Int]? = nil) {
    self.genes = genes
    self.kind = kind
    self.spots = spots
  }

  /// For tables and file names: the genes joined by `+`.
  public var name: String { genes.joined(separator: "+") }

  /// Throws `PerturbationError` where a number makes no sense, or no gene or spot is named.
  public func validate() throws(PerturbationError) {
    if genes.isEmpty { throw .noGenes }
    if spots?.isEmpty == true { throw .noSpots }
    try kind.validate()
  }
}

extension Edit.Kind {
  /// Throws `PerturbationError` where a number makes no sense.
  public func validate() throws(PerturbationError) {
    switch self {
    case .factor(let factor) where !(factor >= 0 && factor <= 1e9): throw .factor(factor)
    case .quantile(let quantile) where !(quantile >= 0 && quantile <= 1): throw .quantile(quantile)
    default: break
    }
  }
}
