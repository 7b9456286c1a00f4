import FoundationEssentials
import Metrics
import TestSupport
import Testing

/// One pair of labellings with scikit-learn's values.
struct ReferenceCase: Decodable {
  struct Values: Decodable {
    let ari, nmi, ami, fmi, accuracy, balanced_accuracy, macro_f1, weighted_f1, mcc: Double
    let hcv: [Double]
    /// NaN in scikit-learn is null here.
    let kappa: Double?
  }

  let name: String
  let `true`: [Int32]
  let pred: [Int32]
  let metrics: Values
  let confusion: [[Int]]?

  static func load() throws -> [ReferenceCase] {
    struct EdgeCases: Decodable { let cases: [ReferenceCase] }
    func data(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: Fixtures.path("metrics/" + name))) }
    return try JSONDecoder().decode([ReferenceCase].self, from: data("c_metrics.json"))
      + JSONDecoder().decode(EdgeCases.self, from: data("edge_cases.json")).cases
  }
}

@Test("Clustering agreement equals scikit-learn to 1e-12, edge cases included")
func clusterAgreementMatchesReference() throws {
  let cases = try ReferenceCase.load()
  #expect(cases.count == 17)
  for reference in cases {
    let table = ContingencyTable(reference.true, reference.pred)
    let values = reference.metrics
    func check(_ actual: Double, _ expected: Double, _ name: String) {
      #expect(abs(actual - expected) <= 1e-12, "\(name) of \(reference.name): \(actual), expected \(expected)")
    }
    check(table.adjustedRandIndex, values.ari, "ARI")
    check(table.normalisedMutualInformation, values.nmi, "NMI")
    check(table.adjustedMutualInformation, values.ami, "AMI")
    check(table.fowlkesMallowsIndex, values.fmi, "FMI")
    check(table.homogeneity, values.hcv[0], "homogeneity")
    check(table.completeness, values.hcv[1], "completeness")
    check(table.vMeasure, values.hcv[2], "V")
  }
}

@Test("The accuracy family equals scikit-learn to 1e-12, edge cases included")
func accuracyFamilyMatchesReference() throws {
  for reference in try ReferenceCase.load() {
    // A confusion matrix has a row for every class, occurring or not; scikit-learn's has those that occur.
    let classCount = Int((reference.true + reference.pred).max() ?? 0) + 2
    let matrix = ConfusionMatrix(truth: reference.true, predicted: reference.pred, classCount: classCount)
    let values = reference.metrics
    func check(_ actual: Double, _ expected: Double, _ name: String) {
      #expect(abs(actual - expected) <= 1e-12, "\(name) of \(reference.name): \(actual), expected \(expected)")
    }
    check(matrix.accuracy, values.accuracy, "accuracy")
    check(matrix.balancedAccuracy, values.balanced_accuracy, "balanced accuracy")
    check(matrix.macroF1, values.macro_f1, "macro F1")
    check(matrix.weightedF1, values.weighted_f1, "weighted F1")
    check(matrix.matthewsCorrelation, values.mcc, "MCC")
    if let kappa = values.kappa {
      check(matrix.cohenKappa, kappa, "kappa")
    } else {
      #expect(matrix.cohenKappa.isNaN, "kappa of \(reference.name)")
    }
    for (t, row) in (reference.confusion ?? []).enumerated() {
      for (p, count) in row.enumerated() { #expect(matrix[true: t, predicted: p] == count) }
    }
  }
}

@Test("No spots: perfect agreement as scikit-learn has it, no accuracy")
func emptyLabellings() {
  let table = ContingencyTable([], [])
  #expect(table.adjustedRandIndex == 1)
  #expect(table.normalisedMutualInformation == 1)
  #expect(table.adjustedMutualInformation == 1)
  #expect(table.fowlkesMallowsIndex == 0)
  #expect(table.homogeneity == 1 && table.completeness == 1 && table.vMeasure == 1)
  let matrix = ConfusionMatrix(truth: [], predicted: [], classCount: 3)
  #expect(matrix.accuracy.isNaN && matrix.macroF1.isNaN && matrix.balancedAccuracy.isNaN)
  #expect(matrix.matthewsCorrelation.isNaN && matrix.cohenKappa.isNaN && matrix.weightedF1.isNaN)
}

@Test("Renaming labels and swapping the labellings change nothing")
func agreementLaws() throws {
  let reference = try #require(try ReferenceCase.load().first { $0.name == "noisy7" })
  let table = ContingencyTable(reference.true, reference.pred)
  let renamed = ContingencyTable(reference.true.map { 100 - 7 * $0 }, reference.pred)
  let swapped = ContingencyTable(reference.pred, reference.true)
  for other in [renamed, swapped] {
    #expect(abs(table.adjustedRandIndex - other.adjustedRandIndex) < 1e-14)
    #expect(abs(table.adjustedMutualInformation - other.adjustedMutualInformation) < 1e-13)
    #expect(abs(table.normalisedMutualInformation - other.normalisedMutualInformation) < 1e-14)
    #expect(abs(table.fowlkesMallowsIndex - other.fowlkesMallowsIndex) < 1e-14)
  }
  #expect(abs(table.homogeneity - swapped.completeness) < 1e-14)
}
