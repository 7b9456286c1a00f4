import StomicsCore

/// What to simulate. The same options give the same bytes, for any number of threads.
public struct SimulationOptions: Sendable, Equatable {
  /// Number of spots under tissue; up to 4,992 on the 6.5 mm Visium area, up to 14,336 on the 11 mm one.
  public var spots: Int
  /// Number of genes; a human reference of 10x Genomics has 33,538.
  public var genes: Int
  /// Seeds every draw.
  public var seed: UInt64
  /// Seeds what the genes do, in place of `seed`: slices of one gene seed have the same genes, as slices of one donor do.
  public var geneSeed: UInt64?
  /// The share of spots without a label, 0 to 1 (1 itself excluded).
  public var missingLabels: Double
  /// Whether an H&E-like picture goes into `uns/spatial`.
  public var image: Bool
  /// Median counts a spot over the simulated genes; nil takes what as many genes of a real slice hold.
  public var depth: Double?
  /// The name of the slice under `uns/spatial`.
  public var library: String

  public init(
    spots: Int = 3600, genes: Int = 5000, seed: UInt64 = 0, geneSeed: UInt64? = nil, missingLabels: Double = 0,
    image: Bool = false, depth: Double? = nil, library: String = "simulated"
  ) {
    self.spots = spots
    self.genes = genes
    self.seed = seed
    self.geneSeed = geneSeed
    self.missingLabels = missingLabels
    self.image = image
    self.depth = depth
    self.library = library
  }

  /// The smallest tissue that has room for seven layers.
  public static let minimumSpots = 50
  /// The largest tissue: every spot of an 11 mm capture area.
  public static let maximumSpots = HexGrid.large.count
  /// Enough genes for one marker of each layer and the mitochondrial ones.
  public static let minimumGenes = 50
  /// Far beyond any annotation; a larger number is a slip of the keyboard.
  public static let maximumGenes = 1_000_000

  /// Throws the first setting that makes no sense.
  public func validate() throws {
    guard (Self.minimumSpots...Self.maximumSpots).contains(spots) else {
      throw SimulationError.spots(spots)
    }
    guard (Self.minimumGenes...Self.maximumGenes).contains(genes) else {
      throw SimulationError.genes(genes)
    }
    guard missingLabels >= 0, missingLabels < 1 else { throw SimulationError.missingLabels(missingLabels) }
    if let depth {
      guard depth >= 1, depth <= 1e7 else { throw SimulationError.depth(depth) }
    }
    guard !library.isEmpty, !library.contains("/") else { throw SimulationError.library(library) }
  }
}

/// A setting of the simulation that makes no sense.
public enum SimulationError: StomicsError, Equatable {
  case spots(Int)
  case genes(Int)
  case missingLabels(Double)
  case depth(Double)
  case library(String)

  public var kind: ErrorKind { .usage }

  public var description: String {
    switch self {
    case .spots(let found):
      """
      \(found) spots cannot be simulated: a tissue has \(SimulationOptions.minimumSpots) to \
      \(SimulationOptions.maximumSpots) spots (4992 fill the 6.5 mm capture area, 14336 the 11 mm one). \
      Set another number with --spots.
      """
    case .genes(let found):
      """
      \(found) genes cannot be simulated: \(SimulationOptions.minimumGenes) to \(SimulationOptions.maximumGenes) \
      are possible. Set another number with --genes.
      """
    case .missingLabels(let found):
      "\(found) is not a share of missing labels: it is at least 0 and below 1. Set another with --missing-labels."
    case .depth(let found):
      "\(found) is not a median depth: it is 1 to 10000000 counts a spot. Set another with --depth."
    case .library(let found):
      "'\(found)' cannot name a slice: the name is not empty and has no '/'. Set another with --library."
    }
  }
}
