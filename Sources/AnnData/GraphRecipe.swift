import StomicsCore

/// How the spatial graph was built.
public struct GraphRecipe: Sendable, Equatable {
  /// Which spots are neighbours.
  public enum Kind: Sendable, Equatable {
    /// There is no graph.
    case none
    /// The k nearest other spots.
    case kNearest(Int)
    /// The first n rings around a spot on a grid.
    case rings(Int)
    /// All spots within that distance, in the unit of the coordinates.
    case radius(Double)
    /// Corners of common triangles of the Delaunay triangulation, none farther apart than `maximumEdge`, in the unit of
    /// the coordinates; nil cuts nothing.
    case delaunay(maximumEdge: Double?)
  }

  /// Which way the lists of neighbours become edges j → i of the model.
  public enum Direction: String, Sendable, Codable, CaseIterable {
    /// j → i and i → j wherever one counts the other among its neighbours.
    case symmetric
    /// i listens to its own neighbours.
    case knn
    /// i listens to the spots that count i among their neighbours: the published system's choice.
    case reverseKNN = "reverse-knn"
  }

  public var kind: Kind
  public var direction: Direction

  public init(_ kind: Kind = .kNearest(6), direction: Direction = .symmetric) {
    self.kind = kind
    self.direction = direction
  }

  /// Whether there is a graph.
  public var hasGraph: Bool { kind != .none }

  /// k of a graph of nearest neighbours; nil of others.
  public var neighbours: Int? { kind.neighbours }
}

extension GraphRecipe.Kind {
  /// k of a graph of nearest neighbours; nil of others.
  public var neighbours: Int? { if case .kNearest(let count) = self { count } else { nil } }

  /// In words: "6 nearest", "2 rings", "within 150", "Delaunay, edges up to 150".
  public var words: String {
    switch self {
    case .none: "none"
    case .kNearest(let count): "\(count) nearest"
    case .rings(let count): count == 1 ? "1 ring" : "\(count) rings"
    case .radius(let radius): "within \(short(radius))"
    case .delaunay(nil): "Delaunay"
    case .delaunay(let longest?): "Delaunay, edges up to \(short(longest))"
    }
  }

  private func short(_ value: Double) -> String { Int(exactly: value).map { "\($0)" } ?? "\(value)" }
}

/// The settings of a graph's kind, as flags and files name them: the kind, and the one number that belongs to it.
public struct GraphSettings: Sendable, Equatable, Codable {
  public enum Name: String, Sendable, Codable, CaseIterable { case knn, grid, radius, delaunay }

  /// nil: that of the number that is given, else open.
  public var kind: Name?
  public var neighbours: Int?
  public var rings: Int?
  public var radius: Double?
  public var maximumEdge: Double?

  enum CodingKeys: String, CodingKey {
    case kind, neighbours, rings, radius
    case maximumEdge = "max_edge"
  }

  public init(
    kind: Name? = nil, neighbours: Int? = nil, rings: Int? = nil, radius: Double? = nil, maximumEdge: Double? = nil
  ) {
    self.kind = kind
    self.neighbours = neighbours
    self.rings = rings
    self.radius = radius
    self.maximumEdge = maximumEdge
  }

  /// The settings of a kind; all nil where there is no graph.
  public init(_ kind: GraphRecipe.Kind) {
    switch kind {
    case .none: self.init()
    case .kNearest(let count): self.init(kind: .knn, neighbours: count)
    case .rings(let count): self.init(kind: .grid, rings: count)
    case .radius(let radius): self.init(kind: .radius, radius: radius)
    case .delaunay(let longest): self.init(kind: .delaunay, maximumEdge: longest)
    }
  }

  /// The kind that the settings name; nil where they leave it open.
  /// - Throws: `GraphSettingsError` where a number is missing, out of range or of another kind.
  public func resolved() throws -> GraphRecipe.Kind? {
    let given = [
      (owner: Name.knn, flag: "--knn-k", isGiven: neighbours != nil),
      (owner: .grid, flag: "--n-rings", isGiven: rings != nil),
      (owner: .radius, flag: "--radius", isGiven: radius != nil),
      (owner: .delaunay, flag: "--max-edge", isGiven: maximumEdge != nil),
    ].filter(\.isGiven)
    guard let name = kind ?? given.first?.owner else { return nil }
    for (owner, flag, _) in given where owner != name {
      throw GraphSettingsError("\(flag) belongs to --graph \(owner.rawValue), and the graph is \(name.rawValue).")
    }
    func distance(_ value: Double, _ flag: String) throws -> Double {
      if value > 0 && value.isFinite { return value }
      throw GraphSettingsError("\(flag) is \(value); it must be a distance above 0, in the unit of the coordinates.")
    }
    switch name {
    case .knn: return .kNearest(try checked(neighbours ?? 6, "--knn-k"))
    case .grid: return .rings(try checked(rings ?? 1, "--n-rings"))
    case .radius:
      guard let radius else {
        throw GraphSettingsError("--graph radius needs --radius, a distance in the unit of the coordinates.")
      }
      return .radius(try distance(radius, "--radius"))
    case .delaunay: return .delaunay(maximumEdge: try maximumEdge.map { try distance($0, "--max-edge") })
    }
  }

  private func checked(_ count: Int, _ flag: String) throws -> Int {
    if count >= 1 { return count }
    throw GraphSettingsError("\(flag) is \(count); it must be 1 or more.")
  }
}

/// Settings of a graph that do not go together.
public struct GraphSettingsError: StomicsError, Equatable {
  public let description: String
  public var kind: ErrorKind { .usage }

  init(_ description: String) { self.description = description }
}

/// In JSON the kind's settings and the direction are one object. What programs before graph kinds wrote has no kind:
/// neighbours alone, 0 where there is no graph.
extension GraphRecipe: Codable {
  private enum Key: String, CodingKey { case kind, direction, neighbours }
  static let none = "none"

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let direction = try container.decode(Direction.self, forKey: .direction)
    guard let name = try container.decodeIfPresent(String.self, forKey: .kind) else {
      let count = try container.decode(Int.self, forKey: .neighbours)
      self.init(count > 0 ? .kNearest(count) : .none, direction: direction)
      return
    }
    if name == Self.none {
      self.init(.none, direction: direction)
      return
    }
    let kind: Kind?
    do { kind = try GraphSettings(from: decoder).resolved() } catch let error as GraphSettingsError {
      throw DecodingError.dataCorruptedError(forKey: .kind, in: container, debugDescription: error.description)
    }
    guard let kind else { preconditionFailure("a kind was named") }
    self.init(kind, direction: direction)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(direction, forKey: .direction)
    if hasGraph { try GraphSettings(kind).encode(to: encoder) } else { try container.encode(Self.none, forKey: .kind) }
  }
}
