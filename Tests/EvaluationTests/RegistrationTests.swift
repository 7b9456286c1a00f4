import Glibc
import StomicsCore
import Testing

@testable import Evaluation

@Suite("The registration control")
struct RegistrationTests {
  /// Spots of a lopsided tissue on a hexagonal grid of pitch 1.
  static func tissue(_ rows: Int = 26, _ columns: Int = 34) -> [SIMD2<Double>] {
    (0..<rows).flatMap { r in
      (0..<columns).compactMap { c -> SIMD2<Double>? in
        let place = SIMD2(Double(c) + (r % 2 == 0 ? 0 : 0.5), Double(r) * 0.866)
        // A corner is missing: no symmetry is left.
        return place.x + 2 * place.y < 16 ? nil : place
      }
    }
  }

  /// What is expressed at a place of the first tissue, without symmetry.
  static func features(_ places: [SIMD2<Double>]) -> Matrix {
    Matrix(
      rows: places.count, columns: 3,
      values: places.flatMap { p -> [Float] in
        [Float(sin(p.y / 5)), Float(cos(p.x / 7 + p.y / 20)), Float(sin((p.x - 2 * p.y) / 11))]
      })
  }

  @Test(
    "a slice that is turned, mirrored, moved and bent is laid onto the other", arguments: [0.0, 1.1, 3.0],
    [false, true])
  func recovers(angle: Double, isMirrored: Bool) throws {
    let target = Self.tissue()
    // The same spots as another slice sees them.
    func moved(_ p: SIMD2<Double>) -> SIMD2<Double> {
      var q = p + SIMD2(0.004 * p.y * p.y, 0.003 * p.x * p.x)
      if isMirrored { q.y = -q.y }
      return SIMD2(cos(angle) * q.x - sin(angle) * q.y, sin(angle) * q.x + cos(angle) * q.y) * 1.1 + SIMD2(50, -20)
    }
    let places = target.map(moved)
    let registration = try Registration(
      places, Self.features(target), onto: try FeatureRaster(target, Self.features(target)), target)
    let distances = zip(places, target).map {
      (($0.1 - registration.map($0.0)) * ($0.1 - registration.map($0.0))).sum()
    }
    .map { $0.squareRoot() }.sorted()
    #expect(distances[distances.count / 2] < 0.3)
    #expect(distances[distances.count * 95 / 100] < 1)
  }

  @Test("between points of the grid features and slopes are linear; beside the tissue there is nothing")
  func raster() throws {
    let places = Self.tissue()
    let raster = try FeatureRaster(places, Self.features(places))
    var value = [Double](repeating: 0, count: 3)
    var (slopeX, slopeY) = (value, value)
    let place = SIMD2(20.3, 12.4)
    #expect(raster.sample(place, into: &value, &slopeX, &slopeY))
    let near = Self.features([place])
    for k in 0..<3 { #expect(abs(value[k] - Double(near[0, k])) < 0.1) }
    var (other, x, y) = (value, slopeX, slopeY)
    let step = 1e-3
    #expect(raster.sample(place + SIMD2(step, 0), into: &other, &x, &y))
    for k in 0..<3 { #expect(abs((other[k] - value[k]) / step - slopeX[k]) < 1e-6) }
    #expect(raster.sample(place + SIMD2(0, step), into: &other, &x, &y))
    for k in 0..<3 { #expect(abs((other[k] - value[k]) / step - slopeY[k]) < 1e-6) }
    #expect(throws: EvaluationError.self) {
      try FeatureRaster(places + [SIMD2(1e140, 0)], Matrix(rows: places.count + 1, columns: 3))
    }
    for outside in [SIMD2(0.0, 0.0), SIMD2(-9.0, 5.0), SIMD2(1e9, 3.0), SIMD2(20.0, -1e300)] {
      #expect(!raster.sample(outside, into: &value, &slopeX, &slopeY))
    }
  }

  @Test(
    "it stands beside models across slices, reads labels off by position, and is the same for any number of threads")
  func control() throws {
    let set = try Slices.set(3, spots: 700)
    let division = EvaluationProtocol(.leaveOneSliceOut)
    let grid = try EvaluationGrid(division, models: [RingsClassifier()], seeds: [1])
    #expect(grid.references.map(\.classifier.name) == ["registration: labels by position", "linear floor"])
    let control = RegistrationControl()
    let plan = try division.folds(try division.units(set)[0], of: set, seed: 1, reach: control.reach)[0]
    let data = try plan.data(set)
    let threads = Threads.count
    defer { Threads.count = threads }
    Threads.count = 1
    let one = try control.predict(data, seed: 1)
    Threads.count = 4
    #expect(try control.predict(data, seed: 2).logits == one.logits)
    var scoring = Scoring(set)
    scoring.add(one, plan, data)
    #expect(try #require(try scoring.results()[0].scores.accuracy) > 0.5)
  }
}
