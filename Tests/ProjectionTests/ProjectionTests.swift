import Glibc
import StomicsCore
import TestSupport
import Testing

@testable import Projection

/// Groups of normal clouds around random centres, `[groups * each, width]`, group after group.
private func clouds(_ groups: Int, each: Int, width: Int, distance: Double = 8, seed: UInt64 = 1) -> Matrix {
  var generator = SeededGenerator(seed: seed)
  func normal() -> Double {
    (-2 * log(1 - generator.uniform())).squareRoot() * cos(2 * Double.pi * generator.uniform())
  }
  var values = [Float]()
  for _ in 0..<groups {
    let center = (0..<width).map { _ in normal() * distance / Double(width).squareRoot() }
    for _ in 0..<each { values += center.map { Float($0 + normal() * 2 / Double(width).squareRoot()) } }
  }
  return Matrix(rows: groups * each, columns: width, values: values)
}

/// A closed curve in `width` dimensions: neighbours along it are neighbours in space.
private func ring(_ count: Int, width: Int) -> Matrix {
  var values = [Float]()
  for i in 0..<count {
    let angle = 2 * Double.pi * Double(i) / Double(count)
    values += (0..<width).map { j in
      j == 0 ? Float(3 * cos(angle)) : j == 1 ? Float(3 * sin(angle)) : Float(0.3 * sin(angle * Double(j % 3)))
    }
  }
  return Matrix(rows: count, columns: width, values: values)
}

/// How far neighbours in the plane were neighbours before, 1 at best (Venna and Kaski 2001, as scikit-learn has it).
private func trustworthiness(_ rows: Matrix, _ places: [SIMD2<Float>], k: Int = 12) -> Double {
  let n = rows.rows
  var sum = 0
  for i in 0..<n {
    func distance(_ j: Int) -> Float {
      zip(rows.row(i), rows.row(j)).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    let far = (0..<n).map { $0 == i ? -1 : distance($0) }
    let order = (0..<n).sorted { (far[$0], $0) < (far[$1], $1) }
    var rank = [Int](repeating: 0, count: n)
    for (place, j) in order.enumerated() { rank[j] = place }
    func shown(_ j: Int) -> Float {
      let way = places[i] - places[j]
      return way.x * way.x + way.y * way.y
    }
    let near = (0..<n).filter { $0 != i }.sorted { (shown($0), $0) < (shown($1), $1) }.prefix(k)
    for j in near { sum += max(0, rank[j] - k) }
  }
  return 1 - 2 * Double(sum) / (Double(n * k) * Double(2 * n - 3 * k - 1))
}

/// The share of points whose nearest point in the plane is of their group.
private func purity(_ places: [SIMD2<Float>], each: Int) -> Double {
  var right = 0
  for i in places.indices {
    func distance(_ j: Int) -> Float {
      let way = places[i] - places[j]
      return way.x * way.x + way.y * way.y
    }
    let nearest = places.indices.filter { $0 != i }.min { distance($0) < distance($1) }
    if let nearest, nearest / each == i / each { right += 1 }
  }
  return Double(right) / Double(places.count)
}

private enum Method: String, CaseIterable, CustomTestStringConvertible {
  case tsne, umap

  var testDescription: String { rawValue }

  func callAsFunction(_ rows: Matrix) throws -> [SIMD2<Float>] {
    switch self {
    case .tsne: try Projection.tsne(rows)
    case .umap: try Projection.umap(rows)
    }
  }
}

@Suite(.serialized) struct ProjectionTests {
  @Test("Neighbours in the plane were neighbours before, and groups stay whole", arguments: Method.allCases)
  fileprivate func clusters(method: Method) throws {
    let rows = clouds(6, each: 60, width: 32)
    let places = try method(rows)
    #expect(places.count == 360 && places.allSatisfy { $0.x.isFinite && $0.y.isFinite })
    #expect(purity(places, each: 60) == 1)
    let trust = trustworthiness(rows, places)
    #expect(trust > 0.94, "\(trust)")
    // Places of other rows are not trustworthy: the measure can fail.
    var generator = SeededGenerator(seed: 5)
    #expect(trustworthiness(rows, generator.permutation(360).map { places[$0] }) < 0.6)
  }

  @Test("A ring stays a ring", arguments: Method.allCases) fileprivate func circle(method: Method) throws {
    let rows = ring(400, width: 20)
    let trust = trustworthiness(rows, try method(rows))
    #expect(trust > 0.99, "\(trust)")
  }

  @Test("The same bytes on every run and for any number of threads", arguments: Method.allCases)
  fileprivate func sameBytes(method: Method) throws {
    let rows = clouds(3, each: 200, width: 16)
    defer { Threads.count = 0 }
    Threads.count = 1
    let one = try method(rows)
    for threads in [1, 2, 5] {
      Threads.count = threads
      #expect(try method(rows) == one, "\(threads) threads")
    }
  }

  @Test("Few rows, equal rows among others, and one column have places", arguments: Method.allCases)
  fileprivate func strange(method: Method) throws {
    func places(_ rows: Matrix) throws {
      let places = try method(rows)
      #expect(places.count == rows.rows && places.allSatisfy { $0.x.isFinite && $0.y.isFinite })
    }
    try places(clouds(1, each: 5, width: 3))
    try places(clouds(2, each: 6, width: 1))
    // Forty copies of each of three rows.
    let three = clouds(3, each: 1, width: 8)
    try places(three.gatheringRows((0..<120).map { $0 / 40 }))
    // All equal but one.
    try places(three.gatheringRows([0] + [Int](repeating: 1, count: 99)))
    // Numbers so large that their squares have few digits left.
    var large = clouds(2, each: 20, width: 4)
    for i in large.values.indices { large.values[i] = large.values[i] * 1e6 + 1e9 }
    try places(large)
  }

  @Test("What has no layout is an error that says so", arguments: Method.allCases)
  fileprivate func errors(method: Method) throws {
    let three = clouds(3, each: 1, width: 8)
    let name = method == .tsne ? "t-SNE" : "UMAP"
    #expect(
      throws: ProjectionError.tooFewRows(method: name, rows: 3, columns: 8, least: method == .tsne ? 5 : 4)
    ) { try method(three) }
    #expect(throws: ProjectionError.allEqual(method: name, rows: 50)) {
      try method(three.gatheringRows([Int](repeating: 2, count: 50)))
    }
    var missing = clouds(1, each: 30, width: 4)
    missing[7, 2] = .nan
    let error = ProjectionError.notFinite(row: 7, column: 2)
    #expect(throws: error) { try method(missing) }
    #expect(error.description.contains("Row 8, column 3"))
  }

  @Test("Settings that make no sense are errors") func settings() throws {
    let rows = clouds(2, each: 10, width: 4)
    var tsne = Projection.TSNEOptions()
    tsne.perplexity = 0
    #expect(throws: ProjectionError.self) { try Projection.tsne(rows, tsne) }
    var umap = Projection.UMAPOptions()
    umap.neighbours = 1
    #expect(throws: ProjectionError.self) { try Projection.umap(rows, umap) }
    umap.neighbours = 5
    umap.minDist = 2
    #expect(throws: ProjectionError.self) { try Projection.umap(rows, umap) }
  }

  @Test("UMAP's seed changes the layout, and progress reaches its end") func seeds() throws {
    let rows = clouds(2, each: 40, width: 6)
    var options = Projection.UMAPOptions()
    options.epochs = 30
    var steps = [Int]()
    let first = try Projection.umap(rows, options) { done, all in steps.append(done * 1000 + all) }
    #expect(steps.count == 30 && steps.last == 30_030)
    options.seed = 1
    #expect(try Projection.umap(rows, options) != first)
  }

  @Test("Nearest rows are those of a plain search") func nearest() {
    let rows = clouds(2, each: 90, width: 5)
    let found = NearestRows(rows, k: 7)
    for i in 0..<rows.rows {
      let distances = (0..<rows.rows).map { j in
        zip(rows.row(i), rows.row(j)).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
      }
      let expected = (0..<rows.rows).filter { $0 != i }.sorted { (distances[$0], $0) < (distances[$1], $1) }.prefix(7)
      #expect(found.indices[i * 7..<(i + 1) * 7].map(Int.init) == Array(expected))
      #expect(abs(Double(found.distances[i * 7]) - distances[expected[0]].squareRoot()) < 1e-5)
    }
  }

  @Test("The weights of t-SNE's neighbours have the perplexity asked for") func perplexity() {
    let neighbours = NearestRows(clouds(2, each: 60, width: 5), k: 60)
    let weights = Affinities.conditional(neighbours, perplexity: 20)
    for i in 0..<120 {
      let row = weights[i * 60..<(i + 1) * 60].map(Double.init)
      let entropy = row.reduce(0.0) { $0 - ($1 > 0 ? $1 * log($1) : 0) }
      #expect(abs(row.reduce(0, +) - 1) < 1e-5)
      #expect(abs(exp(entropy) - 20) < 0.01)
    }
  }

  @Test("The tree's repulsion is the plain sum with theta 0, near it with theta 0.5") func tree() {
    var generator = SeededGenerator(seed: 3)
    var points = (0..<500).map { _ in
      SIMD2(Float(generator.uniform(-20, 20)), Float(generator.uniform(-5, 5)))
    }
    points += [SIMD2<Float>](repeating: points[0], count: 20)
    let tree = QuadTree(points)
    #expect(tree.order.map(Int.init).sorted() == Array(points.indices))
    for place in stride(from: 0, to: points.count, by: 7) {
      let i = Int(tree.order[place])
      var sum = 0.0
      var force = SIMD2<Double>.zero
      for j in points.indices where j != i {
        let way = SIMD2(Double(points[i].x - points[j].x), Double(points[i].y - points[j].y))
        let q = 1 / (1 + way.x * way.x + way.y * way.y)
        sum += q
        force += q * q * way
      }
      let exact = tree.repulsion(at: place, theta: 0)
      #expect(abs(Double(exact.sum) - sum) < 1e-4 * sum)
      #expect(abs(Double(exact.force.x) - force.x) < 1e-4 * sum)
      let coarse = tree.repulsion(at: place, theta: 0.5)
      #expect(abs(Double(coarse.sum) - sum) < 0.02 * sum)
      #expect(abs(Double(coarse.force.x) - force.x) < 0.02 * sum)
    }
  }

  @Test("UMAP's curve is umap-learn's fit", arguments: [(0.1, 1.577, 0.8951), (0.5, 0.5830, 1.334)])
  func curve(minDist: Double, a: Double, b: Double) throws {
    // find_ab_params of umap-learn 0.5 with spread 1: the values scanpy prints.
    let curve = try UMAPCurve(minDist: minDist, spread: 1)
    #expect(abs(curve.a - a) < 1e-3 * a && abs(curve.b - b) < 1e-3 * b, "\(curve)")
  }

  @Test("Memberships are 1 for the nearest and sum to the logarithm of the neighbours") func memberships() {
    let neighbours = NearestRows(clouds(2, each: 60, width: 5), k: 14)
    let weights = FuzzySet.memberships(neighbours)
    for i in 0..<120 {
      let row = weights[i * 14..<(i + 1) * 14]
      #expect(row.first == 1)
      #expect(abs(row.reduce(0, +) - Float(log(15.0) / log(2.0))) < 1e-3)
    }
  }

  @Test("Principal components: scores, shares, sign, and the same from either product") func principal() throws {
    // Along (3, 4) / 5 with variance 25 times that across it.
    let along: [Double] = [-2, -1, 0, 1, 2]
    let across: [Double] = [0.2, -0.2, 0, -0.2, 0.2]
    var rows = Matrix(rows: 5, columns: 2)
    for i in 0..<5 {
      rows[i, 0] = Float(0.6 * along[i] - 0.8 * across[i] + 7)
      rows[i, 1] = Float(0.8 * along[i] + 0.6 * across[i] - 3)
    }
    let result = try Projection.pca(rows)
    for i in 0..<5 { #expect(abs(Double(result.scores[i, 0]) - along[i]) < 1e-5) }
    #expect(abs(result.explainedVarianceRatio[0] - 10 / 10.16) < 1e-5)
    #expect(abs(result.explainedVarianceRatio.reduce(0, +) - 1) < 1e-6)
    // Fewer rows than columns take the other product.
    let wide = clouds(2, each: 4, width: 30)
    let padded = Matrix(
      rows: 8, columns: 4, values: (0..<8).flatMap { i in Array(wide.row(i).prefix(4)) })
    var doubled = Matrix(rows: 8, columns: 12)
    for i in 0..<8 { for j in 0..<4 { doubled[i, j] = padded[i, j] } }
    let (narrow, other) = (try Projection.pca(padded), try Projection.pca(doubled))
    for (one, two) in zip(narrow.scores.values, other.scores.values) { #expect(abs(one - two) < 1e-4) }
    // A component beyond the rank is 0.
    let line = try Projection.pca(Matrix(rows: 4, columns: 2, values: [0, 0, 1, 1, 2, 2, 3, 3]))
    #expect((0..<4).allSatisfy { line.scores[$0, 1] == 0 } && line.explainedVarianceRatio[1] == 0)
  }
}
