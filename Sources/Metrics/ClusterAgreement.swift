extension ContingencyTable {
  /// Adjusted Rand index: 1 for the same partition, 0 on average for random ones, down to -0.5.
  ///
  /// 1 for two partitions that agree trivially (one label each, or no spots). Source: Hubert and Arabie 1985.
  public var adjustedRandIndex: Double {
    var squares = 0.0
    for cell in cells { squares += Double(cell.count) * Double(cell.count) }
    var rowSquares = 0.0
    for sum in rowSums { rowSquares += Double(sum) * Double(sum) }
    var columnSquares = 0.0
    for sum in columnSums { columnSquares += Double(sum) * Double(sum) }
    // Ordered pairs of spots: together in both, only in the second, only in the first, in neither.
    let n = Double(total)
    let both = squares - n
    let onlySecond = columnSquares - squares
    let onlyFirst = rowSquares - squares
    let neither = n * n - onlySecond - onlyFirst - squares
    if onlyFirst == 0 && onlySecond == 0 { return 1 }
    return 2 * (both * neither - onlyFirst * onlySecond)
      / ((both + onlyFirst) * (onlyFirst + neither) + (both + onlySecond) * (onlySecond + neither))
  }

  /// Mutual information over the arithmetic mean of both entropies, 0 to 1.
  ///
  /// 1 where both labellings have one label, or no spots; 0 where only one of them has one label.
  public var normalisedMutualInformation: Double {
    if rowSums.count == columnSums.count && rowSums.count <= 1 { return 1 }
    let information = mutualInformation
    if information <= Double.ulpOfOne { return 0 }
    return information / ((rowEntropy + columnEntropy) / 2)
  }

  /// Mutual information above what chance gives, over the arithmetic mean of both entropies above the same.
  ///
  /// 1 where both labellings have one label, or no spots; 0 where only one of them has one label. Costs one term for
  /// every possible count of every pair of labels. Source: Vinh, Epps and Bailey 2010.
  public var adjustedMutualInformation: Double {
    if rowSums.count == columnSums.count && rowSums.count <= 1 { return 1 }
    if rowSums.count == 1 || columnSums.count == 1 { return 0 }
    let expected = expectedMutualInformation
    return awayFromZero(mutualInformation - expected) / awayFromZero((rowEntropy + columnEntropy) / 2 - expected)
  }

  /// Fowlkes-Mallows index: the geometric mean of pairwise precision and recall, 0 to 1.
  ///
  /// 0 where no two spots share both labels, and for no spots. Source: Fowlkes and Mallows 1983.
  public var fowlkesMallowsIndex: Double {
    var both = 0.0
    for cell in cells { both += Double(cell.count) * Double(cell.count - 1) }
    if both == 0 { return 0 }
    var first = 0.0
    for sum in rowSums { first += Double(sum) * Double(sum - 1) }
    var second = 0.0
    for sum in columnSums { second += Double(sum) * Double(sum - 1) }
    return (both / second).squareRoot() * (both / first).squareRoot()
  }

  /// Whether each predicted group holds spots of one true label only: 1 - H(true | predicted) / H(true), 0 to 1.
  ///
  /// Not symmetric: the first labelling is the truth. 1 where the truth has one label, and for no spots.
  public var homogeneity: Double {
    if total == 0 { return 1 }
    let entropy = rowEntropy
    return entropy == 0 ? 1 : mutualInformation / entropy
  }

  /// Whether each true label lies in one predicted group only: `homogeneity` with the labellings swapped.
  public var completeness: Double {
    if total == 0 { return 1 }
    let entropy = columnEntropy
    return entropy == 0 ? 1 : mutualInformation / entropy
  }

  /// The harmonic mean of homogeneity and completeness; 0 where both are 0.
  public var vMeasure: Double {
    let h = homogeneity
    let c = completeness
    return h + c == 0 ? 0 : 2 * h * c / (h + c)
  }
}

/// The value, or the smallest step away from 0 on its side: so that a perfect agreement gives 1 and not 0/0.
private func awayFromZero(_ value: Double) -> Double {
  value < 0 ? min(value, -Double.ulpOfOne) : max(value, Double.ulpOfOne)
}
