import Glibc
import Metrics
import StomicsCore
import TestSupport
import Testing

@testable import Training

/// A hex grid of unit pitch with wavy bands of labels.
private func grid(_ rows: Int, _ columns: Int, bands: Int) -> (points: [SIMD2<Double>], labels: [Int32]) {
  var points = [SIMD2<Double>]()
  var labels = [Int32]()
  var random = SeededGenerator(seed: 3)
  for r in 0..<rows {
    for c in 0..<columns {
      points.append(SIMD2(Double(c) + (r % 2 == 0 ? 0 : 0.5), Double(r) * 0.8660254037844386))
      let depth = Double(r) / Double(rows) * Double(bands) + random.uniform(-0.2, 0.2)
      labels.append(Int32(min(max(Int(depth), 0), bands - 1)))
    }
  }
  return (points, labels)
}

/// Gaussian elimination with row exchange, for small systems.
private func solved(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
  var a = a
  var b = b
  let n = a.count
  for k in 0..<n {
    let pivot = (k..<n).max { abs(a[$0][k]) < abs(a[$1][k]) } ?? k
    a.swapAt(k, pivot)
    b.swapAt(k, pivot)
    for i in 0..<n where i != k {
      let factor = a[i][k] / a[k][k]
      if factor == 0 { continue }
      for j in k..<n { a[i][j] -= factor * a[k][j] }
      for j in b[i].indices { b[i][j] -= factor * b[k][j] }
    }
  }
  return (0..<n).map { i in b[i].map { $0 / a[i][i] } }
}

@Suite struct CoordinateControlTests {
  @Test(
    "Kernel ridge equals the dense solution, with more than 8 classes and with features too", arguments: [false, true])
  func kernelRidgeIsExact(withFeatures: Bool) {
    let (points, labels) = grid(16, 14, bands: 10)
    let training = points.indices.filter { $0 % 5 != 0 }
    let all = Matrix(
      rows: points.count, columns: 2, values: points.indices.flatMap { [Float($0 % 7) / 7, Float($0 % 3) / 3] })
    let ridge = KernelRidge(
      training.map { points[$0] },
      features: withFeatures ? KernelRidge.Features(all.gatheringRows(training), width: 0.5) : nil,
      targets: training.map { labels[$0] }, classCount: 10, width: 2.5, lambda: 0.1)
    func kernel(_ i: Int, _ j: Int) -> Double {
      let offset = points[i] - points[j]
      let first = Double(all[i, 0] - all[j, 0])
      let second = Double(all[i, 1] - all[j, 1])
      return exp(-(offset * offset).sum() / 12.5 - (withFeatures ? (first * first + second * second) / 0.5 : 0))
    }
    let system = training.map { i in training.map { j in kernel(i, j) + (i == j ? 0.1 : 0) } }
    let targets = training.map { i in (0..<10).map { labels[i] == Int32($0) ? 1.0 : 0 } }
    let weights = solved(system, targets)
    let expected = points.indices.flatMap { i in
      (0..<10).map { c in training.indices.reduce(0.0) { $0 + kernel(i, training[$1]) * weights[$1][c] } }
    }
    // What lies beyond 5 widths is left out.
    let found = ridge.values(at: points, features: withFeatures ? all : nil)
    expectClose(found.values.map(Double.init), expected, relative: 2e-4, "kernel ridge")
  }

  @Test("Both controls give shares that sum to 1, learn bands, and do not depend on threads")
  func controlsLearnBands() throws {
    let (points, labels) = grid(40, 30, bands: 5)
    let split = try Split(labels: labels, classNames: [], seed: 1)
    let names = ["a", "b", "c", "d", "e"]
    let nearest = try NeighbourLists.nearest(of: points)
    let controls = try CoordinateControls(
      spots: split.test, coordinates: points, labels: labels, training: split.train, classNames: names,
      nearest: nearest)
    for control in CoordinateControl.allCases {
      #expect(try #require(controls[control].accuracy) > 0.85)
      let before = Threads.count
      defer { Threads.count = before }
      let shares = try [1, 2, 3].map { threads in
        Threads.count = threads
        return try control.probabilities(coordinates: points, labels: labels, training: split.train, classCount: 5)
      }
      #expect(shares[0] == shares[1] && shares[0] == shares[2])
      for i in 0..<shares[0].rows { #expect(abs(shares[0].row(i).reduce(0, +) - 1) < 1e-5) }
    }
  }

  @Test("Degenerate slices: one spot, all at one place, one class, fewer than 5 training spots")
  func degenerateSlices() throws {
    for control in CoordinateControl.allCases {
      func probabilities(_ points: [SIMD2<Double>], _ labels: [Int32], _ training: [Int]) throws -> [Float] {
        try control.probabilities(coordinates: points, labels: labels, training: training, classCount: 2).values
      }
      #expect(try probabilities([SIMD2(3, 4)], [1], [0]) == [0, 1])
      let same = [SIMD2<Double>](repeating: SIMD2(7, 7), count: 4)
      expectClose(
        try probabilities(same, [0, 1, 1, -1], [0, 1, 2]),
        [1.0 / 3, 2.0 / 3, 1.0 / 3, 2.0 / 3, 1.0 / 3, 2.0 / 3, 1.0 / 3, 2.0 / 3], relative: 1e-5)
      // A spot far from all others, on a huge scale.
      let far = [SIMD2(0, 0), SIMD2(1, 0), SIMD2(1e140, -1e140)]
      #expect(try probabilities(far, [0, 0, -1], [0, 1])[4] >= 0)
      #expect(throws: (any Error).self) { try probabilities([SIMD2(0, 1e300), SIMD2(1, 1)], [0, 1], [0, 1]) }
      #expect(throws: (any Error).self) { try probabilities([SIMD2(0, .nan), SIMD2(1, 1)], [0, 1], [0, 1]) }
    }
    #expect(try NeighbourLists.nearest(of: [SIMD2(0, 0)]).count == 1)
    #expect(try NeighbourLists.nearest(of: [SIMD2(0, 0), SIMD2(1, 0)]).indices == [1, 0])
  }
}
