/// For each spot a list of other spots, in compressed rows: the spots near it, or the sources of the edges into it.
public struct NeighbourLists: Sendable, Equatable {
  /// `[N + 1]`: the neighbours of spot i are `indices[indptr[i]..<indptr[i + 1]]`.
  public let indptr: [Int]
  /// `[E]`
  public let indices: [Int32]

  public init(indptr: [Int], indices: [Int32]) {
    precondition(indptr.first == 0 && indptr.last == indices.count, "neighbour lists do not cover their indices")
    self.indptr = indptr
    self.indices = indices
  }

  /// Number of spots N.
  public var count: Int { indptr.count - 1 }

  func neighbours(of i: Int) -> ArraySlice<Int32> { indices[indptr[i]..<indptr[i + 1]] }
}

/// Which of the given spots lie at a border: a neighbour **of the whole slice** has another true label than the spot.
///
/// Neighbours without a label do not count. The result does not depend on which spots are asked for.
/// - Parameters:
///   - spots: `[R]`, positions in the slice, each labelled
///   - labels: `[N]`, true codes of the whole slice, -1 where missing
///   - nearest: each spot's nearest spots of the whole slice (6 by convention), whatever graph a model used
/// - Returns: `[R]`
public func boundarySpots(_ spots: [Int], labels: [Int32], nearest: NeighbourLists) -> [Bool] {
  precondition(labels.count == nearest.count, "\(labels.count) labels, \(nearest.count) neighbour lists")
  return spots.map { i in
    nearest.neighbours(of: i).contains { labels[Int($0)] >= 0 && labels[Int($0)] != labels[i] }
  }
}

/// Which of the given spots the published system calls boundary: those whose incoming neighbours **among the given
/// spots** disagree among themselves. The spot's own label plays no part; without such neighbours it is interior.
///
/// Kept for comparison with published numbers: it depends on the model's graph and on which spots were drawn for testing.
/// - Parameters:
///   - spots: `[R]`, positions in the slice
///   - labels: `[N]`, true codes of the whole slice, -1 where missing
///   - incoming: the sources of the edges into each spot of the model's graph
/// - Returns: `[R]`
public func publishedBoundarySpots(_ spots: [Int], labels: [Int32], incoming: NeighbourLists) -> [Bool] {
  precondition(labels.count == incoming.count, "\(labels.count) labels, \(incoming.count) neighbour lists")
  var chosen = [Bool](repeating: false, count: labels.count)
  for i in spots { chosen[i] = true }
  return spots.map { i in
    var first: Int32?
    for j in incoming.neighbours(of: i) where chosen[Int(j)] {
      if let first, labels[Int(j)] != first { return true }
      first = labels[Int(j)]
    }
    return false
  }
}

/// The mean absolute difference of true and predicted rank where the classes are ordered, as cortical layers are; NaN
/// without spots.
/// - Parameter ranks: `[C]`, each class's place in the order
public func ordinalError(truth: [Int32], predicted: [Int32], ranks: [Int]) -> Double {
  precondition(truth.count == predicted.count, "\(truth.count) and \(predicted.count) labels")
  var sum = 0
  for i in truth.indices { sum += abs(ranks[Int(truth[i])] - ranks[Int(predicted[i])]) }
  return Double(sum) / Double(truth.count)
}

/// The order of classes named as cortical layers: one common word with ascending numbers ("Layer1", "Layer 2", "L3"), and white matter
/// ("WM", "White matter") after all of them.
/// - Returns: `[C]` ranks from 0, or nil where the names are anything else, or only one class is there.
public func laminarRanks(_ classNames: [String]) -> [Int]? {
  var depths = [Int]()
  var words = Set<String>()
  for name in classNames {
    let lower = name.lowercased().filter { $0 != " " && $0 != "_" && $0 != "-" }
    if lower == "wm" || lower == "whitematter" {
      depths.append(Int.max)
      continue
    }
    let word = lower.prefix { !$0.isNumber }
    guard let depth = Int(lower.dropFirst(word.count)), depth < Int.max else { return nil }
    words.insert(String(word))
    depths.append(depth)
  }
  let sorted = depths.sorted()
  guard words.count == 1, depths.count > 1, Set(depths).count == depths.count else { return nil }
  return depths.map { depth in sorted.prefix { $0 < depth }.count }
}
