import Glibc

/// How often each label of one labelling meets each label of another: the table behind ARI, NMI and their kin.
///
/// Only pairs that occur are stored, so labellings with very many labels stay cheap. Labels are any integers; only which
/// spots share one matters. All comparisons are symmetric unless they say otherwise, and follow scikit-learn to the
/// edge cases.
public struct ContingencyTable: Sendable, Equatable {
  /// A pair of labels that occurs, by the positions of both in their sorted lists.
  public struct Cell: Sendable, Equatable {
    public let row: Int
    public let column: Int
    public let count: Int
  }

  /// The pairs that occur, row after row, columns ascending.
  public let cells: [Cell]
  /// Spots of each label of the first labelling, in ascending order of labels.
  public let rowSums: [Int]
  /// Spots of each label of the second labelling.
  public let columnSums: [Int]
  /// Number of spots.
  public let total: Int

  /// Counts the pairs of two labellings `[N]` of the same spots.
  public init(_ truth: [Int32], _ predicted: [Int32]) {
    precondition(truth.count == predicted.count, "\(truth.count) and \(predicted.count) labels")
    let first = Self.ranks(of: truth)
    let second = Self.ranks(of: predicted)
    var keys = [Int](repeating: 0, count: truth.count)
    var rows = [Int](repeating: 0, count: first.count)
    var columns = [Int](repeating: 0, count: second.count)
    for i in keys.indices {
      keys[i] = first.ranks[i] * second.count + second.ranks[i]
      rows[first.ranks[i]] += 1
      columns[second.ranks[i]] += 1
    }
    keys.sort()
    var found = [Cell]()
    var start = 0
    while start < keys.count {
      var end = start + 1
      while end < keys.count && keys[end] == keys[start] { end += 1 }
      found.append(Cell(row: keys[start] / second.count, column: keys[start] % second.count, count: end - start))
      start = end
    }
    cells = found
    rowSums = rows
    columnSums = columns
    total = truth.count
  }

  /// Replaces labels by their positions among the sorted labels that occur.
  private static func ranks(of labels: [Int32]) -> (ranks: [Int], count: Int) {
    var distinct = [Int32]()
    for label in labels.sorted() where label != distinct.last { distinct.append(label) }
    let ranks = labels.map { label in
      var low = 0
      var high = distinct.count
      while low < high {
        let middle = (low + high) / 2
        if distinct[middle] < label { low = middle + 1 } else { high = middle }
      }
      return low
    }
    return (ranks, distinct.count)
  }
}

extension ContingencyTable {
  /// Entropy of the first labelling in nats: 0 for one label, and 1 for no spots at all, as scikit-learn has it.
  public var rowEntropy: Double { Self.entropy(rowSums, total: total) }

  /// Entropy of the second labelling in nats.
  public var columnEntropy: Double { Self.entropy(columnSums, total: total) }

  private static func entropy(_ sums: [Int], total: Int) -> Double {
    if total == 0 { return 1 }
    if sums.count == 1 { return 0 }
    let logTotal = log(Double(total))
    return sums.reduce(0) { $0 - Double($1) / Double(total) * (log(Double($1)) - logTotal) }
  }

  /// Mutual information of the two labellings in nats, never negative.
  public var mutualInformation: Double {
    if rowSums.count <= 1 || columnSums.count <= 1 { return 0 }
    let logTotal = log(Double(total))
    var sum = 0.0
    for cell in cells {
      let share = Double(cell.count) / Double(total)
      let outer = Double(rowSums[cell.row]) * Double(columnSums[cell.column])
      let term = share * (log(Double(cell.count)) - logTotal) + share * (2 * logTotal - log(outer))
      if abs(term) >= Double.ulpOfOne { sum += term }
    }
    return max(sum, 0)
  }

  /// The mutual information two random labellings with these label counts would share on average, in nats.
  ///
  /// Source: Vinh, Epps and Bailey 2010, eq. 24 (hypergeometric model).
  public var expectedMutualInformation: Double {
    if rowSums.count <= 1 || columnSums.count <= 1 { return 0 }
    var logFactorial = [Double](repeating: 0, count: total + 1)
    for n in 0...total { logFactorial[n] = logGamma(Double(n) + 1) }
    let logTotal = log(Double(total))
    var sum = 0.0
    for a in rowSums {
      for b in columnSums {
        let constant =
          logFactorial[a] + logFactorial[b] + logFactorial[total - a] + logFactorial[total - b] - logFactorial[total]
        let logOuter = log(Double(a)) + log(Double(b))
        for n in max(1, a + b - total)...min(a, b) {
          let logProbability =
            constant - logFactorial[n] - logFactorial[a - n] - logFactorial[b - n] - logFactorial[total - a - b + n]
          let count = Double(n)
          sum += count / Double(total) * (logTotal + log(count) - logOuter) * exp(logProbability)
        }
      }
    }
    return sum
  }
}

/// ln Γ(x) for x > 0.
private func logGamma(_ x: Double) -> Double {
  var sign: Int32 = 0
  return lgamma_r(x, &sign)
}
