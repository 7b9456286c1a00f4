import Glibc
import StomicsCore

extension Projection {
  /// The settings of UMAP, by umap-learn's names and defaults.
  public struct UMAPOptions: Sendable, Equatable {
    /// Neighbours a row, itself among them; at most all rows.
    public var neighbours = 15
    /// How close points may lie in the plane.
    public var minDist = 0.1
    /// How far groups lie apart, in the units of `minDist`.
    public var spread = 1.0
    /// nil: 500 up to 10,000 rows, else 200.
    public var epochs: Int?
    public var learningRate = 1.0
    /// Random rows that repel, for every neighbour that attracts.
    public var negativeSampleRate = 5
    public var seed: UInt64 = 0

    public init() {}
  }

  /// UMAP of rows `[N, D]`: `[N]` places in the plane.
  ///
  /// Starts from the first two principal components. Works from 4 rows on. The layout is one thread's work, so its bytes
  /// depend on the seed alone.
  /// - Throws: `ProjectionError` for too few rows, numbers that are not finite, rows that are all equal.
  /// - Source: McInnes, Healy and Melville, UMAP, 2018, and umap-learn 0.5.
  public static func umap(
    _ rows: Matrix, _ options: UMAPOptions = UMAPOptions(), progress: ProgressCallback? = nil
  ) throws -> [SIMD2<Float>] {
    try check(rows, method: "UMAP", least: 4)
    guard options.neighbours >= 2 else {
      throw ProjectionError.setting(
        name: "the number of neighbours", found: Double(options.neighbours), wanted: "2 or more, such as 15")
    }
    let curve = try UMAPCurve(minDist: options.minDist, spread: options.spread)
    let neighbours = NearestRows(rows, k: min(options.neighbours, rows.rows) - 1)
    // Probability that at least one of the two directions holds.
    let graph = SymmetricWeights(FuzzySet.memberships(neighbours), neighbours) { $0 + $1 - $0 * $1 }
    var generator = SeededGenerator(seed: options.seed)
    var start = try start(rows, size: 10) { scores in scores.reduce(0.0) { max($0, Double(abs($1))) } }
    // Equal rows start apart, by a thousandth of their way at most.
    for i in start.indices {
      start[i] += SIMD2(Float(generator.uniform(-2e-4, 2e-4)), Float(generator.uniform(-2e-4, 2e-4)))
    }
    var layout = UMAPLayout(Self.spanning(start), graph, curve, options, generator)
    for epoch in 0..<layout.epochs {
      layout.step(epoch)
      progress?(epoch + 1, layout.epochs)
    }
    return layout.places
  }

  /// Every axis from 0 to 10.
  private static func spanning(_ places: [SIMD2<Float>]) -> [SIMD2<Float>] {
    let low = places.reduce(places[0], pointwiseMin)
    let high = places.reduce(places[0], pointwiseMax)
    return places.map { ($0 - low) * 10 / (high - low) }
  }
}

/// The fuzzy set of a row's neighbours.
enum FuzzySet {
  /// `[N, k]`: 1 for the nearest, falling exponentially beyond it, so fast that they sum to log₂(k + 1) as umap-learn's
  /// with the row itself do.
  static func memberships(_ neighbours: NearestRows) -> [Float] {
    let k = neighbours.k
    let all = Double(neighbours.distances.reduce(0.0) { $0 + Double($1) })
    // umap-learn's mean distances hold the row itself, at 0.
    let mean = all / Double(neighbours.count * (k + 1))
    let target = log2(Double(k + 1))
    var result = [Float](repeating: 0, count: neighbours.count * k)
    result.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let buffer = buffer
      parallelRows(neighbours.count, blockSize: 64) { block in
        for i in block {
          let distances = (0..<k).map { Double(neighbours.distances[i * k + $0]) }
          let nearest = distances.first { $0 > 0 } ?? 0
          var (low, high, scale) = (0.0, Double.infinity, 1.0)
          for _ in 0..<64 {
            let sum = distances.reduce(0.0) { $0 + ($1 > nearest ? exp(-($1 - nearest) / scale) : 1) }
            if abs(sum - target) < 1e-5 { break }
            if sum > target { high = scale } else { low = scale }
            scale = high.isFinite ? (low + high) / 2 : scale * 2
          }
          let own = distances.reduce(0, +) / Double(k + 1)
          scale = max(scale, 1e-3 * (nearest > 0 ? own : mean))
          for (j, distance) in distances.enumerated() {
            buffer[i * k + j] = distance <= nearest || scale == 0 ? 1 : Float(exp(-(distance - nearest) / scale))
          }
        }
      }
    }
    return result
  }
}

/// How near points of the plane are: 1 / (1 + a d^(2b)).
struct UMAPCurve: Equatable {
  let a: Double
  let b: Double

  /// The least squares fit to 1 up to `minDist`, then exp(−(d − minDist) / spread), at 300 places up to 3 spreads.
  init(minDist: Double, spread: Double) throws {
    guard spread > 0, spread.isFinite else {
      throw ProjectionError.setting(name: "spread", found: spread, wanted: "a number above 0, such as 1")
    }
    guard minDist >= 0, minDist <= spread else {
      throw ProjectionError.setting(name: "min-dist", found: minDist, wanted: "a number from 0 to the spread")
    }
    let x = (0..<300).map { Double($0) * 3 * spread / 299 }
    let y = x.map { $0 < minDist ? 1 : exp(-($0 - minDist) / spread) }
    func residuals(_ a: Double, _ b: Double) -> Double {
      zip(x, y).reduce(0) { sum, point in
        let error = 1 / (1 + a * pow(point.0, 2 * b)) - point.1
        return sum + error * error
      }
    }
    // Levenberg and Marquardt in log a and log b, which stay positive.
    var (p, q, damping) = (0.0, 0.0, 1e-3)
    var best = residuals(1, 1)
    for _ in 0..<200 {
      var (pp, pq, qq, gp, gq) = (0.0, 0.0, 0.0, 0.0, 0.0)
      let (a, b) = (exp(p), exp(q))
      for (x, y) in zip(x, y) where x > 0 {
        let power = pow(x, 2 * b)
        let value = 1 / (1 + a * power)
        let slopeP = -value * value * a * power
        let slopeQ = slopeP * 2 * b * log(x)
        pp += slopeP * slopeP
        pq += slopeP * slopeQ
        qq += slopeQ * slopeQ
        gp += slopeP * (value - y)
        gq += slopeQ * (value - y)
      }
      let (dampedP, dampedQ) = (pp * (1 + damping), qq * (1 + damping))
      let determinant = dampedP * dampedQ - pq * pq
      let stepP = -(dampedQ * gp - pq * gq) / determinant
      let stepQ = -(dampedP * gq - pq * gp) / determinant
      guard stepP.isFinite, stepQ.isFinite else { break }
      let trial = residuals(exp(p + stepP), exp(q + stepQ))
      if trial < best {
        (p, q, best, damping) = (p + stepP, q + stepQ, trial, damping / 10)
        if abs(stepP) + abs(stepQ) < 1e-10 { break }
      } else {
        damping *= 10
        if damping > 1e12 { break }
      }
    }
    a = exp(p)
    b = exp(q)
  }
}

/// Places that follow UMAP's attraction along edges and repulsion from random rows, one edge after the other.
struct UMAPLayout {
  let epochs: Int
  private(set) var places: [SIMD2<Float>]
  private let a: Float
  private let b: Float
  private let rate: Float
  private let negativeSampleRate: Float
  private var generator: SeededGenerator

  /// `[E]`: the two ends, how many epochs lie between two uses, and the next use.
  private var heads: [Int32] = []
  private var tails: [Int32] = []
  private var periods: [Float] = []
  private var next: [Float] = []
  private var nextNegative: [Float] = []

  init(
    _ start: [SIMD2<Float>], _ graph: SymmetricWeights, _ curve: UMAPCurve, _ options: Projection.UMAPOptions,
    _ generator: SeededGenerator
  ) {
    places = start
    epochs = options.epochs ?? (start.count <= 10_000 ? 500 : 200)
    a = Float(curve.a)
    b = Float(curve.b)
    rate = Float(options.learningRate)
    negativeSampleRate = Float(options.negativeSampleRate)
    self.generator = generator
    let greatest = graph.values.max() ?? 1
    for i in start.indices {
      for e in graph.starts[i]..<graph.starts[i + 1] where graph.values[e] * Float(epochs) >= greatest {
        heads.append(Int32(i))
        tails.append(graph.columns[e])
        periods.append(greatest / graph.values[e])
      }
    }
    next = periods
    nextNegative = periods.map { $0 / Float(options.negativeSampleRate) }
  }

  mutating func step(_ epoch: Int) {
    let alpha = rate * (1 - Float(epoch) / Float(epochs))
    let now = Float(epoch)
    let (a, b) = (a, b)
    let count = UInt64(places.count)
    var generator = generator
    places.withUnsafeMutableBufferPointer { places in
      for e in heads.indices where next[e] <= now {
        let (i, j) = (Int(heads[e]), Int(tails[e]))
        let way = places[i] - places[j]
        let square = way.x * way.x + way.y * way.y
        if square > 0 {
          let power = powf(square, b)
          let pull = Self.clipped(-2 * a * b * power / square / (a * power + 1) * way)
          places[i] += alpha * pull
          places[j] -= alpha * pull
        }
        next[e] += periods[e]
        let period = periods[e] / negativeSampleRate
        let draws = Int((now - nextNegative[e]) / period)
        for _ in 0..<max(0, draws) {
          // The high half of a product is a number below count.
          let other = Int(generator.next().multipliedFullWidth(by: count).high)
          if other == i { continue }
          let way = places[i] - places[other]
          let square = way.x * way.x + way.y * way.y
          if square > 0 {
            let push = 2 * b / ((0.001 + square) * (a * powf(square, b) + 1))
            places[i] += alpha * Self.clipped(push * way)
          }
        }
        nextNegative[e] += Float(max(0, draws)) * period
      }
    }
    self.generator = generator
  }

  /// Every coordinate from −4 to 4.
  @inline(__always)
  private static func clipped(_ x: SIMD2<Float>) -> SIMD2<Float> {
    x.clamped(lowerBound: SIMD2(-4, -4), upperBound: SIMD2(4, 4))
  }
}
