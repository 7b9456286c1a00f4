import Metrics
import SparseGraph
import StomicsCore

/// Something that learns labels from the training spots of a fold and gives them to all spots.
public protocol Classifier: Sendable {
  /// Its name in tables, unique in a grid.
  var name: String { get }

  /// How far it looks from a spot.
  /// - Throws: `SparseGraphError` where the slice has too few spots for its graph.
  func reach(_ coordinates: [SIMD2<Double>]) throws -> Reach

  /// Learns from the training spots, chooses by the validation spots, and predicts every spot.
  /// - Parameter seed: of everything drawn
  /// - Throws: errors that say why the fold cannot be learned from.
  func predict(_ fold: FoldData, seed: Int) throws -> ClassifierOutput
}

/// How far a classifier looks from a spot, which says how wide the buffer around test spots has to be.
public struct Reach: Sendable {
  /// Its name in tables: folds of the same name are the same.
  public let name: String
  /// All spots within this many rings (`ringWidth`) of a spot.
  public let rings: Double
  /// All spots within so many hops against the edges of this graph.
  public let graph: Graph?
  public let hops: Int

  /// - Parameter rings: the radius in ring widths; 0 for the spot alone
  public static func within(rings: Double) -> Reach {
    Reach(name: "\(Int(rings.rounded(.up))) rings", rings: rings, graph: nil, hops: 0)
  }

  /// - Parameter name: of the graph
  public static func hops(_ count: Int, of graph: Graph, named name: String) -> Reach {
    Reach(name: "\(count) hops, \(name)", rings: 0, graph: graph, hops: count)
  }
}

/// What a classifier says of a fold.
public struct ClassifierOutput: Sendable {
  /// Logarithms of the classes' probabilities up to a constant in each row, `[N, C]`.
  public var logits: Matrix
  /// The graph it looks along, for the published definition of boundaries; nil where it has none.
  public var graph: Graph?
  /// What to divide the logits by, where the classifier has learned from the validation spots after calibrating on them;
  /// nil: calibrate on them.
  public var temperature: Double?
  public var parameterCount: Int?
  public var epochs: Int?
  /// What was chosen by the validation spots or found on the way, in words: "λ = 0.1, 2 rings".
  public var choice: String?
  /// What makes the classifier doubtful on this fold, in a sentence.
  public var warning: String?

  public init(
    logits: Matrix, graph: Graph? = nil, temperature: Double? = nil, parameterCount: Int? = nil, epochs: Int? = nil,
    choice: String? = nil
  ) {
    self.logits = logits
    self.temperature = temperature
    self.graph = graph
    self.parameterCount = parameterCount
    self.epochs = epochs
    self.choice = choice
  }
}
