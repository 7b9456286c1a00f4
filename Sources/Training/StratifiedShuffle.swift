import StomicsCore

/// Spots divided in two with the classes in proportion: scikit-learn's `StratifiedShuffleSplit` with one split.
///
/// Draw for draw the same as version 1.9 on NumPy's `RandomState`, results and their order included.
struct StratifiedShuffle {
  let first: [Int]
  let second: [Int]

  /// - Parameters:
  ///   - spots: positions in the slice, each class with at least 2
  ///   - labels: `[N]`, class codes of the slice
  ///   - firstShare: the first part gets this share of the spots, rounded down; the second part all others
  ///   - parts: what the parts are called in messages
  init(
    _ spots: [Int], labels: [Int32], firstShare: Double, seed: UInt32, parts: (String, String)
  ) throws(SplitError) {
    let classes = Array(Set(spots.map { labels[$0] })).sorted()
    var members = [[Int]](repeating: [], count: classes.count)
    let position = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    for i in spots { members[position[labels[i], default: 0]].append(i) }

    let firstCount = Int((firstShare * Double(spots.count)).rounded(.down))
    let secondCount = spots.count - firstCount
    for (part, count) in [(parts.0, firstCount), (parts.1, secondCount)] where count < max(classes.count, 1) {
      throw .partTooSmall(part: part, spots: count, classes: classes.count, labelled: spots.count)
    }

    var random = NumPyRandom(seed: seed)
    let counts = members.map(\.count)
    let inFirst = approximateMode(counts, draws: firstCount, &random)
    let left = zip(counts, inFirst).map { $0 - $1 }
    let inSecond = approximateMode(left, draws: secondCount, &random)
    var firstPart = [Int]()
    var secondPart = [Int]()
    for c in classes.indices {
      let order = random.permutation(counts[c])
      firstPart += order[..<inFirst[c]].map { members[c][$0] }
      secondPart += order[inFirst[c]..<inFirst[c] + inSecond[c]].map { members[c][$0] }
    }
    random.shuffle(&firstPart)
    random.shuffle(&secondPart)
    first = firstPart
    second = secondPart
  }
}

/// How many of each class to draw: near the most probable numbers of a draw without replacement.
///
/// Shares are rounded down; what is missing goes to the largest remainders, by lot among equal ones.
private func approximateMode(_ counts: [Int], draws: Int, _ random: inout NumPyRandom) -> [Int] {
  let total = Double(counts.reduce(0, +))
  let exact = counts.map { Double($0) / total * Double(draws) }
  var result = exact.map { Int($0.rounded(.down)) }
  let remainders = zip(exact, result).map { $0 - Double($1) }
  var missing = draws - result.reduce(0, +)
  if missing <= 0 { return result }
  for value in Array(Set(remainders)).sorted(by: >) {
    let tied = remainders.indices.filter { remainders[$0] == value }
    let adding = min(tied.count, missing)
    for k in random.choice(adding, of: tied.count) { result[tied[k]] += 1 }
    missing -= adding
    if missing == 0 { break }
  }
  return result
}
