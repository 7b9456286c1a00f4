import Metrics
import SparseGraph
import StomicsCore

/// What position alone is worth: classifiers that see the coordinates of the spots and no gene.
///
/// Domains are contiguous, so a random split leaves a labelled spot beside almost every test spot. A model's scores
/// mean something where they are above these.
public enum CoordinateControl: String, Sendable, Codable, CaseIterable {
  /// The 5 nearest training spots vote, each by 1 / distance; training spots at the very place decide alone.
  ///
  /// Equals scikit-learn's `KNeighborsClassifier(5, weights="distance")` but for the choice among equally distant spots,
  /// of which a regular grid has many.
  case nearestSpots = "coordinates_nearest_spots"
  /// Kernel ridge regression of one-hot labels: Gaussian of 2.5 spot pitches, λ = 0.1.
  case kernelRidge = "coordinates_kernel_ridge"

  /// Shares of the classes at every spot of a slice, `[N, C]`; each row sums to 1.
  ///
  /// The ridge's outputs are no probabilities: below 0 they count as 0, then they are divided by their sum.
  /// - Parameters:
  ///   - coordinates: `[N]`, any unit
  ///   - labels: `[N]`, codes in 0..<C; only those of training spots are read
  ///   - training: positions of training spots, at least one
  /// - Throws: `SparseGraphError` where a coordinate is not finite.
  public func probabilities(
    coordinates: [SIMD2<Double>], labels: [Int32], training: [Int], classCount: Int
  ) throws -> Matrix {
    precondition(!training.isEmpty, "no training spots")
    let points = training.map { coordinates[$0] }
    let targets = training.map { labels[$0] }
    switch self {
    case .nearestSpots:
      return try nearestVote(points, targets, at: coordinates, classCount: classCount)
    case .kernelRidge:
      let ridge = KernelRidge(
        points, targets: targets, classCount: classCount, width: 2.5 * (try spotPitch(coordinates)), lambda: 0.1)
      return ridge.values(at: coordinates).shares()
    }
  }
}

/// The scores of the coordinates-only controls, to stand beside a model's on the same spots.
public struct CoordinateControls: Sendable, Equatable, Codable {
  public let nearestSpots: DomainScores
  public let kernelRidge: DomainScores
  /// The one with the higher ARI.
  public let better: CoordinateControl

  enum CodingKeys: String, CodingKey {
    case nearestSpots = "coordinates_nearest_spots"
    case kernelRidge = "coordinates_kernel_ridge"
    case better
  }

  /// Fits both controls on training spots and scores them.
  /// - Parameters:
  ///   - spots: the spots to score, as the model is scored on
  ///   - coordinates: `[N]`, any unit
  ///   - labels: `[N]`, codes in 0..<C, -1 where missing
  ///   - training: positions of training spots, each labelled, at least one
  ///   - nearest, incoming: as in `DomainScores`
  /// - Throws: `SparseGraphError` where a coordinate is not finite.
  public init(
    spots: [Int], coordinates: [SIMD2<Double>], labels: [Int32], training: [Int], classNames: [String],
    nearest: NeighbourLists? = nil, incoming: NeighbourLists? = nil
  ) throws {
    func scores(_ control: CoordinateControl) throws -> DomainScores {
      DomainScores(
        spots: spots, labels: labels,
        probabilities: try control.probabilities(
          coordinates: coordinates, labels: labels, training: training, classCount: classNames.count),
        classNames: classNames, nearest: nearest, incoming: incoming)
    }
    nearestSpots = try scores(.nearestSpots)
    kernelRidge = try scores(.kernelRidge)
    better = (kernelRidge.ari ?? 0) >= (nearestSpots.ari ?? 0) ? .kernelRidge : .nearestSpots
  }

  /// The scores of one control.
  public subscript(control: CoordinateControl) -> DomainScores {
    control == .nearestSpots ? nearestSpots : kernelRidge
  }
}

extension NeighbourLists {
  /// The sources of the edges into each spot of a graph.
  public init(_ graph: Graph) { self.init(indptr: graph.indptr, indices: graph.sources) }

  /// The `count` nearest other spots of each spot, fewer in a smaller slice: what boundaries are found by.
  /// - Throws: `SparseGraphError` where a coordinate is not finite.
  public static func nearest(_ count: Int = 6, of coordinates: [SIMD2<Double>]) throws -> NeighbourLists {
    let count = min(count, coordinates.count - 1)
    if count < 1 {
      return NeighbourLists(indptr: [Int](repeating: 0, count: coordinates.count + 1), indices: [])
    }
    let lists = try NearestNeighbours(coordinates).nearestOthers(count: count)
    return NeighbourLists(indptr: (0...coordinates.count).map { $0 * count }, indices: lists.indices)
  }
}

/// Shares of the classes of the 5 nearest points, each weighing 1 / distance, `[queries, C]`.
/// - Parameters:
///   - points: at least one
///   - targets: a code of each point
/// - Throws: `SparseGraphError` where a coordinate is not finite.
public func nearestVote(
  _ points: [SIMD2<Double>], _ targets: [Int32], at queries: [SIMD2<Double>], classCount: Int
) throws -> Matrix {
  let lists = try NearestNeighbours(points).nearest(to: queries, count: min(5, points.count))
  var result = Matrix(rows: queries.count, columns: classCount)
  for i in queries.indices {
    let range = i * lists.count..<(i + 1) * lists.count
    let samePlace = lists.distances[range].contains(0)
    var votes = [Double](repeating: 0, count: classCount)
    for e in range {
      let distance = lists.distances[e]
      let weight = samePlace ? (distance == 0 ? 1 : 0) : 1 / distance
      votes[Int(targets[Int(lists.indices[e])])] += weight
    }
    let sum = votes.reduce(0, +)
    for c in 0..<classCount { result[i, c] = Float(votes[c] / sum) }
  }
  return result
}

extension Matrix {
  /// Rows divided by their sums, negative values as 0. A row without positive values becomes its largest value's class.
  public func shares() -> Matrix {
    var result = self
    let predicted = mostProbableClasses(self)
    for i in 0..<rows {
      let sum = row(i).reduce(0) { $0 + max($1, 0) }
      for c in 0..<columns {
        result[i, c] = sum > 0 ? max(self[i, c], 0) / sum : (c == Int(predicted[i]) ? 1 : 0)
      }
    }
    return result
  }
}
