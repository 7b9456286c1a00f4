import StomicsCore

/// What can be wrong with coordinates or with what is asked of a graph.
public enum SparseGraphError: StomicsError, Equatable {
  /// A coordinate is NaN, infinite, or too large for distances. `count` spots are affected; `first` is the first of them.
  case coordinateNotFinite(first: Int, x: Double, y: Double, count: Int)
  /// k neighbours were asked for where there are not that many other spots.
  case tooFewSpots(spots: Int, neighbours: Int)
  /// A neighbour count below 1.
  case neighbourCount(Int)
  /// The slice numbers and the coordinates differ in length.
  case sliceCount(slices: Int, spots: Int)

  public var kind: ErrorKind {
    if case .neighbourCount = self { return .usage }
    return .data
  }

  public var description: String {
    switch self {
    case .coordinateNotFinite(let first, let x, let y, let count):
      "The coordinates of \(count == 1 ? "one spot are" : "\(count) spots are") not finite numbers of a usable size: spot \(first) (counted from 0) lies at (\(x), \(y)). Remove such spots or mend obsm/spatial."
    case .tooFewSpots(let spots, let neighbours):
      "A graph of the \(neighbours) nearest neighbours needs more than \(neighbours) spots, and there \(spots == 1 ? "is 1" : "are \(spots)"). Ask for fewer neighbours or filter less."
    case .neighbourCount(let count):
      "The number of neighbours is \(count); it must be at least 1."
    case .sliceCount(let slices, let spots):
      "\(slices) slice numbers for \(spots) spots; each spot needs one."
    }
  }
}
