/// How often spots of each true class were predicted as each class, and the accuracy family drawn from it.
///
/// Values follow scikit-learn; with no spots at all they are NaN.
public struct ConfusionMatrix: Sendable, Equatable {
  /// Number of classes C.
  public let classCount: Int
  /// `[C, C]`, row-major: row = true class, column = predicted class.
  public let counts: [Int]
  /// `[C]`: spots of each true class.
  public let trueCounts: [Int]
  /// `[C]`: spots predicted as each class.
  public let predictedCounts: [Int]
  /// Number of spots.
  public let total: Int

  /// Counts class codes `[N]`, each in 0..<classCount.
  public init(truth: [Int32], predicted: [Int32], classCount: Int) {
    precondition(truth.count == predicted.count, "\(truth.count) and \(predicted.count) labels")
    var counts = [Int](repeating: 0, count: classCount * classCount)
    var trueCounts = [Int](repeating: 0, count: classCount)
    var predictedCounts = [Int](repeating: 0, count: classCount)
    for i in truth.indices {
      let t = Int(truth[i])
      let p = Int(predicted[i])
      precondition(t >= 0 && t < classCount && p >= 0 && p < classCount, "class code outside 0..<\(classCount)")
      counts[t * classCount + p] += 1
      trueCounts[t] += 1
      predictedCounts[p] += 1
    }
    self.classCount = classCount
    self.counts = counts
    self.trueCounts = trueCounts
    self.predictedCounts = predictedCounts
    total = truth.count
  }

  public subscript(true t: Int, predicted p: Int) -> Int { counts[t * classCount + p] }

  /// Spots of class c that were predicted as c.
  public func correct(_ c: Int) -> Int { counts[c * classCount + c] }

  /// The share of spots predicted right.
  public var accuracy: Double { Double((0..<classCount).reduce(0) { $0 + correct($1) }) / Double(total) }

  /// The mean of the classes' recalls; classes without true spots are left out.
  public var balancedAccuracy: Double {
    let recalls = (0..<classCount).filter { trueCounts[$0] > 0 }.map { recall($0) }
    return recalls.reduce(0, +) / Double(recalls.count)
  }

  /// The share of class c's predictions that are right; 0 where it was never predicted.
  public func precision(_ c: Int) -> Double {
    predictedCounts[c] == 0 ? 0 : Double(correct(c)) / Double(predictedCounts[c])
  }

  /// The share of class c's spots that were found; 0 where it has none.
  public func recall(_ c: Int) -> Double { trueCounts[c] == 0 ? 0 : Double(correct(c)) / Double(trueCounts[c]) }

  /// The harmonic mean of precision and recall of class c; 0 where it neither occurs nor is predicted.
  public func f1(_ c: Int) -> Double {
    let sum = trueCounts[c] + predictedCounts[c]
    return sum == 0 ? 0 : 2 * Double(correct(c)) / Double(sum)
  }

  /// The unweighted mean of F1 over the classes that occur or are predicted.
  public var macroF1: Double {
    let present = (0..<classCount).filter { trueCounts[$0] + predictedCounts[$0] > 0 }
    return present.reduce(0) { $0 + f1($1) } / Double(present.count)
  }

  /// The mean of F1 over classes, weighted by their true spots.
  public var weightedF1: Double {
    (0..<classCount).reduce(0) { $0 + Double(trueCounts[$1]) * f1($1) } / Double(total)
  }

  /// Matthews correlation coefficient for several classes, -1 to 1; 0 where truth or prediction is constant.
  ///
  /// Source: Gorodkin 2004.
  public var matthewsCorrelation: Double {
    if total == 0 { return .nan }
    let n = Double(total)
    let right = Double((0..<classCount).reduce(0) { $0 + correct($1) })
    var together = 0.0
    var truth = 0.0
    var predicted = 0.0
    for c in 0..<classCount {
      let t = Double(trueCounts[c])
      let p = Double(predictedCounts[c])
      together += t * p
      truth += t * t
      predicted += p * p
    }
    let product = (n * n - truth) * (n * n - predicted)
    return product == 0 ? 0 : (right * n - together) / product.squareRoot()
  }

  /// Cohen's kappa: agreement above what the class frequencies give by chance; NaN where both are one same class.
  public var cohenKappa: Double {
    let n = Double(total)
    var expectedAgreement = 0.0
    for c in 0..<classCount { expectedAgreement += Double(trueCounts[c]) * Double(predictedCounts[c]) / n }
    let wrong = n - Double((0..<classCount).reduce(0) { $0 + correct($1) })
    let expectedWrong = n - expectedAgreement
    return expectedWrong == 0 ? .nan : 1 - wrong / expectedWrong
  }
}
