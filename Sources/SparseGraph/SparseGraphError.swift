import StomicsCore

/// What can be wrong with coordinates or with what is asked of a graph.
public enum SparseGraphError: StomicsError, Equatable {
  /// A coordinate is NaN, infinite, or too large for distances. `count` spots are affected; `first` is the first of them.
  case coordinateNotFinite(first: Int, x: Double, y: Double, count: Int)
  /// k neighbours were asked for where there are not that many other spots.
  case tooFewSpots(spots: Int, neighbours: Int)
  /// A neighbour count below 1.
  case neighbourCount(Int)
  /// A number of rings below 1.
  case ringCount(Int)
  /// A radius or a longest edge that is not above 0.
  case length(Double, of: Length)
  /// A radius' lower bound below 0 or above the upper one.
  case radiusRange(minimum: Double, maximum: Double)
  /// A percentile that is not above 0 and at most 100.
  case percentile(Double)
  /// Fewer spots than an edge joins.
  case tooFewToJoin(spots: Int)
  /// No two spots are neighbours at that distance; `pitch` is the usual distance of a spot to the nearest.
  case noNeighbours(within: Double, pitch: Double)
  /// A radius that takes in so many spots on average that it is hardly meant.
  case tooManyNeighbours(within: Double, mean: Double, pitch: Double)
  /// Rings were asked for where distances are not those of a lattice: only that share of them is near their median.
  case notOnGrid(share: Double)
  /// The slice numbers and the coordinates differ in length.
  case sliceCount(slices: Int, spots: Int)
  /// One of several slices, or a file, has that error.
  indirect case inSlice(String, SparseGraphError)

  /// What a length limits.
  public enum Length: String, Sendable {
    case radius
    case edge = "longest edge"
  }

  public var kind: ErrorKind {
    switch self {
    case .neighbourCount, .ringCount, .length, .radiusRange, .percentile: .usage
    case .coordinateNotFinite, .tooFewSpots, .sliceCount, .tooFewToJoin, .noNeighbours, .tooManyNeighbours,
      .notOnGrid:
      .data
    case .inSlice(_, let error): error.kind
    }
  }

  public var description: String {
    switch self {
    case .coordinateNotFinite(let first, let x, let y, let count):
      "The coordinates of \(count == 1 ? "one spot are" : "\(count) spots are") not finite numbers of a usable size: spot \(first) (counted from 0) lies at (\(x), \(y)). Remove such spots or mend obsm/spatial."
    case .tooFewSpots(let spots, let neighbours):
      "A graph of the \(neighbours) nearest neighbours needs more than \(neighbours) spots, and there \(spots == 1 ? "is 1" : "are \(spots)"). Ask for fewer neighbours or filter less."
    case .neighbourCount(let count):
      "The number of neighbours is \(count); it must be at least 1."
    case .ringCount(let count): "The number of rings is \(count); it must be at least 1."
    case .length(let value, let limited):
      "The \(limited.rawValue) is \(value); it must be a number above 0, in the units of the coordinates."
    case .radiusRange(let minimum, let maximum):
      "The radius reaches from \(minimum) to \(maximum); its lower bound must be at least 0 and at most the upper one."
    case .percentile(let value): "The percentile is \(value); it must be above 0 and at most 100."
    case .tooFewToJoin(let spots):
      "A graph needs at least 2 spots, and there \(spots == 1 ? "is 1" : "are \(spots)"). Filter less."
    case .noNeighbours(let limit, let pitch):
      "No two spots are neighbours within \(limit.formatted(decimals: 2)): a spot's nearest lies at a median distance of \(pitch.formatted(decimals: 2)). Choose more, in the units of the coordinates."
    case .tooManyNeighbours(let radius, let mean, let pitch):
      "Within \(radius.formatted(decimals: 2)) a spot has \(Int(mean).grouped) neighbours on average, and \(NeighbourGraph.mostNeighbours.grouped) are the most: is the radius in the units of the coordinates? A spot's nearest lies at a median distance of \(pitch.formatted(decimals: 2)); \((1.5 * pitch).formatted(decimals: 2)) takes in the spots around it."
    case .notOnGrid(let share):
      "The spots do not lie on a grid: only \((100 * share).formatted(decimals: 0)) % of the distances between neighbours are within 15 % of their median. For spots without a grid take a graph of the nearest spots, of a radius or a Delaunay graph."
    case .sliceCount(let slices, let spots):
      "\(slices) slice numbers for \(spots) spots; each spot needs one."
    case .inSlice(let name, let error): "\(name): \(error.description)"
    }
  }

  /// Does something with the graph of a slice; what is wrong with it is told with the slice's name.
  public static func naming<Result>(_ slice: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as SparseGraphError { throw inSlice(slice, error) }
  }
}
