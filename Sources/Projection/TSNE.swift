import Glibc
import StomicsCore

extension Projection {
  /// The settings of t-SNE, by openTSNE's names and defaults.
  public struct TSNEOptions: Sendable, Equatable {
    /// How many neighbours count, roughly; at most a third of the other rows.
    public var perplexity = 30.0
    public var earlyExaggeration = 12.0
    public var earlyExaggerationIterations = 250
    /// Iterations after those.
    public var iterations = 500
    /// nil: N / 12, at least 200 (Belkina et al. 2019).
    public var learningRate: Double?
    /// How coarse the repulsion of far points may be; 0: exact.
    public var theta = 0.5

    public init() {}
  }

  /// t-SNE of rows `[N, D]`: `[N]` places in the plane.
  ///
  /// Starts from the first two principal components, without any draw. Works from 5 rows on; fewer rows than three times
  /// the perplexity lower it.
  /// - Throws: `ProjectionError` for too few rows, numbers that are not finite, rows that are all equal.
  /// - Source: van der Maaten, Accelerating t-SNE using tree-based algorithms, 2014; start and learning rate of Kobak and
  ///   Berens 2019.
  public static func tsne(
    _ rows: Matrix, _ options: TSNEOptions = TSNEOptions(), progress: ProgressCallback? = nil
  ) throws -> [SIMD2<Float>] {
    try check(rows, method: "t-SNE", least: 5)
    guard options.perplexity >= 1 else {
      throw ProjectionError.setting(name: "perplexity", found: options.perplexity, wanted: "1 or more, such as 30")
    }
    let perplexity = min(options.perplexity, Double(rows.rows - 1) / 3)
    let neighbours = NearestRows(rows, k: min(rows.rows - 1, Int(3 * perplexity)))
    let affinities = SymmetricWeights(Affinities.conditional(neighbours, perplexity: perplexity), neighbours) {
      ($0 + $1) / Float(2 * rows.rows)
    }
    let start = try start(rows, size: 1e-4) { scores in
      (stride(from: 0, to: scores.count, by: 2).reduce(0.0) { $0 + Double(scores[$1] * scores[$1]) }
        / Double(rows.rows)).squareRoot()
    }
    var layout = TSNELayout(start, affinities, options)
    let total = options.earlyExaggerationIterations + options.iterations
    for iteration in 0..<total {
      layout.step(early: iteration < options.earlyExaggerationIterations)
      progress?(iteration + 1, total)
    }
    return layout.places
  }
}

/// Weights of a row's nearest rows.
enum Affinities {
  /// `[N, k]`: Gaussian weights of the neighbours, summing to 1 a row, whose entropy is log(perplexity).
  static func conditional(_ neighbours: NearestRows, perplexity: Double) -> [Float] {
    let k = neighbours.k
    var result = [Float](repeating: 0, count: neighbours.count * k)
    let wanted = log(perplexity)
    result.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let buffer = buffer
      parallelRows(neighbours.count, blockSize: 64) { block in
        for i in block {
          // Distances beyond the nearest change no weight and do not underflow.
          let squares = (0..<k).map { Double(neighbours.distances[i * k + $0]) }.map { $0 * $0 }
          let nearest = squares[0]
          let mean = max(squares.reduce(0) { $0 + $1 - nearest } / Double(k), .leastNormalMagnitude)
          var (low, high) = (0.0, Double.infinity)
          var precision = 1 / mean
          var weights = squares
          for _ in 0..<200 {
            var sum = 0.0
            var weighted = 0.0
            for j in 0..<k {
              let distance = squares[j] - nearest
              weights[j] = exp(-distance * precision)
              sum += weights[j]
              weighted += distance * weights[j]
            }
            let entropy = log(sum) + precision * weighted / sum
            for j in 0..<k { weights[j] /= sum }
            if abs(entropy - wanted) < 1e-6 { break }
            if entropy > wanted { low = precision } else { high = precision }
            precision = high.isFinite ? (low + high) / 2 : precision * 2
            // Equally far neighbours have more than the wanted entropy at any precision.
            if !precision.isFinite || precision == low || precision == high { break }
          }
          for j in 0..<k { buffer[i * k + j] = Float(weights[j]) }
        }
      }
    }
    return result
  }
}

/// A symmetric matrix of weights between rows: row i's entries are at `starts[i]..<starts[i + 1]`, columns ascending.
struct SymmetricWeights {
  var starts: [Int]
  var columns: [Int32]
  var values: [Float]

  /// - Parameters:
  ///   - weights: `[N, k]` of the neighbours, 0 for those that are none
  ///   - combine: the weight of a pair from both directions, the same when they are exchanged
  init(_ weights: [Float], _ neighbours: NearestRows, combine: (Float, Float) -> Float) {
    let (n, k) = (neighbours.count, neighbours.k)
    // Both directions of every weight, sorted by row, then column; the two of a pair lie side by side.
    var entries = [(key: UInt64, forth: Float, back: Float)]()
    entries.reserveCapacity(2 * n * k)
    for i in 0..<n {
      for e in i * k..<(i + 1) * k {
        let j = UInt64(neighbours.indices[e])
        entries.append((UInt64(i) << 32 | j, weights[e], 0))
        entries.append((j << 32 | UInt64(i), 0, weights[e]))
      }
    }
    entries.sort { $0.key < $1.key }
    starts = [Int](repeating: 0, count: n + 1)
    columns = []
    values = []
    var e = 0
    while e < entries.count {
      var (key, forth, back) = entries[e]
      e += 1
      while e < entries.count && entries[e].key == key {
        forth += entries[e].forth
        back += entries[e].back
        e += 1
      }
      let value = combine(forth, back)
      if value > 0 {
        starts[Int(key >> 32) + 1] += 1
        columns.append(Int32(truncatingIfNeeded: key & 0xFFFF_FFFF))
        values.append(value)
      }
    }
    for i in 0..<n { starts[i + 1] += starts[i] }
  }
}

/// Places that follow t-SNE's gradient, with momentum and a gain for each coordinate (Jacobs 1988).
struct TSNELayout {
  private(set) var places: [SIMD2<Float>]
  private let affinities: SymmetricWeights
  private let options: Projection.TSNEOptions
  private let rate: Float
  private var gains: [SIMD2<Float>]
  private var updates: [SIMD2<Float>]
  private var repulsion: [SIMD2<Float>]
  private var sums: [Float]

  init(_ start: [SIMD2<Float>], _ affinities: SymmetricWeights, _ options: Projection.TSNEOptions) {
    places = start
    self.affinities = affinities
    self.options = options
    rate = Float(options.learningRate ?? max(200, Double(start.count) / 12))
    gains = [SIMD2<Float>](repeating: .one, count: start.count)
    updates = [SIMD2<Float>](repeating: .zero, count: start.count)
    repulsion = updates
    sums = [Float](repeating: 0, count: start.count)
  }

  mutating func step(early: Bool) {
    let tree = QuadTree(places)
    let theta = Float(options.theta)
    repulsion.withUnsafeMutableBufferPointer { forces in
      sums.withUnsafeMutableBufferPointer { sums in
        nonisolated(unsafe) let forces = forces
        nonisolated(unsafe) let sums = sums
        parallelRows(places.count, blockSize: 128) { block in
          for place in block {
            let i = Int(tree.order[place])
            (sums[i], forces[i]) = tree.repulsion(at: place, theta: theta)
          }
        }
      }
    }
    let total = Float(sums.reduce(0.0) { $0 + Double($1) })
    let exaggeration = early ? Float(options.earlyExaggeration) : 1
    let momentum: Float = early ? 0.5 : 0.8
    let (old, affinities, repulsion, rate) = (places, affinities, repulsion, rate)
    places.withUnsafeMutableBufferPointer { places in
      gains.withUnsafeMutableBufferPointer { gains in
        updates.withUnsafeMutableBufferPointer { updates in
          nonisolated(unsafe) let places = places
          nonisolated(unsafe) let gains = gains
          nonisolated(unsafe) let updates = updates
          parallelRows(old.count, blockSize: 128) { block in
            for i in block {
              var attraction = SIMD2<Float>.zero
              for e in affinities.starts[i]..<affinities.starts[i + 1] {
                let way = old[i] - old[Int(affinities.columns[e])]
                attraction += affinities.values[e] / (1 + way.x * way.x + way.y * way.y) * way
              }
              let gradient = exaggeration * attraction - repulsion[i] / total
              // A coordinate that goes on downhill gains speed, one that turned loses it.
              gains[i] = pointwiseMax(
                (gains[i] * 0.8).replacing(with: gains[i] + 0.2, where: gradient * updates[i] .< 0),
                SIMD2(repeating: 0.01))
              var update = momentum * updates[i] - rate * gains[i] * gradient
              let length = (update.x * update.x + update.y * update.y).squareRoot()
              if length > 5 { update *= 5 / length }
              updates[i] = update
              places[i] += update
            }
          }
        }
      }
    }
    var mean = SIMD2<Double>.zero
    for place in places { mean += SIMD2(Double(place.x), Double(place.y)) }
    mean /= Double(places.count)
    let shift = SIMD2(Float(mean.x), Float(mean.y))
    for i in places.indices { places[i] -= shift }
  }
}
