import FoundationEssentials
import TestSupport
import Testing
import Training

private func decode<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
  try JSONDecoder().decode(type, from: Data(contentsOf: URL(filePath: Fixtures.path("split/" + name))))
}

@Test("The published split, index for index", arguments: [Split.Method.stratified, .sklearn])
func splitMatchesReference(method: Split.Method) throws {
  struct Reference: Decodable {
    let labels: [Int32]
    let seed: Int
    let train, val, test: [Int]
  }
  let cases = try decode([Reference].self, "d_split.json")
  #expect(cases.map(\.labels.count) == [60, 200, 1000, 3611])
  for reference in cases {
    let split = try Split(labels: reference.labels, classNames: [], seed: reference.seed, method: method)
    #expect(split == Split(train: reference.train, validation: reference.val, test: reference.test))
  }
}

@Test("scikit-learn's splits and refusals for odd sizes, ratios, ties and missing labels")
func splitCasesMatchReference() throws {
  struct Reference: Decodable {
    let labels: [Int32]
    let ratios: [Double]
    let seed: Int
    let train, val, test: [Int]?
    let error: String?
  }
  struct File: Decodable { let cases: [Reference] }
  for reference in try decode(File.self, "split_cases.json").cases {
    let ratios = Split.Ratios(train: reference.ratios[0], validation: reference.ratios[1], test: reference.ratios[2])
    func split() throws -> Split {
      try Split(
        labels: reference.labels, classNames: ["a", "b"], ratios: ratios, seed: reference.seed, method: .sklearn)
    }
    if let train = reference.train, let val = reference.val, let test = reference.test {
      #expect(try split() == Split(train: train, validation: val, test: test))
    } else {
      #expect(throws: SplitError.self) { try split() }
    }
  }
}

@Test("Classes too small to divide go into training and are reported; with sklearn they are an error")
func smallClasses() throws {
  // Class 1 has one spot, class 2 three: two or one of them outside training, never one left to divide.
  var labels = [Int32](repeating: 0, count: 50)
  labels[7] = 1
  for i in [3, 20, 41] { labels[i] = 2 }
  labels[30] = -1
  let split = try Split(labels: labels, classNames: ["a", "b", "c"], seed: 42)
  #expect(split.train.contains(7))
  #expect(split.undivided == [1, 2])
  #expect([3, 20, 41].allSatisfy(split.train.contains))
  let all = split.train + split.validation + split.test
  #expect(all.sorted() == (0..<50).filter { $0 != 30 })
  #expect {
    try Split(labels: labels, classNames: ["a", "b", "c"], seed: 42, method: .sklearn)
  } throws: { error in
    "\(error)".contains("Class 'b' has 1 labelled spot in the slice") && "\(error)".contains("--split stratified")
  }
}

@Test func splitRefusals() {
  func error(_ labels: [Int32], _ ratios: Split.Ratios = .init(), seed: Int = 42) -> SplitError? {
    do throws(SplitError) {
      _ = try Split(labels: labels, classNames: [], ratios: ratios, seed: seed)
      return nil
    } catch { return error }
  }
  let labels = (0..<40).map { Int32($0 % 2) }
  #expect(error(labels) == nil)
  #expect(error(labels, .init(train: 0.8, validation: 0.2, test: 0.2)) != nil)
  #expect(error(labels, .init(train: 1, validation: 0, test: 0)) != nil)
  #expect(error(labels, .init(train: .nan, validation: 0.2, test: 0.2)) != nil)
  #expect(error(labels, seed: -1) == .seed(-1))
  #expect(error(labels, seed: 1 << 32) == .seed(1 << 32))
  #expect(error([]) == .noLabelledSpots)
  #expect(error([-1, -1]) == .noLabelledSpots)
  #expect(error([0, 1, 2]) == .noDivisibleClass(labelled: 3))
  #expect(error([0, 0]) == .noDivisibleClass(labelled: 2))
  #expect(
    error((0..<12).map { Int32($0 % 6) })
      == .partTooSmall(part: "validation and test", spots: 5, classes: 6, labelled: 12))
}
